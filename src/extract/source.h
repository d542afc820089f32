// What can be indexed: something that lists images and turns each into facts. A shared cache is one; others plug in
// here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "record/firmware.h"
#include "record/head.h"
#include "record/symbols.h"

namespace strata::extract {

/// What a source says about itself as a whole.
struct SourceInfo {
    base::Digest identity;  ///< equal for equal content, wherever it lies
    std::string kind;       ///< "dyld_shared_cache", "tree", "macho"
    std::string path;       ///< where it was opened, for people
    std::string name;       ///< a firmware name made of what it is, for when the user gives none
    std::string arch;
    uint32_t platform = 0;
    uint32_t os_version = 0;
    std::string uuid;  ///< 16 bytes
    std::vector<record::SourceFile> files;
    std::vector<std::string> warnings;
    uint64_t bytes = 0;  ///< of all files
};

/// Tells whether a firmware has an image of this key already.
using KeyTaken = std::function<bool(const std::string& key)>;

/// Safe to use from many threads once open, avoid() apart. Views given to the sink live only during the call.
class Source {
  public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;

    virtual const SourceInfo& info() const = 0;
    virtual uint64_t image_count() const = 0;

    /// The key of image `index`: its path, unique within the source.
    virtual std::string image_key(uint64_t index) const = 0;

    /// Gives other keys to images whose keys are taken by a firmware that this source is added to; always the same ones
    /// for the same answers. Before anything else is asked.
    virtual void avoid(const KeyTaken&) {}

    /// Bytes that reading image `index` goes through, as its header declares them; of one that cannot be read, or that
    /// claims more than the whole source has and so is refused, only what finding that out costs.
    virtual uint64_t declared_bytes(uint64_t index) const = 0;

    /// An earlier image whose bytes are those of image `index`, so that all their facts are the same; nothing when none
    /// is known. Compares the bytes, whatever digests say. Throws nothing for what cannot be read: extract() will.
    virtual std::optional<uint64_t> copy_of(uint64_t) const { return std::nullopt; }

    /// All facts of image `index`: chunks go to `sink` as they are made, the head is returned without the chunks' ids.
    /// Throws base::Error when the image cannot be read.
    virtual record::Head extract(uint64_t index, const record::ChunkSink& sink) const = 0;
};

}  // namespace strata::extract
