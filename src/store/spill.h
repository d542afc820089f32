// Chunks that wait for their turn outside of memory.
//
// Workers run ahead of the image that is next in order. Where that one takes as long as ten others, what the others
// have made would fill the memory or make their workers wait. It goes into a file without a name instead, which the
// kernel keeps in its page cache as long as it has room.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>

#include "record/message.h"

namespace strata::store {

/// Safe from many threads. Memory: none to speak of; disk: up to `limit` bytes, given back whenever nothing waits.
class ChunkSpill {
  public:
    struct Place {
        uint64_t offset;
        uint64_t size;
    };

    /// The file is made in `directory` when it is first needed. RLIMIT_FSIZE bounds it, too.
    ChunkSpill(std::filesystem::path directory, uint64_t limit);
    ~ChunkSpill();
    ChunkSpill(const ChunkSpill&) = delete;
    ChunkSpill& operator=(const ChunkSpill&) = delete;

    /// Where a copy of `message` lies now. Nothing when there is no room: it stays where it is. Once the disk had none,
    /// nothing more is put there.
    std::optional<Place> put(std::string_view message);
    /// What was put there, once. Throws Error(kIo) when it cannot be read.
    record::Message take(Place place);

  private:
    bool is_usable();
    void give_back(uint64_t size);

    const std::filesystem::path directory_;
    const uint64_t limit_;
    std::mutex mutex_;
    int file_ = -1;
    bool unusable_ = false;
    uint64_t end_ = 0;      // where the next one goes
    uint64_t waiting_ = 0;  // bytes put and not taken
};

}  // namespace strata::store
