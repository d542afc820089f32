// A file mapped read-only as a whole. Costs address space, not memory: pages come and go (see residency.h).
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/bytes.h"

namespace strata::base {

/// Owns one mapping for as long as it lives; every view of it must be gone before. Not movable: views hold its address.
/// The size is taken once, when opening.
///
/// A file that shrinks or fails to read while mapped would kill the process with SIGBUS. Instead the page that could
/// not be read is replaced by zeros and the file is marked torn(): whoever used its bytes must ask before trusting a
/// result. Most changes raise no signal at all (a new end inside a page reads as zeros, too), so size and modification
/// time are looked at as well.
class MappedFile {
  public:
    /// Throws Error(kIo) when the file cannot be opened or is no regular file.
    static std::unique_ptr<MappedFile> open(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::filesystem::path& path() const { return path_; }
    ByteView view() const { return {&source_, source_.base, size_}; }
    uint64_t size() const { return size_; }

    /// Whether some page could not be read since opening (see class comment). Throws nothing; never resets.
    bool torn() const;

    /// Throws Error(kIo) when torn(), or when the file is not what it was when it was opened. One system call.
    void check_intact() const;

    /// Asks the kernel to have these bytes ready soon: for reading from the start to the end.
    void prefetch(uint64_t offset, uint64_t size) const;

    /// Gives resident pages back; they stay in the page cache and are mapped again when touched.
    void release_pages() const { release_pages(0, size_); }
    /// Of a part that begins at a page.
    void release_pages(uint64_t offset, uint64_t size) const;

  private:
    MappedFile(std::filesystem::path path, int fd, const uint8_t* base, const struct stat& status);

    std::filesystem::path path_;
    int fd_;
    ByteSource source_;
    uint64_t size_;
    timespec modified_;
    int guard_slot_ = -1;
};

}  // namespace strata::base
