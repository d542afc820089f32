// A dyld shared cache as a source of images.
#pragma once

#include <filesystem>
#include <memory>

#include "dyld/cache.h"
#include "dyld/objc_selectors.h"
#include "extract/source.h"

namespace strata::extract {

/// Keeps the cache open; see dyld::SharedCache for what that costs.
class SharedCacheSource : public Source {
  public:
    /// Throws base::Error when the cache as a whole cannot be read.
    explicit SharedCacheSource(const std::filesystem::path& path);

    const SourceInfo& info() const override { return info_; }
    uint64_t image_count() const override { return cache_.images().size(); }
    std::string image_key(uint64_t index) const override { return keys_[index]; }
    uint64_t declared_bytes(uint64_t index) const override;
    record::Head extract(uint64_t index, const record::ChunkSink& sink) const override;

  private:
    void name_images();
    record::Head extract_unchanged(const dyld::ImageEntry& entry, const record::ChunkSink& sink) const;

    dyld::SharedCache cache_;
    macho::SelectorBase selectors_;
    SourceInfo info_;
    std::vector<std::string> keys_;
};

}  // namespace strata::extract
