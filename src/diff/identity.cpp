#include "diff/identity.h"

#include <xxhash.h>

#include <algorithm>
#include <random>
#include <utility>

namespace strata::diff {
namespace {

bool comes_before(const Identity& a, const Identity& b) {
    return std::pair(a.high, a.low) < std::pair(b.high, b.low);
}

bool same(const Identity& a, const Identity& b) {
    return a.high == b.high && a.low == b.low;
}

uint64_t draw_seed() {
    std::random_device device;
    return uint64_t{device()} << 32 | device();
}

}  // namespace

Identity identity_of(const Normalised& clean) {
    static const uint64_t seed = draw_seed();
    const XXH128_hash_t hash = XXH3_128bits_withSeed(clean.text.data(), clean.text.size(), seed);
    return {hash.high64, hash.low64, clean.rule, clean.fired};
}

IdentitySet::IdentitySet(std::vector<Identity> identities) : sorted_(std::move(identities)) {
    // Stable: which rule stands for several must not depend on the seed.
    std::stable_sort(sorted_.begin(), sorted_.end(), comes_before);
    size_t size = 0;
    for (const Identity& identity : sorted_) {
        if (size == 0 || !same(sorted_[size - 1], identity)) {
            sorted_[size++] = identity;
        } else if (identity.fired) {
            sorted_[size - 1] = identity;
        }
    }
    sorted_.resize(size);
}

size_t IdentitySet::find(const Identity& identity) const {
    const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), identity, comes_before);
    return found != sorted_.end() && same(*found, identity) ? static_cast<size_t>(found - sorted_.begin()) : size();
}

}  // namespace strata::diff
