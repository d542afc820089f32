// A dyld shared cache as a source of images.
#pragma once

#include <filesystem>
#include <memory>

#include "dyld/cache.h"
#include "dyld/objc_selectors.h"
#include "extract/cache_owners.h"
#include "extract/list_options.h"
#include "extract/source.h"

namespace strata::extract {

/// Keeps the cache open; see dyld::SharedCache for what that costs.
class SharedCacheSource : public Source {
  public:
    /// Throws base::Error when the cache as a whole cannot be read.
    explicit SharedCacheSource(const std::filesystem::path& path, const ListOptions& options = {});

    const SourceInfo& info() const override { return info_; }
    uint64_t image_count() const override { return cache_.images().size(); }
    std::string image_key(uint64_t index) const override { return prefix_ + keys_[index]; }
    uint64_t declared_bytes(uint64_t index) const override;
    record::Head extract(uint64_t index, const record::ChunkSink& sink) const override;

    /// Gives all keys a prefix when one of them is taken.
    void avoid(const KeyTaken& taken) override;

    /// What tells this cache from the main one of a firmware: "dyld:x86_64", "dyld:DriverKit:arm64e". Depends on what
    /// it is, not on where it lies.
    std::string label() const;
    /// Whether it is no operating system's own cache: DriverKit's, ExclaveKit's, a simulator's.
    bool is_special() const;
    /// Put before every key. Only before the source is used.
    void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }
    /// The first of "" (if `may_be_bare`), label(), label():2, ... with which no key is taken becomes the prefix.
    void choose_prefix(bool may_be_bare, const KeyTaken& taken);

    /// Gives the pages of its files back: what is read next may be another file.
    void release_pages() const { cache_.release_pages(); }

  private:
    void name_images();
    record::Head extract_unchanged(const dyld::ImageEntry& entry, const record::ChunkSink& sink) const;

    dyld::SharedCache cache_;
    CacheOwners owners_{cache_};
    macho::SelectorBase selectors_;
    SourceInfo info_;
    std::vector<std::string> keys_;
    std::string prefix_;
};

}  // namespace strata::extract
