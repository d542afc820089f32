// Walking the images of a firmware in batches: what workers share out among themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "record/column.h"
#include "record/head_view.h"
#include "store/reader.h"

namespace strata::query {

/// An image and the chunks of the columns that were asked for. Some 100 bytes and 8 a chunk.
struct ImageColumns {
    std::string path;
    std::vector<uint64_t> ids;   ///< all kinds, one after the other
    std::vector<uint32_t> ends;  ///< where each kind ends in `ids`, in the order asked for
    std::vector<std::string> aliases;

    std::span<const uint64_t> chunks(size_t kind) const {
        const size_t begin = kind == 0 ? 0 : ends[kind - 1];
        return {ids.data() + begin, ends[kind] - begin};
    }
};

/// Images in path order; failed ones have no chunks. A batch is bounded in images and in chunks, so memory does not
/// grow with the firmware.
class HeadBatches {
  public:
    static constexpr size_t kMostImages = 4096;

    HeadBatches(store::Reader& reader, uint32_t firmware, std::vector<record::ColumnKind> kinds,
                size_t images = kMostImages);

    /// Fills `batch` anew; false at the end. Throws Error(kStore) on damage.
    bool next(std::vector<ImageColumns>& batch);

  private:
    std::unique_ptr<store::HeadCursor> heads_;
    std::vector<record::ColumnKind> kinds_;
    size_t images_;  // of a batch at most
};

}  // namespace strata::query
