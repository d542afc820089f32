#include "diff/fact_difference.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace strata::diff {
namespace {

using record::ColumnRef;
using record::FactView;
using store::Lease;
using store::Reader;

/// The facts of a column one by one; leases go to `leases`, since facts view them.
class Stream {
  public:
    Stream(Reader& reader, const ColumnRef& column, std::vector<Lease>& leases)
        : reader_(reader), column_(column), leases_(leases) {}

    bool at_end() const { return chunk_ == column_.chunks.size(); }
    bool at_chunk_start() const { return index_ == 0; }
    const base::Digest& digest() const { return column_.chunks[chunk_].digest; }
    void skip_chunk() {
        ++chunk_;
        index_ = 0;
        view_.reset();
    }
    FactView fact() {
        if (!view_) {
            leases_.push_back(reader_.column(column_.chunks[chunk_].id));
            view_.emplace(leases_.back().message());
            if (view_->size() == 0) record::fail_record("facts column", "an empty chunk");
        }
        return (*view_)[index_];
    }
    void next() {
        if (++index_ == view_->size()) skip_chunk();
    }

  private:
    Reader& reader_;
    const ColumnRef& column_;
    std::vector<Lease>& leases_;
    size_t chunk_ = 0;
    uint64_t index_ = 0;
    std::optional<record::FactsView> view_;
};

void merge(Stream& before, Stream& after, FactGroup& group) {
    while (!before.at_end() || !after.at_end()) {
        if (!before.at_end() && !after.at_end() && before.at_chunk_start() && after.at_chunk_start() &&
            before.digest() == after.digest()) {
            before.skip_chunk();
            after.skip_chunk();
            continue;
        }
        const auto order = before.at_end()  ? std::strong_ordering::greater
                           : after.at_end() ? std::strong_ordering::less
                                            : before.fact() <=> after.fact();
        if (order < 0) group.removed.push_back(before.fact());
        if (order > 0) group.added.push_back(after.fact());
        if (order <= 0) before.next();
        if (order >= 0) after.next();
    }
}

struct Traits {
    using View = record::FactsView;
    using Fact = FactView;
    static Fact fact(const View& view, uint64_t i) { return view[i]; }
    static Normalised identity(const Fact& fact, RuleSet rules) {
        Normalised clean = normalise_symbol(fact.name, rules);
        const Normalised value = normalise_string(fact.value, rules);
        if (value.fired && !clean.fired) clean.rule = value.rule;
        clean.fired = clean.fired || value.fired;
        clean.text.insert(0, std::string(fact.owner) + '\0');
        clean.text.append(1, '\0').append(value.text);
        return clean;
    }
};

int compare_keys(const FactView& a, const FactView& b) {
    const int owners = a.owner.compare(b.owner);
    return owners != 0 ? owners : a.name.compare(b.name);
}

/// Whether the fact at `i` is the only one of its key.
bool is_alone(const std::vector<FactView>& facts, size_t i) {
    return (i == 0 || compare_keys(facts[i - 1], facts[i]) != 0) &&
           (i + 1 == facts.size() || compare_keys(facts[i], facts[i + 1]) != 0);
}

/// Takes keys with one value on each side out of both lists.
void pair_up(FactGroup& group) {
    std::vector<FactView> added;
    std::vector<FactView> removed;
    size_t r = 0;
    size_t a = 0;
    while (r < group.removed.size() || a < group.added.size()) {
        const int order = r == group.removed.size() ? 1
                          : a == group.added.size() ? -1
                                                    : compare_keys(group.removed[r], group.added[a]);
        if (order == 0 && is_alone(group.removed, r) && is_alone(group.added, a)) {
            const auto& old = group.removed[r++];
            group.changed.push_back({old.owner, old.name, old.value, group.added[a++].value});
            continue;
        }
        if (order <= 0) removed.push_back(group.removed[r++]);
        if (order > 0) added.push_back(group.added[a++]);
    }
    group.added = std::move(added);
    group.removed = std::move(removed);
}

}  // namespace

FactGroup fact_difference(Reader& reader, record::ColumnKind kind, const ColumnRef& before, const ColumnRef& after,
                          RuleSet rules) {
    FactGroup group;
    group.kind = kind;
    if (before.same_content(after)) return group;
    Stream left(reader, before, group.leases);
    Stream right(reader, after, group.leases);
    merge(left, right, group);
    leave_out_noise<Traits>(reader, before, after, rules, group);
    pair_up(group);
    return group;
}

}  // namespace strata::diff
