#include "diff/function_match.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <unordered_map>

namespace strata::diff {
namespace {

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
constexpr size_t kAnchorRun = 3;
// Longest common subsequence takes n x m steps: only for gaps where that is nothing.
constexpr uint64_t kMaxLcsCells = 250'000;

using Indices = std::vector<uint32_t>;

/// Indices, ascending, of the longest run of pairs that ascend on both sides.
std::vector<std::pair<uint32_t, uint32_t>> increasing(const std::vector<std::pair<uint32_t, uint32_t>>& pairs) {
    std::vector<size_t> tails;  // tails[k]: end of the best run of length k + 1
    std::vector<size_t> previous(pairs.size(), pairs.size());
    for (size_t i = 0; i < pairs.size(); ++i) {
        const auto at = std::lower_bound(tails.begin(), tails.end(), pairs[i].second,
                                         [&](size_t t, uint32_t value) { return pairs[t].second < value; });
        if (at != tails.begin()) previous[i] = *(at - 1);
        if (at == tails.end()) {
            tails.push_back(i);
        } else {
            *at = i;
        }
    }
    std::vector<std::pair<uint32_t, uint32_t>> run;
    for (size_t i = tails.empty() ? pairs.size() : tails.back(); i != pairs.size(); i = previous[i])
        run.push_back(pairs[i]);
    std::reverse(run.begin(), run.end());
    return run;
}

/// Aligns two lists of sizes; calls `match(i, j)` for positions that belong together.
class SizeAlignment {
  public:
    using Match = std::function<void(size_t, size_t)>;

    SizeAlignment(const std::vector<uint32_t>& before, const std::vector<uint32_t>& after, Match match)
        : before_(before), after_(after), match_(std::move(match)) {}

    void run() { align(0, before_.size(), 0, after_.size()); }

  private:
    void align(size_t b, size_t b_end, size_t a, size_t a_end) {
        while (b < b_end && a < a_end && before_[b] == after_[a]) match_(b++, a++);
        while (b < b_end && a < a_end && before_[b_end - 1] == after_[a_end - 1]) match_(--b_end, --a_end);
        if (b == b_end || a == a_end) return;
        if (static_cast<uint64_t>(b_end - b) * (a_end - a) <= kMaxLcsCells) return align_small(b, b_end, a, a_end);
        const auto anchors = find_anchors(b, b_end, a, a_end);
        if (anchors.empty()) return by_position(b, b_end, a, a_end);
        for (const auto& [next_b, next_a] : anchors) {
            align(b, next_b, a, next_a);
            match_(next_b, next_a);
            b = next_b + 1;
            a = next_a + 1;
        }
        align(b, b_end, a, a_end);
    }

    /// Runs of three sizes that occur once on each side, in ascending order on both.
    std::vector<std::pair<uint32_t, uint32_t>> find_anchors(size_t b, size_t b_end, size_t a, size_t a_end) const {
        struct Seen {
            uint32_t before = kNone;
            uint32_t after = kNone;
            bool repeated = false;
        };
        std::unordered_map<uint64_t, Seen> runs;
        const auto note = [&](const std::vector<uint32_t>& sizes, size_t begin, size_t end, uint32_t Seen::*side) {
            for (size_t i = begin; i + kAnchorRun <= end; ++i) {
                uint64_t hash = 0;
                for (size_t k = 0; k < kAnchorRun; ++k) hash = (hash ^ sizes[i + k]) * 0x9e3779b97f4a7c15;
                Seen& seen = runs[hash];
                if (seen.*side != kNone) seen.repeated = true;
                seen.*side = static_cast<uint32_t>(i);
            }
        };
        note(before_, b, b_end, &Seen::before);
        note(after_, a, a_end, &Seen::after);
        std::vector<std::pair<uint32_t, uint32_t>> pairs;
        for (const auto& [hash, seen] : runs)
            if (!seen.repeated && seen.before != kNone && seen.after != kNone &&
                before_[seen.before] == after_[seen.after])
                pairs.emplace_back(seen.before, seen.after);
        std::sort(pairs.begin(), pairs.end());
        return increasing(pairs);
    }

    void align_small(size_t b, size_t b_end, size_t a, size_t a_end) {
        const size_t rows = b_end - b;
        const size_t columns = a_end - a;
        std::vector<uint32_t> length((rows + 1) * (columns + 1), 0);
        const auto cell = [&](size_t i, size_t j) -> uint32_t& { return length[i * (columns + 1) + j]; };
        for (size_t i = rows; i-- > 0;)
            for (size_t j = columns; j-- > 0;)
                cell(i, j) =
                    before_[b + i] == after_[a + j] ? cell(i + 1, j + 1) + 1 : std::max(cell(i + 1, j), cell(i, j + 1));
        size_t i = 0;
        size_t j = 0;
        size_t open_i = 0;  // start of the stretch without equal sizes
        size_t open_j = 0;
        while (i < rows && j < columns) {
            if (before_[b + i] == after_[a + j]) {
                by_position(b + open_i, b + i, a + open_j, a + j);
                match_(b + i++, a + j++);
                open_i = i;
                open_j = j;
            } else if (cell(i + 1, j) >= cell(i, j + 1)) {
                ++i;
            } else {
                ++j;
            }
        }
        by_position(b + open_i, b_end, a + open_j, a_end);
    }

