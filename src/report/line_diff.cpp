#include "report/line_diff.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_map>

namespace strata::report {
namespace {

using Index = int64_t;

/// One side: its lines, a number for each (equal lines have equal numbers), and what is marked as changed. Marks have a
/// slot before the first and one after the last line that are never set, so that runs end there.
class Side {
  public:
    explicit Side(const std::vector<std::string_view>& lines) : lines_(lines), marks_(lines.size() + 2, false) {}

    std::vector<Index> ids;

    Index size() const { return static_cast<Index>(lines_.size()); }
    Index id(Index line) const { return ids[static_cast<size_t>(line)]; }
    std::string_view line(Index line) const { return lines_[static_cast<size_t>(line)]; }
    bool changed(Index line) const { return marks_[static_cast<size_t>(line + 1)]; }
    void mark(Index line, bool changed) { marks_[static_cast<size_t>(line + 1)] = changed; }
    std::vector<bool> changes() const { return {marks_.begin() + 1, marks_.end() - 1}; }

  private:
    const std::vector<std::string_view>& lines_;
    std::vector<bool> marks_;
};

void number_lines(const std::vector<std::string_view>& lines, std::unordered_map<std::string_view, Index>& numbers,
                  Side& side) {
    for (const auto line : lines)
        side.ids.push_back(numbers.emplace(line, static_cast<Index>(numbers.size())).first->second);
}

/// git's stand-in for a square root: a power of two near it.
Index rough_root(Index n) {
    Index root = 1;
    for (; n > 0; n >>= 2) root <<= 1;
    return root;
}

/// The lines that take part in the alignment; all others are marked here.
class Candidates {
  public:
    Candidates(Side& side, const std::vector<Index>& occurrences_elsewhere, Index begin, Index end)
        : begin_(begin), end_(end) {
        constexpr Index kMostMatches = 1024;
        const Index many = std::min(rough_root(side.size()), kMostMatches);
        for (Index line = begin; line < end; ++line) {
            const Index matches = occurrences_elsewhere[static_cast<size_t>(side.id(line))];
            fates_.push_back(matches == 0 ? Fate::kDrop : matches >= many ? Fate::kMaybe : Fate::kKeep);
        }
        for (Index line = begin; line < end; ++line) {
            const Fate fate = fates_[static_cast<size_t>(line - begin)];
            if (fate == Fate::kKeep || (fate == Fate::kMaybe && !is_drowned(line)))
                kept.push_back(line);
            else
                side.mark(line, true);
        }
    }

    std::vector<Index> kept;

  private:
    enum class Fate : uint8_t { kDrop, kKeep, kMaybe };

    struct Run {
        Index dropped = 0;
        Index maybe = 0;
    };

    /// The run of lines without a firm match that begins beside `line`.
    Run run_from(Index line, Index step) const {
        constexpr Index kWindow = 100;
        Run run;
        for (Index at = line + step, seen = 0; at >= begin_ && at < end_ && seen < kWindow; at += step, ++seen) {
            const Fate fate = fates_[static_cast<size_t>(at - begin_)];
            if (fate == Fate::kKeep) break;
            ++(fate == Fate::kDrop ? run.dropped : run.maybe);
        }
        return run;
    }

    /// A line that matches very often says nothing between lines that match nowhere.
    bool is_drowned(Index line) const {
        const Run up = run_from(line, -1);
        const Run down = run_from(line, 1);
        if (up.dropped == 0 || down.dropped == 0) return false;
        const Index maybe = up.maybe + down.maybe + 2;
        return maybe * 4 < maybe + up.dropped + down.dropped;
    }

    Index begin_;
    Index end_;
    std::vector<Fate> fates_;
};

/// Myers' algorithm from both ends over the kept lines (E. Myers, "An O(ND) Difference Algorithm", 1986, section 4b).
class Alignment {
  public:
    Alignment(Side& before, const std::vector<Index>& before_kept, Side& after, const std::vector<Index>& after_kept)
        : before_(before), after_(after), b_(before_kept), a_(after_kept) {
        const size_t diagonals = b_.size() + a_.size() + 3;
        forward_.resize(diagonals + 1);
        backward_.resize(diagonals + 1);
        zero_ = static_cast<Index>(a_.size()) + 1;
        most_cost_ = std::max(rough_root(static_cast<Index>(diagonals)), kLeastCost);
    }

    void run() { align({0, size(b_), 0, size(a_)}, false); }

  private:
    struct Box {
        Index b_begin, b_end, a_begin, a_end;
    };
    /// A point that some good way passes; `*_is_shortest`: whether the way up to it and from it is known to be short.
    struct Point {
        Index b, a;
        bool first_is_shortest = true;
        bool second_is_shortest = true;
    };
    // git looks no further than this many changes for a shortest way, which also bounds the work on hostile texts.
    static constexpr Index kLeastCost = 256;

