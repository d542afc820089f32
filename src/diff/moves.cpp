#include "diff/moves.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "record/symbols.h"

namespace strata::diff {
namespace {

using record::ColumnKind;
using record::Head;

// A chunk that so many images share (a table of two standard imports) says nothing about where one went.
constexpr size_t kMostSharers = 8;
constexpr size_t kMostNamesakes = 8;
// Under another name, small columns are alike by chance.
constexpr uint64_t kLeastBytes = 4096;

struct ChunkKey {
    uint64_t digest;  ///< its first bytes
    uint32_t bytes;
    auto operator<=>(const ChunkKey&) const = default;
};

/// What is kept of an image that one side has only.
struct Candidate {
    std::string path;
    std::string uuid;
    base::Digest content{};  ///< of symbols, functions and strings
    uint64_t entries = 0;    ///< in these
    uint64_t bytes = 0;      ///< of all columns but the layout
    std::vector<ChunkKey> chunks;
    bool taken = false;

    std::string_view leaf() const { return std::string_view(path).substr(path.rfind('/') + 1); }
};

uint64_t first_bytes(const base::Digest& digest) {
    uint64_t value = 0;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
}

Candidate candidate_of(std::string path, const Head& head) {
    Candidate candidate;
    candidate.path = std::move(path);
    if (head.uuid.find_first_not_of('\0') != head.uuid.npos) candidate.uuid = head.uuid;
    base::Sha256 content;
    for (const auto kind : record::kColumnKinds) {
        // The layout holds the install name, and places say nothing that symbols do not.
        if (kind == ColumnKind::kLayout || kind == ColumnKind::kPlaces) continue;
        const auto& column = head.column(kind);
        for (const auto& chunk : column.chunks) {
            candidate.chunks.push_back({first_bytes(chunk.digest), chunk.bytes});
            candidate.bytes += chunk.bytes;
        }
        if (kind != ColumnKind::kSymbols && kind != ColumnKind::kFunctions && kind != ColumnKind::kStrings) continue;
        candidate.entries += column.count;
        for (const auto& chunk : column.chunks) content.update(chunk.digest.view());
        content.update(&kind, sizeof kind);
    }
    candidate.content = content.finish();
    std::sort(candidate.chunks.begin(), candidate.chunks.end());
    return candidate;
}

/// The images that one side has only, by path.
struct OneSided {
    std::vector<Candidate> before;
    std::vector<Candidate> after;
};

OneSided find_one_sided(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                        const base::StopFlag* stop) {
    OneSided found;
    const auto old = reader.heads(before.id);
    const auto now = reader.heads(after.id);
    const auto take = [&](store::HeadCursor& cursor, std::vector<Candidate>& side) {
        if (stop != nullptr && stop->requested()) throw base::Error(base::ErrorKind::kInterrupted, "interrupted");
        if (const Head head = cursor.head(); !head.failure)
            side.push_back(candidate_of(std::string(cursor.path()), head));
        cursor.next();
    };
    while (old->valid() || now->valid()) {
        const int order = !old->valid() ? 1 : !now->valid() ? -1 : old->path().compare(now->path());
        if (order == 0) {
            old->next();
            now->next();
        } else if (order < 0) {
            take(*old, found.before);
        } else {
            take(*now, found.after);
        }
    }
    old->check();
    now->check();
    return found;
}

/// Two candidates and how alike they are, 0 to 1000.
struct Likeness {
    uint32_t score;
    Candidate* before;
    Candidate* after;

    /// Best first; ties by the two paths, whichever side they are on, so that turning round changes nothing.
    auto rank() const {
        const auto [low, high] = std::minmax(before->path, after->path);
        return std::tuple(1000 - score, before->leaf() != after->leaf(), std::string_view(low), std::string_view(high));
    }
};

/// Distinct names of an image's symbols, in order. Holds one chunk.
class Names {
  public:
    Names(store::Reader& reader, const Head& head) : reader_(reader), column_(head.column(ColumnKind::kSymbols)) {}

    /// The next name that is another one than the last.
    bool next() {
        while (load()) {
            const auto name = view_->name(index_++);
            if (started_ && name == name_) continue;
            name_ = name;
            started_ = true;
            return true;
        }
        return false;
    }
    const std::string& name() const { return name_; }

  private:
    bool load() {
        while (!view_ || index_ == view_->size()) {
            if (chunk_ == column_.chunks.size()) return false;
            lease_ = reader_.column(column_.chunks[chunk_++].id);
            view_.emplace(lease_.message());
            index_ = 0;
        }
        return true;
    }

    store::Reader& reader_;
    const record::ColumnRef& column_;
    store::Lease lease_;
    std::optional<record::SymbolsView> view_;
    size_t chunk_ = 0;
    uint64_t index_ = 0;
    std::string name_;
    bool started_ = false;
};

class Pairing {
  public:
    Pairing(store::Reader& reader, const record::Firmware& before, const record::Firmware& after, OneSided& images)
        : reader_(reader), before_(before), after_(after), images_(images) {}

