#include "query/chunk_filter.h"

#include <algorithm>

namespace strata::query {

ChunkFilter::ChunkFilter(const Pattern& pattern) {
    if (pattern.how() == Match::kExact) {
        all_.push_back(record::TextProbe::exact(pattern.text()));
    } else {
        all_.push_back(record::TextProbe::prefix(pattern.prefix()));
        for (const auto& part : pattern.parts()) all_.push_back(record::TextProbe::part(part));
    }
    std::erase_if(all_, [](const auto& probe) { return !probe.says_anything(); });
    if (pattern.how() != Match::kRegex) return;
    required_.emplace(pattern.text(), record::kShortestPart);
    for (const auto& text : required_->texts()) of_those_.push_back(record::TextProbe::part(text));
}

bool ChunkFilter::says_anything() const {
    return !all_.empty() || !of_those_.empty();
}

bool ChunkFilter::may_match_in(std::string_view filter) const {
    if (!std::all_of(all_.begin(), all_.end(), [&](const auto& probe) { return probe.may_be_in(filter); }))
        return false;
    if (of_those_.empty()) return true;
    std::vector<int> held;
    for (size_t i = 0; i < of_those_.size(); ++i)
        if (of_those_[i].may_be_in(filter)) held.push_back(static_cast<int>(i));
    return required_->are_enough(held);
}

}  // namespace strata::query
