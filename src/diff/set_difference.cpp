#include "diff/set_difference.h"

#include <algorithm>
#include <optional>

#include "diff/noise_filter.h"

namespace strata::diff {
namespace {

using record::ColumnRef;
using store::Lease;
using store::Reader;

struct SymbolTraits {
    using View = record::SymbolsView;
    using Fact = SymbolFact;
    static std::string_view key(const View& view, uint64_t i) { return view.name(i); }
    static Fact fact(const View& view, uint64_t i) {
        return {view.name(i), view.kind(i), view.dylib(i), view.target(i), view.flags(i)};
    }
    static Normalised identity(const Fact& fact, RuleSet rules) {
        Normalised clean = normalise_symbol(fact.name, rules);
        clean.text += '\0';
        clean.text += static_cast<char>(fact.kind);
        clean.text += static_cast<char>(fact.flags);
        clean.text.append(fact.dylib).append(1, '\0').append(fact.target);
        return clean;
    }
};

struct StringTraits {
    using View = record::StringsView;
    using Fact = StringFact;
    static std::string_view key(const View& view, uint64_t i) { return view.value(i); }
    static Fact fact(const View& view, uint64_t i) { return {view.value(i), view.section(i)}; }
    static Normalised identity(const Fact& fact, RuleSet rules) {
        Normalised clean = normalise_string(fact.value, rules);
        clean.text.append(1, '\0').append(fact.section);
        return clean;
    }
};

/// Walks the entries of one column, group by group of equal keys. Chunks are leased when they are reached; the leases
/// go to `leases`, since facts view them.
template <typename Traits>
class Stream {
  public:
    Stream(Reader& reader, const ColumnRef& column, std::vector<Lease>& leases)
        : reader_(reader), column_(column), leases_(leases) {}

    bool at_end() const { return chunk_ == column_.chunks.size(); }
    bool at_chunk_start() const { return index_ == 0; }
    const base::Digest& digest() const { return column_.chunks[chunk_].digest; }
    void skip_chunk() {
        ++chunk_;
        view_.reset();
    }

    std::string_view key() {
        load();
        return Traits::key(*view_, index_);
    }

    /// Appends all entries with the current key and moves past them.
    void take_group(std::vector<typename Traits::Fact>& facts) {
        const auto group = key();
        do {
            facts.push_back(Traits::fact(*view_, index_));
            if (++index_ < view_->size()) continue;
            // Only a chunk as long as the longest run was cut inside one: any other need not be looked beyond.
            const bool may_go_on = message_bytes_ >= record::kLongestRun / 2;
            index_ = 0;
            skip_chunk();
            if (!may_go_on || at_end()) return;
        } while (key() == group);
    }

  private:
    void load() {
        if (view_) return;
        leases_.push_back(reader_.column(column_.chunks[chunk_].id));
        message_bytes_ = leases_.back().message().size();
        view_.emplace(leases_.back().message());
        if (view_->size() == 0) record::fail_record("column", "an empty chunk");
    }

    Reader& reader_;
    const ColumnRef& column_;
    std::vector<Lease>& leases_;
    size_t chunk_ = 0;
    uint64_t index_ = 0;
    uint64_t message_bytes_ = 0;
    std::optional<typename Traits::View> view_;
};

/// Adds to `out` what `from` has and `other` has not; both are the facts of one key.
template <typename Fact>
void subtract(std::vector<Fact>& from, std::vector<Fact>& other, std::vector<Fact>& out) {
    const auto unique_sort = [](std::vector<Fact>& facts) {
        std::sort(facts.begin(), facts.end());
        facts.erase(std::unique(facts.begin(), facts.end()), facts.end());
    };
    unique_sort(from);
    unique_sort(other);
    std::set_difference(from.begin(), from.end(), other.begin(), other.end(), std::back_inserter(out));
}

template <typename Traits>
void merge(Reader& reader, const ColumnRef& before, const ColumnRef& after,
           SetDifference<typename Traits::Fact>& result) {
    using Facts = std::vector<typename Traits::Fact>;
    Stream<Traits> left(reader, before, result.leases);
    Stream<Traits> right(reader, after, result.leases);
    Facts left_group;
    Facts right_group;
    while (!left.at_end() || !right.at_end()) {
        if (!left.at_end() && !right.at_end() && left.at_chunk_start() && right.at_chunk_start() &&
            left.digest() == right.digest()) {
            left.skip_chunk();
            right.skip_chunk();
            continue;
        }
        const int order = left.at_end() ? 1 : right.at_end() ? -1 : left.key().compare(right.key());
        left_group.clear();
        right_group.clear();
        if (order <= 0) left.take_group(left_group);
        if (order >= 0) right.take_group(right_group);
        if (order == 0 && left_group == right_group) continue;
        subtract(left_group, right_group, result.removed);
        subtract(right_group, left_group, result.added);
    }
}

template <typename Traits>
void difference(Reader& reader, const ColumnRef& before, const ColumnRef& after, RuleSet rules,
                SetDifference<typename Traits::Fact>& result) {
    merge<Traits>(reader, before, after, result);
    leave_out_noise<Traits>(reader, before, after, rules, result);
}

/// Names that are in both lists, which are sorted, become changes: the first of one with the first of the other.
void pair_up(SymbolDifference& difference) {
    std::vector<SymbolFact> added;
    std::vector<SymbolFact> removed;
    auto a = difference.added.begin();
    auto r = difference.removed.begin();
    while (a != difference.added.end() || r != difference.removed.end()) {
        const int order = a == difference.added.end()     ? -1
                          : r == difference.removed.end() ? 1
                                                          : r->name.compare(a->name);
        if (order == 0) {
            difference.changed.push_back({*r++, *a++});
        } else if (order < 0) {
            removed.push_back(*r++);
        } else {
            added.push_back(*a++);
        }
    }
    difference.added = std::move(added);
    difference.removed = std::move(removed);
}

}  // namespace

SymbolDifference symbol_difference(Reader& reader, const ColumnRef& before, const ColumnRef& after, RuleSet rules) {
    SymbolDifference result;
    difference<SymbolTraits>(reader, before, after, rules, result);
    pair_up(result);
    return result;
}

SetDifference<StringFact> string_difference(Reader& reader, const ColumnRef& before, const ColumnRef& after,
                                            RuleSet rules) {
    SetDifference<StringFact> result;
    difference<StringTraits>(reader, before, after, rules, result);
    return result;
}

}  // namespace strata::diff
