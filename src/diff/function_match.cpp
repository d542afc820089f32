#include "diff/function_match.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <string>
#include <unordered_map>

namespace strata::diff {
namespace {

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
constexpr size_t kAnchorRun = 3;
constexpr uint32_t kTellingSize = 16;  // bytes
// Longest common subsequence takes n x m steps: only for gaps where that is nothing.
constexpr uint64_t kMaxLcsCells = 250'000;
constexpr size_t kMaxCollisions = 64;

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

/// A stretch of both lists: [b, b_end) and [a, a_end).
struct Stretch {
    size_t b = 0;
    size_t b_end = 0;
    size_t a = 0;
    size_t a_end = 0;
};

/// Aligns two lists of keys; calls `match(i, j)` for positions whose keys are equal and belong together, and `rest` for
/// the stretches between them that have no key in common.
class Alignment {
  public:
    using Match = std::function<void(size_t, size_t)>;
    using Rest = std::function<void(const Stretch&)>;

    Alignment(const std::vector<uint64_t>& before, const std::vector<uint64_t>& after, Match match, Rest rest)
        : before_(before), after_(after), match_(std::move(match)), rest_(std::move(rest)) {}

    void run(const Stretch& s) { align(s.b, s.b_end, s.a, s.a_end); }

  private:
    void align(size_t b, size_t b_end, size_t a, size_t a_end) {
        while (b < b_end && a < a_end && before_[b] == after_[a]) match_(b++, a++);
        while (b < b_end && a < a_end && before_[b_end - 1] == after_[a_end - 1]) match_(--b_end, --a_end);
        if (b == b_end || a == a_end) return;
        if (static_cast<uint64_t>(b_end - b) * (a_end - a) <= kMaxLcsCells) return align_small(b, b_end, a, a_end);
        const auto anchors = find_anchors(b, b_end, a, a_end);
        if (anchors.empty()) return rest(b, b_end, a, a_end);
        for (const auto& [next_b, next_a] : anchors) {
            align(b, next_b, a, next_a);
            match_(next_b, next_a);
            b = next_b + 1;
            a = next_a + 1;
        }
        align(b, b_end, a, a_end);
    }

