#include "query/chunk_hits.h"

namespace strata::query {
namespace {

constexpr uint64_t kMostBytes = 32U << 20;
constexpr uint64_t kCostOfOne = 128;  // of the map's node, the vector, the pointer

}  // namespace

ChunkHits::ChunkHits(uint64_t ids) : states_(ids) {}

void ChunkHits::rule_out(uint64_t id) {
    if (id < states_.size()) states_[id].store(kNone, std::memory_order_relaxed);
}

bool ChunkHits::is_without_hits(uint64_t id) const {
    return id < states_.size() && states_[id].load(std::memory_order_relaxed) == kNone;
}

bool ChunkHits::claim(uint64_t id) {
    if (id >= states_.size()) return true;  // a dangling reference: reading it says so
    uint8_t expected = kUnknown;
    return states_[id].compare_exchange_strong(expected, kClaimed, std::memory_order_relaxed);
}

void ChunkHits::put(uint64_t id, SearchedChunk searched) {
    if (id >= states_.size()) return;
    const bool some = !searched.entries.empty();
    if (some) {
        searched.entries.shrink_to_fit();
        const uint64_t bytes = searched.cost() + kCostOfOne;
        const std::lock_guard lock(mutex_);
        if (bytes_ + bytes > kMostBytes) {
            found_.clear();
            bytes_ = 0;
        }
        if (bytes <= kMostBytes) {
            found_[id] = std::make_shared<const SearchedChunk>(std::move(searched));
            bytes_ += bytes;
        }
    }
    states_[id].store(some ? kSome : kNone, std::memory_order_relaxed);
}

void ChunkHits::put_unread(uint64_t id) {
    if (id < states_.size()) states_[id].store(kSome, std::memory_order_relaxed);
}

bool ChunkHits::has_hits(uint64_t id) const {
    return id >= states_.size() || states_[id].load(std::memory_order_relaxed) == kSome;
}

std::shared_ptr<const SearchedChunk> ChunkHits::found(uint64_t id) {
    const std::lock_guard lock(mutex_);
    const auto known = found_.find(id);
    return known == found_.end() ? nullptr : known->second;
}

}  // namespace strata::query
