// A whole shared cache: opened from files, every image read, every record it gives decoded again.
//
// The input is one cache file; or "SET1", two u32 sizes, and then a main file, its sub-cache ".01" and its ".symbols".
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/error.h"
#include "chunk_checks.h"
#include "extract/shared_cache_source.h"
#include "fuzz_check.h"

namespace {
namespace fs = std::filesystem;

// The indexer bounds how much of an input may be read over and over (store/indexer.cpp); a fuzzer wants less of it.
constexpr uint64_t kWorkPerInputByte = 4;
constexpr uint64_t kWorkSlack = 1U << 16;

/// A file without a name, found by path all the same.
class MemoryFile {
  public:
    explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("cache", MFD_CLOEXEC)) {
        STRATA_FUZZ_CHECK(fd_ >= 0);
        STRATA_FUZZ_CHECK(::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }
    ~MemoryFile() { ::close(fd_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    fs::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

  private:
    int fd_;
};

/// Several files of one cache in a folder of this process.
class FileSet {
  public:
    FileSet() : folder_((fs::temp_directory_path() / "strata-fuzz-XXXXXX").string()) {
        STRATA_FUZZ_CHECK(::mkdtemp(folder_.data()) != nullptr);
    }
    ~FileSet() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    FileSet(const FileSet&) = delete;
    FileSet& operator=(const FileSet&) = delete;
    fs::path main() const { return fs::path(folder_) / "cache"; }
    void write(const std::string& suffix, std::string_view bytes) const {
        std::ofstream(main().string() + suffix, std::ios::binary)
            .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }

  private:
    std::string folder_;
};

void read_everything(const fs::path& path) {
    const strata::extract::SharedCacheSource source(path);
    const uint64_t limit = source.info().bytes * kWorkPerInputByte + kWorkSlack;
    uint64_t work = 0;
    for (uint64_t i = 0; i < source.image_count(); ++i) {
        STRATA_FUZZ_CHECK(!source.image_key(i).empty());
        const uint64_t declared = source.declared_bytes(i);
        work += std::min(declared, limit);
        if (work > limit) return;
        strata::fuzz::ChunkChecker checker;
        try {
            checker.finish(source.extract(i, checker.sink()));
        } catch (const strata::base::Error& error) {
            STRATA_FUZZ_CHECK(!error.message().empty());
        }
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try {
        if (!bytes.starts_with("SET1") || bytes.size() < 12) {
            const MemoryFile file(bytes);
            read_everything(file.path());
            return 0;
        }
        uint32_t sizes[2];
        std::memcpy(sizes, bytes.data() + 4, sizeof sizes);
        bytes.remove_prefix(12);
        static const FileSet files;
        for (size_t i = 0; i < 3; ++i) {
            static constexpr const char* kSuffixes[] = {"", ".01", ".symbols"};
            const size_t length = i < 2 ? std::min<size_t>(sizes[i], bytes.size()) : bytes.size();
            files.write(kSuffixes[i], bytes.substr(0, length));
            bytes.remove_prefix(length);
        }
        read_everything(files.main());
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(!error.message().empty());
    }
    return 0;
}
