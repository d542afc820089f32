// Images that are under another path on the other side: PrivateFrameworks/A.framework/A is SubFrameworks/A.framework/A
// now. Found before anything is written, from the images that only one side has.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/stop.h"
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::diff {

/// Old and new paths of moved images; each is in one pair at most. About 300 bytes a pair.
class Moves {
  public:
    void add(const std::string& from, const std::string& to) {
        from_.emplace(to, from);
        to_.insert(from);
    }
    /// The old path of the image that is at `path` on the new side; null when it did not move.
    const std::string* origin(const std::string& path) const {
        const auto found = from_.find(path);
        return found == from_.end() ? nullptr : &found->second;
    }
    /// Whether the image at `path` on the old side is elsewhere now.
    bool moved_away(const std::string& path) const { return to_.contains(path); }
    size_t size() const { return from_.size(); }

  private:
    std::map<std::string, std::string> from_;
    std::set<std::string> to_;
};

/// Pairs images that only one side has, best likeness first:
///   1. the same uuid, or the same symbols, functions and strings (from digests in their heads);
///   2. the same file name, and at least half of all their different symbol names in common;
///   3. at least half of the bytes of their columns in shared chunks (from digests).
/// The same pairs come out when the sides change places. Walks the paths of both firmwares, and reads the heads of
/// images that one side has only; in step 2 also their symbols, of at most 64 pairs a file name. Memory: about 200
/// bytes and 16 a chunk for each such image while it runs (1,000 of them: 1 MB). Failed images do not take part. Throws
/// Error(kStore) on damage, Error(kInterrupted).
Moves find_moves(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                 const base::StopFlag* stop = nullptr);

}  // namespace strata::diff
