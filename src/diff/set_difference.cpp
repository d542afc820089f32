#include "diff/set_difference.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

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
        return {view.name(i), view.kind(i), view.dylib(i), view.target(i)};
    }
    static Normalised normalise(std::string_view key) { return normalise_symbol(key); }
    /// A fact's other parts, so that noise in the name does not hide another change.
    static std::string identity(const Fact& fact, std::string_view name) {
        std::string text(name);
        text += '\0';
        text += static_cast<char>(fact.kind);
        return text.append(fact.dylib) + '\0' + std::string(fact.target);
    }
    static std::string_view name(const Fact& fact) { return fact.name; }
};

struct StringTraits {
    using View = record::StringsView;
    using Fact = StringFact;
    static std::string_view key(const View& view, uint64_t i) { return view.value(i); }
    static Fact fact(const View& view, uint64_t i) { return {view.value(i), view.section(i)}; }
    static Normalised normalise(std::string_view key) { return normalise_string(key); }
    static std::string identity(const Fact& fact, std::string_view value) {
        return std::string(value) + '\0' + std::string(fact.section);
    }
    static std::string_view name(const Fact& fact) { return fact.value; }
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

/// Identities without noise of some facts, each with the rule that took its noise out.
using Identities = std::unordered_map<std::string, Rule>;

template <typename Traits>
Identities identities_of(const std::vector<typename Traits::Fact>& facts) {
    Identities identities;
    for (const auto& fact : facts) {
        const auto clean = Traits::normalise(Traits::name(fact));
        const auto added = identities.emplace(Traits::identity(fact, clean.text), clean.rule).first;
        if (clean.fired) added->second = clean.rule;
    }
    return identities;
}

/// The facts of one side that are left when noise is taken out; the others are counted.
template <typename Traits>
class NoiseFilter {
  public:
    using Facts = std::vector<typename Traits::Fact>;

    NoiseFilter(Reader& reader, const ColumnRef& other_side, const Identities& other_difference, Suppressed& suppressed)
        : reader_(reader), other_side_(other_side), other_difference_(other_difference), suppressed_(suppressed) {}

    void filter(Facts& facts) {
        Open open;  // noisy facts with no counterpart in the other difference
        for (const auto& fact : facts) {
            const auto clean = Traits::normalise(Traits::name(fact));
            const auto identity = Traits::identity(fact, clean.text);
            if (clean.fired && !other_difference_.contains(identity)) open.emplace(identity, false);
        }
        if (!open.empty()) find_in_other_side(open);
        std::erase_if(facts, [&](const auto& fact) { return is_noise(fact, open); });
    }

  private:
    /// Identity -> whether the other side has a fact like it.
    using Open = std::unordered_map<std::string, bool>;

    /// What both sides have is in neither difference: a fact may still be the same as one of those, without its noise.
    void find_in_other_side(Open& open) {
        for (const auto& chunk : other_side_.chunks) {
            const Lease lease = reader_.column(chunk.id);
            const typename Traits::View view(lease.message());
            for (uint64_t i = 0; i < view.size(); ++i) {
                const auto fact = Traits::fact(view, i);
                const auto found = open.find(Traits::identity(fact, Traits::normalise(Traits::name(fact)).text));
                if (found != open.end()) found->second = true;
            }
        }
    }

    bool is_noise(const typename Traits::Fact& fact, const Open& open) {
        const auto clean = Traits::normalise(Traits::name(fact));
        const auto identity = Traits::identity(fact, clean.text);
        const auto counterpart = other_difference_.find(identity);
        const auto common = open.find(identity);
        // Only facts with noise were looked for in the other side; one without may share the identity of one that was.
        const bool noise =
            counterpart != other_difference_.end() || (clean.fired && common != open.end() && common->second);
        if (noise) ++suppressed_[static_cast<size_t>(clean.fired ? clean.rule : counterpart->second)];
        return noise;
    }

    Reader& reader_;
    const ColumnRef& other_side_;
    const Identities& other_difference_;
    Suppressed& suppressed_;
};

template <typename Traits>
SetDifference<typename Traits::Fact> difference(Reader& reader, const ColumnRef& before, const ColumnRef& after) {
    SetDifference<typename Traits::Fact> result;
    merge<Traits>(reader, before, after, result);
    const bool noisy = std::any_of(result.added.begin(), result.added.end(),
                                   [](const auto& f) { return Traits::normalise(Traits::name(f)).fired; }) ||
                       std::any_of(result.removed.begin(), result.removed.end(),
                                   [](const auto& f) { return Traits::normalise(Traits::name(f)).fired; });
    if (!noisy) return result;
    const auto added = identities_of<Traits>(result.added);
    const auto removed = identities_of<Traits>(result.removed);
    NoiseFilter<Traits>(reader, before, removed, result.suppressed).filter(result.added);
    NoiseFilter<Traits>(reader, after, added, result.suppressed).filter(result.removed);
    return result;
}

}  // namespace

SetDifference<SymbolFact> symbol_difference(Reader& reader, const ColumnRef& before, const ColumnRef& after) {
    return difference<SymbolTraits>(reader, before, after);
}

SetDifference<StringFact> string_difference(Reader& reader, const ColumnRef& before, const ColumnRef& after) {
    return difference<StringTraits>(reader, before, after);
}

}  // namespace strata::diff