    Moves run() {
        take_best(same_content());
        take_best(same_leaf());
        take_best(shared_chunks());
        return std::move(moves_);
    }

  private:
    using Side = std::vector<Candidate>;

    void take_best(std::vector<Likeness> pairs) {
        std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.rank() < b.rank(); });
        for (const auto& pair : pairs) {
            if (pair.before->taken || pair.after->taken) continue;
            pair.before->taken = pair.after->taken = true;
            moves_.add(pair.before->path, pair.after->path);
        }
    }

    /// Calls pair(old, new) for candidates that have the same key; empty keys are no keys. Keys that too many have are
    /// passed over.
    template <typename KeyOf, typename Pair>
    void for_same(const KeyOf& key_of, size_t most, const Pair& pair) {
        std::unordered_map<std::string, std::pair<std::vector<Candidate*>, std::vector<Candidate*>>> groups;
        const auto add = [&](Side& side, auto member) {
            for (auto& candidate : side) {
                if (candidate.taken) continue;
                if (std::string key = key_of(candidate); !key.empty())
                    (groups[std::move(key)].*member).push_back(&candidate);
            }
        };
        using Group = std::pair<std::vector<Candidate*>, std::vector<Candidate*>>;
        add(images_.before, &Group::first);
        add(images_.after, &Group::second);
        for (const auto& [key, group] : groups) {
            if (group.first.size() > most || group.second.size() > most) continue;
            for (auto* old : group.first)
                for (auto* now : group.second) pair(*old, *now);
        }
    }

    std::vector<Likeness> same_content() {
        std::vector<Likeness> pairs;
        const auto add = [&](uint32_t score) {
            return [&pairs, score](Candidate& old, Candidate& now) { pairs.push_back({score, &old, &now}); };
        };
        for_same([](const Candidate& c) { return c.uuid; }, kMostSharers, add(1000));
        for_same([](const Candidate& c) { return c.entries == 0 ? std::string() : std::string(c.content.view()); },
                 kMostSharers, add(999));
        return pairs;
    }

    std::vector<Likeness> same_leaf() {
        std::vector<Likeness> pairs;
        for_same([](const Candidate& c) { return std::string(c.leaf()); }, kMostNamesakes,
                 [&](Candidate& old, Candidate& now) {
                     const uint32_t score = common_names(old, now);
                     if (score >= 500) pairs.push_back({score, &old, &now});
                 });
        return pairs;
    }

    /// Names of symbols that both have, of all that one of them has, in thousandths.
    uint32_t common_names(const Candidate& old, const Candidate& now) {
        const auto old_head = reader_.head(before_.id, old.path);
        const auto new_head = reader_.head(after_.id, now.path);
        if (!old_head || !new_head) return 0;
        Names left(reader_, *old_head);
        Names right(reader_, *new_head);
        uint64_t common = 0;
        uint64_t all = 0;
        bool has_left = left.next();
        bool has_right = right.next();
        while (has_left || has_right) {
            const int order = !has_left ? 1 : !has_right ? -1 : left.name().compare(right.name());
            ++all;
            if (order == 0) ++common;
            if (order <= 0) has_left = left.next();
            if (order >= 0) has_right = right.next();
        }
        return all == 0 ? 0 : static_cast<uint32_t>(common * 1000 / all);
    }

    std::vector<Likeness> shared_chunks() {
        struct Owners {
            std::vector<Candidate*> before;
            std::vector<Candidate*> after;
        };
        std::unordered_map<uint64_t, Owners> by_digest;
        const auto add = [&](Side& side, auto member) {
            for (auto& candidate : side)
                if (!candidate.taken && candidate.bytes >= kLeastBytes)
                    for (const auto& chunk : candidate.chunks) (by_digest[chunk.digest].*member).push_back(&candidate);
        };
        add(images_.before, &Owners::before);
        add(images_.after, &Owners::after);
        std::vector<Likeness> pairs;
        for (auto& now : images_.after) {
            if (now.taken || now.bytes < kLeastBytes) continue;
            std::unordered_map<Candidate*, uint64_t> shared;
            for (const auto& chunk : now.chunks) {
                const auto& owners = by_digest.at(chunk.digest);
                if (owners.before.size() > kMostSharers || owners.after.size() > kMostSharers) continue;
                for (auto* old : owners.before) shared[old] += chunk.bytes;
            }
            for (const auto& [old, bytes] : shared) {
                const auto score =
                    static_cast<uint32_t>(std::min<uint64_t>(bytes * 1000 / std::max(old->bytes, now.bytes), 998));
                if (score >= 500) pairs.push_back({score, old, &now});
            }
        }
        return pairs;
    }

    store::Reader& reader_;
    const record::Firmware& before_;
    const record::Firmware& after_;
    OneSided& images_;
    Moves moves_;
};

}  // namespace

Moves find_moves(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                 const base::StopFlag* stop) {
    OneSided images = find_one_sided(reader, before, after, stop);
    if (images.before.empty() || images.after.empty()) return {};
    return Pairing(reader, before, after, images).run();
}

}  // namespace strata::diff
