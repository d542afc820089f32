#include "report/ranked_spool.h"

#include <algorithm>
#include <span>
#include <string>

namespace strata::report {

void RankedSpool::add(const diff::RenderedImage& image) {
    constexpr uint64_t kSizeMask = (uint64_t{1} << 56) - 1;
    Entry entry{};
    entry.offset = spool_.size();
    entry.size = image.text.size() & kSizeMask;
    entry.status = static_cast<uint8_t>(image.status);
    entry.score = image.score;
    entry.sequence = static_cast<uint32_t>(entries_.size());
    spool_.append(image.text);
    entries_.push_back(entry);
}

void RankedSpool::keep_best(uint64_t count) {
    if (entries_.size() <= count) return;
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        return a.score != b.score ? a.score > b.score : a.sequence < b.sequence;
    });
    entries_.resize(static_cast<size_t>(count));
}

void RankedSpool::by_path(const Take& take) {
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.sequence < b.sequence; });
    give(take, entries_.size());
}

void RankedSpool::by_relevance(const Take& take, size_t count) {
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        return a.score != b.score ? a.score > b.score : a.sequence < b.sequence;
    });
    give(take, count);
}

void RankedSpool::give(const Take& take, size_t count) {
    diff::RenderedImage image;
    for (const auto& entry : std::span(entries_).first(std::min(count, entries_.size()))) {
        image.status = static_cast<diff::Status>(entry.status);
        image.score = entry.score;
        image.text.clear();
        spool_.copy_range(entry.offset, entry.size, [&](std::string_view piece) { image.text += piece; });
        take(image);
    }
}

}  // namespace strata::report
