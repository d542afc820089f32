// A dyld shared cache opened for reading: all its files behind one address space.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file_content.h"
#include "base/residency.h"
#include "base/sha256.h"
#include "dyld/cache_files.h"
#include "dyld/images.h"
#include "dyld/local_symbols.h"
#include "dyld/mappings.h"
#include "dyld/slide_info.h"
#include "macho/address_space.h"
#include "macho/image.h"

namespace strata::dyld {

/// Reads addresses of a cache through its mappings. Immutable after construction; safe from many threads.
class CacheSpace : public macho::AddressSpace {
  public:
    /// `files` must outlive this.
    explicit CacheSpace(const CacheFiles& files) : files_(files), mappings_(files) {}

    base::ByteView rest(uint64_t address, const char* what) const override;
    uint64_t decode_pointer(uint64_t raw, uint64_t where) const override;

    /// Calls `visit` with address, target and tag (SlideInfo::tag) of every pointer stored in [address, address+size),
    /// in no particular order. Throws Error(kInput) when its page is damaged.
    void walk_pointers(uint64_t address, uint64_t size,
                       const std::function<void(uint64_t at, uint64_t target, uint64_t tag)>& visit) const;

    const Mappings& mappings() const { return mappings_; }

    /// Reads and checks all slide infos. Damaged ones become bad ranges. Tells `residency` what it touches.
    void read_slide_infos(unsigned pointer_size, base::Residency& residency);

    /// Throws the error of a bad range that [address, address+size) touches, if there is one.
    void check_range(uint64_t address, uint64_t size) const;

  private:
    const CacheFiles& files_;
    Mappings mappings_;
    SlideInfo slide_;  // one version for the whole cache; version 0 = pointers are stored plain
    std::vector<BadRange> bad_;
};

/// Everything held open for one cache: the mappings (address space only), the image list (about 100 bytes an image),
/// the index of local symbols (16 bytes an image). Safe to read from many threads.
class SharedCache {
  public:
    static constexpr uint64_t kResidentLimit = 64U << 20;

    /// See open_cache_files() for what `path` may be. Throws Error when the cache as a whole cannot be read. About
    /// `resident_limit` bytes of the files' pages are kept resident at a time.
    explicit SharedCache(const std::filesystem::path& path, uint64_t resident_limit = kResidentLimit);

    const CacheFiles& files() const { return files_; }
    const CacheHeader& header() const { return files_.main().header; }
    const std::vector<ImageEntry>& images() const { return images_.images; }
    const std::vector<Alias>& aliases() const { return images_.aliases; }
    /// What is wrong with the cache as a whole, but did not stop it from being read.
    const std::vector<std::string>& warnings() const { return warnings_; }
    const CacheSpace& space() const { return *space_; }

    /// 4 for i386, arm and arm64_32 caches, else 8.
    unsigned pointer_size() const { return pointer_size_; }

    /// Reads an image's header and checks that its segments can be read. Throws Error.
    macho::Image read_image(const ImageEntry& entry) const;

    /// Unmapped local symbols of an image; throws Error when they cannot be read.
    macho::SymbolTable local_symbols(const ImageEntry& entry) const;
    bool has_local_symbols() const { return !locals_.empty(); }

    /// Digest of all bytes of all its files, and of which are there: copies of a cache have the same identity wherever
    /// they lie, and an edited one has another. Reads them all (base/file_content.h). Throws Error.
    base::Digest identity(const base::Reading& reading) const;

    /// Size of all opened files in bytes.
    uint64_t total_bytes() const;

    /// Tell that about `bytes` of the mapped files were read: keeps their resident pages bounded (see
    /// base/residency.h).
    void touched(uint64_t bytes) const { residency_.touched(bytes); }

    /// Gives the resident pages of all files back.
    void release_pages() const;

    /// Throws Error(kIo) when a file changed under the mapping.
    void check_intact() const;

  private:
    void warn_of_cut(const CacheFile& file);
    void read_tables();
    void read_locals();

    CacheFiles files_;
    mutable base::Residency residency_;
    unsigned pointer_size_ = 8;
    std::unique_ptr<CacheSpace> space_;
    ImageList images_;
    LocalSymbols locals_;
    std::unique_ptr<base::Error> locals_error_;
    std::vector<std::string> warnings_;
};

}  // namespace strata::dyld