    static Index size(const std::vector<Index>& list) { return static_cast<Index>(list.size()); }
    bool same(Index b, Index a) const {
        return before_.id(b_[static_cast<size_t>(b)]) == after_.id(a_[static_cast<size_t>(a)]);
    }
    Index& forward(Index diagonal) { return forward_[static_cast<size_t>(diagonal + zero_)]; }
    Index& backward(Index diagonal) { return backward_[static_cast<size_t>(diagonal + zero_)]; }

    void align(Box box, bool shortest) {
        for (;;) {
            while (box.b_begin < box.b_end && box.a_begin < box.a_end && same(box.b_begin, box.a_begin))
                ++box.b_begin, ++box.a_begin;
            while (box.b_begin < box.b_end && box.a_begin < box.a_end && same(box.b_end - 1, box.a_end - 1))
                --box.b_end, --box.a_end;
            if (box.b_begin == box.b_end || box.a_begin == box.a_end) break;
            const Point middle = split(box, shortest);
            align({box.b_begin, middle.b, box.a_begin, middle.a}, middle.first_is_shortest);
            box = {middle.b, box.b_end, middle.a, box.a_end};
            shortest = middle.second_is_shortest;
        }
        for (Index b = box.b_begin; b < box.b_end; ++b) before_.mark(b_[static_cast<size_t>(b)], true);
        for (Index a = box.a_begin; a < box.a_end; ++a) after_.mark(a_[static_cast<size_t>(a)], true);
    }

    /// The diagonals one direction has reached so far.
    struct Reach {
        Index low, high;
    };

    /// Widens by one diagonal on each side, or narrows where the box ends.
    template <typename At>
    static void widen(Reach& reach, Index least, Index most, Index unreached, const At& at) {
        if (reach.low > least)
            at(--reach.low - 1) = unreached;
        else
            ++reach.low;
        if (reach.high < most)
            at(++reach.high + 1) = unreached;
        else
            --reach.high;
    }

    /// The furthest point that either end has reached.
    Point furthest(const Box& box, const Reach& ahead, const Reach& back) {
        Point best_ahead{-1, 0, true, false};
        for (Index d = ahead.high; d >= ahead.low; d -= 2) {
            Index b = std::min(forward(d), box.b_end);
            if (b - d > box.a_end) b = box.a_end + d;
            if (best_ahead.b + best_ahead.a < b + b - d) best_ahead = {b, b - d, true, false};
        }
        Point best_back{box.b_end + 1, box.a_end, false, true};
        for (Index d = back.high; d >= back.low; d -= 2) {
            Index b = std::max(backward(d), box.b_begin);
            if (b - d < box.a_begin) b = box.a_begin + d;
            if (b + b - d < best_back.b + best_back.a) best_back = {b, b - d, false, true};
        }
        const Index from_end = box.b_end + box.a_end - best_back.b - best_back.a;
        const Index from_begin = best_ahead.b + best_ahead.a - box.b_begin - box.a_begin;
        return from_end < from_begin ? best_ahead : best_back;
    }

    /// Where the shortest ways from both ends meet.
    Point split(const Box& box, bool shortest) {
        constexpr Index kFar = std::numeric_limits<Index>::max();
        const Index least = box.b_begin - box.a_end;
        const Index most = box.b_end - box.a_begin;
        const Index first = box.b_begin - box.a_begin;
        const Index last = box.b_end - box.a_end;
        const bool odd = ((first - last) & 1) != 0;
        Reach ahead{first, first};
        Reach back{last, last};
        forward(first) = box.b_begin;
        backward(last) = box.b_end;
        for (Index cost = 1;; ++cost) {
            widen(ahead, least, most, -1, [&](Index d) -> Index& { return forward(d); });
            for (Index d = ahead.high; d >= ahead.low; d -= 2) {
                Index b = forward(d - 1) >= forward(d + 1) ? forward(d - 1) + 1 : forward(d + 1);
                Index a = b - d;
                while (b < box.b_end && a < box.a_end && same(b, a)) ++b, ++a;
                forward(d) = b;
                if (odd && back.low <= d && d <= back.high && backward(d) <= b) return {b, a};
            }
            widen(back, least, most, kFar, [&](Index d) -> Index& { return backward(d); });
            for (Index d = back.high; d >= back.low; d -= 2) {
                Index b = backward(d - 1) < backward(d + 1) ? backward(d - 1) : backward(d + 1) - 1;
                Index a = b - d;
                while (b > box.b_begin && a > box.a_begin && same(b - 1, a - 1)) --b, --a;
                backward(d) = b;
                if (!odd && ahead.low <= d && d <= ahead.high && b <= forward(d)) return {b, a};
            }
            if (!shortest && cost >= most_cost_) return furthest(box, ahead, back);
        }
    }