    void by_position(size_t b, size_t b_end, size_t a, size_t a_end) {
        while (b < b_end && a < a_end) match_(b++, a++);
    }

    const std::vector<uint32_t>& before_;
    const std::vector<uint32_t>& after_;
    Match match_;
};

class Matcher {
  public:
    Matcher(const std::vector<FunctionItem>& before, const std::vector<FunctionItem>& after, RuleSet rules)
        : before_(before),
          after_(after),
          rules_(rules),
          to_after_(before.size(), kNone),
          to_before_(after.size(), kNone) {}

    FunctionMatch run() {
        match_names([](std::string_view name) { return std::string(name); });
        match_names([&](std::string_view name) { return normalise_symbol(name, rules_).text; });
        match_gaps();
        FunctionMatch result;
        for (uint32_t i = 0; i < to_after_.size(); ++i) {
            if (to_after_[i] == kNone) {
                result.removed.push_back(i);
            } else {
                result.pairs.emplace_back(i, to_after_[i]);
            }
        }
        for (uint32_t i = 0; i < to_before_.size(); ++i)
            if (to_before_[i] == kNone) result.added.push_back(i);
        return result;
    }

  private:
    void pair(uint32_t before, uint32_t after) {
        to_after_[before] = after;
        to_before_[after] = before;
    }

    template <typename Key>
    void match_names(const Key& key) {
        struct Queue {
            Indices indices;
            size_t next = 0;
        };
        std::unordered_map<std::string, Queue> by_name;
        for (uint32_t i = 0; i < after_.size(); ++i)
            if (to_before_[i] == kNone && !after_[i].name.empty()) by_name[key(after_[i].name)].indices.push_back(i);
        if (by_name.empty()) return;
        for (uint32_t i = 0; i < before_.size(); ++i) {
            if (to_after_[i] != kNone || before_[i].name.empty()) continue;
            const auto found = by_name.find(key(before_[i].name));
            if (found != by_name.end() && found->second.next < found->second.indices.size())
                pair(i, found->second.indices[found->second.next++]);
        }
    }

    void match_gaps() {
        std::vector<std::pair<uint32_t, uint32_t>> named;
        for (uint32_t i = 0; i < to_after_.size(); ++i)
            if (to_after_[i] != kNone) named.emplace_back(i, to_after_[i]);
        uint32_t b = 0;
        uint32_t a = 0;
        for (const auto& [next_b, next_a] : increasing(named)) {
            match_gap(b, next_b, a, next_a);
            b = next_b + 1;
            a = next_a + 1;
        }
        match_gap(b, static_cast<uint32_t>(before_.size()), a, static_cast<uint32_t>(after_.size()));
    }

    void match_gap(uint32_t b, uint32_t b_end, uint32_t a, uint32_t a_end) {
        const auto left = [](const Indices& taken, uint32_t begin, uint32_t end) {
            Indices open;
            for (uint32_t i = begin; i < end; ++i)
                if (taken[i] == kNone) open.push_back(i);
            return open;
        };
        const Indices open_before = left(to_after_, b, b_end);
        const Indices open_after = left(to_before_, a, a_end);
        if (open_before.empty() || open_after.empty()) return;
        const auto sizes = [](const Indices& open, const std::vector<FunctionItem>& items) {
            std::vector<uint32_t> sizes_of;
            for (const uint32_t i : open) sizes_of.push_back(items[i].size);
            return sizes_of;
        };
        const auto before_sizes = sizes(open_before, before_);
        const auto after_sizes = sizes(open_after, after_);
        SizeAlignment(before_sizes, after_sizes, [&](size_t i, size_t j) {
            // Two different names are two different functions, whatever their sizes.
            if (before_[open_before[i]].name.empty() || after_[open_after[j]].name.empty())
                pair(open_before[i], open_after[j]);
        }).run();
    }

    const std::vector<FunctionItem>& before_;
    const std::vector<FunctionItem>& after_;
    const RuleSet rules_;
    Indices to_after_;
    Indices to_before_;
};

}  // namespace

FunctionMatch match_functions(const std::vector<FunctionItem>& before, const std::vector<FunctionItem>& after,
                              RuleSet rules) {
    return Matcher(before, after, rules).run();
}

}  // namespace strata::diff
