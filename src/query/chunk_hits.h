// What was found in each distinct chunk, remembered by its id.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "query/chunk_search.h"

namespace strata::query {

/// Safe from many threads. Memory: 1 byte a column id, and what was found, up to some 32 MiB: beyond that it is
/// forgotten, and whoever wants it searches the chunk again.
class ChunkHits {
  public:
    /// `ids`: one more than the highest id there is.
    explicit ChunkHits(uint64_t ids);

    /// Nothing is in this chunk, as is known without a search.
    void rule_out(uint64_t id);
    /// True for the first who asks for this chunk: he searches it and calls put().
    bool claim(uint64_t id);
    void put(uint64_t id, SearchedChunk searched);
    /// It could not be searched: whoever wants its hits has to.
    void put_unread(uint64_t id);

    /// Whether nothing has to be done for the chunk: it was ruled out, or searched without a hit.
    bool is_without_hits(uint64_t id) const;
    /// Whether something was found in the chunk, or may be, since it could not be searched. False before that.
    bool has_hits(uint64_t id) const;
    /// What was found; null when it was forgotten, or is not known.
    std::shared_ptr<const SearchedChunk> found(uint64_t id);

  private:
    enum State : uint8_t { kUnknown, kClaimed, kNone, kSome };

    std::vector<std::atomic<uint8_t>> states_;
    std::mutex mutex_;
    std::unordered_map<uint64_t, std::shared_ptr<const SearchedChunk>> found_;
    uint64_t bytes_ = 0;
};

}  // namespace strata::query