    /// Runs of three keys that occur once on each side, in ascending order on both.
    std::vector<std::pair<uint32_t, uint32_t>> find_anchors(size_t b, size_t b_end, size_t a, size_t a_end) const {
        struct Seen {
            uint32_t before = kNone;
            uint32_t after = kNone;
            bool repeated = false;
        };
        std::unordered_map<uint64_t, Seen> runs;
        const auto note = [&](const std::vector<uint64_t>& keys, size_t begin, size_t end, uint32_t Seen::*side) {
            for (size_t i = begin; i + kAnchorRun <= end; ++i) {
                uint64_t hash = 0;
                for (size_t k = 0; k < kAnchorRun; ++k) hash = std::rotl(hash ^ keys[i + k], 29) * 0x9e3779b97f4a7c15;
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
        size_t open_i = 0;  // start of the stretch without equal keys
        size_t open_j = 0;
        while (i < rows && j < columns) {
            if (before_[b + i] == after_[a + j]) {
                rest(b + open_i, b + i, a + open_j, a + j);
                match_(b + i++, a + j++);
                open_i = i;
                open_j = j;
            } else if (cell(i + 1, j) >= cell(i, j + 1)) {
                ++i;
            } else {
                ++j;
            }
        }
        rest(b + open_i, b_end, a + open_j, a_end);
    }

    void rest(size_t b, size_t b_end, size_t a, size_t a_end) {
        if (b < b_end && a < a_end) rest_({b, b_end, a, a_end});
    }

    const std::vector<uint64_t>& before_;
    const std::vector<uint64_t>& after_;
    Match match_;
    Rest rest_;
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
        match_beginnings();
        match_names([](std::string_view name) { return name; });
        match_names([&](std::string_view name) { return normalise_symbol(name, rules_).text; });
        // Two names are one function only when it does the same with the same things.
        match_unique(true,
                     [](const FunctionItem& item) { return std::rotl(item.code.code, 1) ^ item.code.references; });
        match_unique(false, [](const FunctionItem& item) { return item.code.code; });
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

    /// What both lists begin with: most of an image that had one edit, and cheaper than looking names up.
    void match_beginnings() {
        const size_t size = std::min(before_.size(), after_.size());
        for (uint32_t i = 0; i < size && !before_[i].name.empty() && before_[i].name == after_[i].name; ++i) pair(i, i);
    }

    /// A function by its name's hash. A map of names would take ten times as much, and an image has a million.
    struct Hashed {
        uint64_t hash;
        uint32_t index;
    };

    static uint64_t hash_of(std::string_view name) { return XXH3_64bits(name.data(), name.size()); }

    template <typename Key>
    static std::vector<Hashed> hashed(const std::vector<FunctionItem>& items, const Indices& taken, const Key& key) {
        std::vector<Hashed> list;
        for (uint32_t i = 0; i < items.size(); ++i)
            if (taken[i] == kNone && !items[i].name.empty()) list.push_back({hash_of(key(items[i].name)), i});
        std::sort(list.begin(), list.end(), [](const Hashed& a, const Hashed& b) {
            return std::pair(a.hash, a.index) < std::pair(b.hash, b.index);
        });
        return list;
    }

    /// Functions of one name in the order they come in. `key`: what of a name is compared.
    template <typename Key>
    void match_names(const Key& key) {
        const auto after = hashed(after_, to_before_, key);
        if (after.empty()) return;
        size_t next = 0;
        for (const auto& [hash, index] : hashed(before_, to_after_, key)) {
            while (next < after.size() && after[next].hash < hash) ++next;
            const auto same = [&, own = index](size_t i) {  // clang 14 captures no structured binding by itself
                return key(after_[after[i].index].name) == key(before_[own].name);
            };
            // Two names of one hash are made on purpose, if at all: looking at a few must do.
            for (size_t i = next; i < after.size() && after[i].hash == hash && i < next + kMaxCollisions; ++i) {
                if (to_before_[after[i].index] != kNone || !same(i)) continue;
                pair(index, after[i].index);
                if (i == next) ++next;
                break;
            }
        }
    }

    /// Pairs functions of which each side has one with `key`; two different names only with `rename`.
    template <typename Key>
    void match_unique(bool rename, const Key& key) {
        struct Seen {
            uint32_t before = kNone;
            uint32_t after = kNone;
            bool repeated = false;
        };
        std::unordered_map<uint64_t, Seen> seen;
        const auto note = [&](const std::vector<FunctionItem>& items, const Indices& taken, uint32_t Seen::*side) {
            for (uint32_t i = 0; i < items.size(); ++i) {
                if (taken[i] != kNone || !is_telling(items[i])) continue;
                Seen& one = seen[key(items[i])];
                if (one.*side != kNone) one.repeated = true;
                one.*side = i;
            }
        };
        note(after_, to_before_, &Seen::after);
        if (seen.empty()) return;
        note(before_, to_after_, &Seen::before);
        for (const auto& [code, one] : seen)
            if (!one.repeated && one.before != kNone && one.after != kNone &&
                before_[one.before].size == after_[one.after].size &&
                (rename || before_[one.before].name.empty() || after_[one.after].name.empty()))
                pair(one.before, one.after);
    }

    /// Short functions look like each other without being each other.
    static bool is_telling(const FunctionItem& item) { return item.code.code != 0 && item.size >= kTellingSize; }

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
        const auto keys = [](const Indices& open, const std::vector<FunctionItem>& items, bool code) {
            std::vector<uint64_t> keys_of;
            for (const uint32_t i : open)
                keys_of.push_back(code && items[i].code.code != 0 ? items[i].code.code : items[i].size);
            return keys_of;
        };
        const auto join = [&](size_t i, size_t j) {
            const auto& old = before_[open_before[i]];
            const auto& now = after_[open_after[j]];
            // Two different names are two different functions, unless they have the same content.
            if (old.name.empty() || now.name.empty() || (is_telling(old) && old.code == now.code))
                pair(open_before[i], open_after[j]);
        };
        const auto by_position = [&](Stretch s) {
            while (s.b < s.b_end && s.a < s.a_end) join(s.b++, s.a++);
        };
        const auto before_sizes = keys(open_before, before_, false);
        const auto after_sizes = keys(open_after, after_, false);
        Alignment by_size(before_sizes, after_sizes, join, by_position);
        const auto before_codes = keys(open_before, before_, true);
        const auto after_codes = keys(open_after, after_, true);
        Alignment(before_codes, after_codes, join, [&](const Stretch& s) {
            by_size.run(s);
        }).run({0, open_before.size(), 0, open_after.size()});
    }

    const std::vector<FunctionItem>& before_;
    const std::vector<FunctionItem>& after_;
    const RuleSet rules_;
    Indices to_after_;
    Indices to_before_;
};

}  // namespace

uint64_t count_moved(const std::vector<std::pair<uint32_t, uint32_t>>& pairs) {
    const auto ascends = [](const auto& a, const auto& b) { return a.second < b.second; };
    if (std::is_sorted(pairs.begin(), pairs.end(), ascends)) return 0;
    return pairs.size() - increasing(pairs).size();
}

FunctionMatch match_functions(const std::vector<FunctionItem>& before, const std::vector<FunctionItem>& after,
                              RuleSet rules) {
    return Matcher(before, after, rules).run();
}

}  // namespace strata::diff