    Side& before_;
    Side& after_;
    const std::vector<Index>& b_;
    const std::vector<Index>& a_;
    std::vector<Index> forward_;
    std::vector<Index> backward_;
    Index zero_;
    Index most_cost_;
};

/// A run of changed lines, possibly empty: between each two unchanged lines of a side there is one, so that the groups
/// of both sides correspond.
class Group {
  public:
    explicit Group(Side& side) : side_(side) { extend_down(); }

    Index begin = 0;
    Index end = 0;

    bool empty() const { return begin == end; }
    bool next() {
        if (end == side_.size()) return false;
        begin = end = end + 1;
        extend_down();
        return true;
    }
    void previous() {
        begin = end = begin - 1;
        extend_up();
    }
    bool slide_down() {
        if (end == side_.size() || side_.id(begin) != side_.id(end)) return false;
        side_.mark(begin++, false);
        side_.mark(end++, true);
        extend_down();
        return true;
    }
    bool slide_up() {
        if (begin == 0 || side_.id(begin - 1) != side_.id(end - 1)) return false;
        side_.mark(--begin, true);
        side_.mark(--end, false);
        extend_up();
        return true;
    }

  private:
    void extend_down() {
        while (side_.changed(end)) ++end;
    }
    void extend_up() {
        while (side_.changed(begin - 1)) --begin;
    }

