// What makes two facts the same without their noise, as a number: the texts of all facts of a large image, once for
// each side and list, would be several hundred megabytes.
#pragma once

#include <cstdint>
#include <vector>

#include "diff/rules.h"

namespace strata::diff {

/// 128 bits of the text, and what was taken out of it.
struct Identity {
    uint64_t high = 0;
    uint64_t low = 0;
    Rule rule = Rule::kBuildPaths;
    bool fired = false;
};

/// The hash's seed is drawn by each process, so that no file can hold two names that are taken for one. Identities of
/// one process are compared, and nothing else is made of them.
Identity identity_of(const Normalised& clean);

/// The distinct ones of some identities, below 2^32. Each has the rule that took noise out of one of them, if any did.
class IdentitySet {
  public:
    explicit IdentitySet(std::vector<Identity> identities);

    bool empty() const { return sorted_.empty(); }
    size_t size() const { return sorted_.size(); }
    /// Its index; size() when it is not there.
    size_t find(const Identity& identity) const;
    const Identity& operator[](size_t index) const { return sorted_[index]; }

  private:
    std::vector<Identity> sorted_;
    // Hashes are spread evenly: their upper bits tell where in sorted_ they are. 4 to 8 bytes an identity.
    std::vector<uint32_t> begins_;
    int shift_ = 63;
};

}  // namespace strata::diff