    Side& side_;
};

/// Columns of white space before a line's text; -1 for a blank line.
Index indent_of(std::string_view line) {
    constexpr Index kMost = 200;
    Index indent = 0;
    for (const char c : line) {
        if (c == ' ')
            ++indent;
        else if (c == '\t')
            indent += 8 - indent % 8;
        else if (c != '\n' && c != '\r' && c != '\v' && c != '\f')
            return indent;
        if (indent >= kMost) return kMost;
    }
    return -1;
}

/// How bad a place is to begin or end a run at; lower is better.
struct Badness {
    Index indent = 0;
    Index penalty = 0;
    bool not_worse_than(const Badness& other) const {
        const Index by_indent = indent < other.indent ? -60 : indent > other.indent ? 60 : 0;
        return by_indent + penalty - other.penalty <= 0;
    }
};

struct Neighbour {
    Index blanks = 0;
    Index indent = -1;  ///< of the first line that is not blank; -1 when there is none
};

Neighbour neighbour_of(const Side& side, Index line, Index step) {
    constexpr Index kMostBlanks = 20;
    Neighbour found;
    for (Index at = line + step; at >= 0 && at < side.size(); at += step) {
        found.indent = indent_of(side.line(at));
        if (found.indent != -1) break;
        if (++found.blanks == kMostBlanks) {
            found.indent = 0;
            break;
        }
    }
    return found;
}

/// Adds what speaks against a border before `line`. The weights are git's (its "indent heuristic").
void add_badness(const Side& side, Index line, Badness& badness) {
    const bool at_end = line >= side.size();
    const Index own = at_end ? -1 : indent_of(side.line(line));
    const Neighbour above = neighbour_of(side, line, -1);
    const Neighbour below = neighbour_of(side, line, 1);
    if (above.indent == -1 && above.blanks == 0) badness.penalty += 1;
    if (at_end) badness.penalty += 21;
    const Index blanks_below = own == -1 ? 1 + below.blanks : 0;
    const Index blanks = above.blanks + blanks_below;
    badness.penalty += -30 * blanks + 6 * blanks_below;
    const Index indent = own != -1 ? own : below.indent;
    badness.indent += indent;
    if (indent == -1 || above.indent == -1 || indent == above.indent) return;
    if (indent > above.indent)
        badness.penalty += blanks != 0 ? 10 : -4;
    else if (below.indent != -1 && below.indent > indent)
        badness.penalty += blanks != 0 ? 17 : 24;
    else
        badness.penalty += blanks != 0 ? 17 : 23;
}

/// The end of a run of `size` lines between `lowest` and `highest` that reads best.
Index best_end(const Side& side, Index size, Index lowest, Index highest) {
    constexpr Index kFurthest = 100;
    Index best = -1;
    Badness least;
    for (Index end = std::max({lowest, highest - size - 1, highest - kFurthest}); end <= highest; ++end) {
        Badness badness;
        add_badness(side, end, badness);
        add_badness(side, end - size, badness);
        if (best != -1 && !badness.not_worse_than(least)) continue;
        least = badness;
        best = end;
    }
    return best;
}

/// Moves one run to its place; `other` is the run of the other side that stands beside it.
void place_group(Side& side, Group& group, Group& other) {
    Index size = 0;
    Index lowest = 0;
    Index beside_other = -1;
    do {  // runs that meet become one, which may slide further
        size = group.end - group.begin;
        beside_other = -1;
        while (group.slide_up()) other.previous();
        lowest = group.end;
        if (!other.empty()) beside_other = group.end;
        while (group.slide_down()) {
            other.next();
            if (!other.empty()) beside_other = group.end;
        }
    } while (size != group.end - group.begin);
    if (group.end == lowest) return;
    if (beside_other != -1) {
        while (other.empty()) {
            group.slide_up();
            other.previous();
        }
        return;
    }
    const Index best = best_end(side, size, lowest, group.end);
    while (group.end > best) {
        group.slide_up();
        other.previous();
    }
}

void place_groups(Side& side, Side& other_side) {
    Group group(side);
    Group other(other_side);
    do {
        if (!group.empty()) place_group(side, group, other);
        other.next();
    } while (group.next());
}

std::vector<Index> count_ids(const Side& side, size_t numbers) {
    std::vector<Index> counts(numbers, 0);
    for (const Index id : side.ids) ++counts[static_cast<size_t>(id)];
    return counts;
}

/// One stretch of changes.
struct Change {
    Index b_begin, b_end, a_begin, a_end;
};

std::vector<Change> changes_of(const LineChanges& lines) {
    std::vector<Change> changes;
    const auto b_size = static_cast<Index>(lines.removed.size());
    const auto a_size = static_cast<Index>(lines.added.size());
    const auto removed = [&](Index i) { return i < b_size && lines.removed[static_cast<size_t>(i)]; };
    const auto added = [&](Index i) { return i < a_size && lines.added[static_cast<size_t>(i)]; };
    for (Index b = 0, a = 0; b < b_size || a < a_size; ++b, ++a) {
        const Change start{b, b, a, a};
        while (removed(b)) ++b;
        while (added(a)) ++a;
        if (b != start.b_begin || a != start.a_begin) changes.push_back({start.b_begin, b, start.a_begin, a});
    }
    return changes;
}

}  // namespace

LineChanges diff_lines(const std::vector<std::string_view>& before, const std::vector<std::string_view>& after) {
    Side old(before);
    Side now(after);
    std::unordered_map<std::string_view, Index> numbers;
    number_lines(before, numbers, old);
    number_lines(after, numbers, now);
    Index head = 0;
    const Index shorter = std::min(old.size(), now.size());
    while (head < shorter && old.id(head) == now.id(head)) ++head;
    Index tail = 0;
    while (tail < shorter - head && old.id(old.size() - 1 - tail) == now.id(now.size() - 1 - tail)) ++tail;
    const Candidates old_kept(old, count_ids(now, numbers.size()), head, old.size() - tail);
    const Candidates now_kept(now, count_ids(old, numbers.size()), head, now.size() - tail);
    Alignment(old, old_kept.kept, now, now_kept.kept).run();
    place_groups(old, now);
    place_groups(now, old);
    return {old.changes(), now.changes()};
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string unified_hunks(std::string_view before, std::string_view after) {
    constexpr Index kContext = 3;
    const auto old = lines_of(before);
    const auto now = lines_of(after);
    const auto changes = changes_of(diff_lines(old, now));
    std::string text;
    const auto line = [&](char sign, std::string_view content) {
        text += sign;
        text.append(content) += '\n';
    };
    Index shown = 0;  // lines of the old side that are out already
    for (size_t i = 0; i < changes.size(); ++i) {
        const Change& change = changes[i];
        const bool joins = i != 0 && change.b_begin - changes[i - 1].b_end <= 2 * kContext;
        if (!joins) {
            text += '\n';
            shown = std::max(shown, change.b_begin - kContext);
        }
        for (; shown < change.b_begin; ++shown) line(' ', old[static_cast<size_t>(shown)]);
        for (; shown < change.b_end; ++shown) line('-', old[static_cast<size_t>(shown)]);
        for (Index a = change.a_begin; a < change.a_end; ++a) line('+', now[static_cast<size_t>(a)]);
        const bool joined = i + 1 < changes.size() && changes[i + 1].b_begin - change.b_end <= 2 * kContext;
        const Index until =
            joined ? changes[i + 1].b_begin : std::min(change.b_end + kContext, static_cast<Index>(old.size()));
        for (; shown < until; ++shown) line(' ', old[static_cast<size_t>(shown)]);
    }
    return text;
}

}  // namespace strata::report
