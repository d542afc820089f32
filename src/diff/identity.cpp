#include "diff/identity.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstddef>
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
    const size_t buckets = std::bit_ceil(std::max<size_t>(size, 2));
    shift_ = 64 - std::countr_zero(buckets);
    begins_.reserve(buckets + 1);
    for (size_t i = 0; i < size; ++i)
        while (begins_.size() <= sorted_[i].high >> shift_) begins_.push_back(static_cast<uint32_t>(i));
    begins_.resize(buckets + 1, static_cast<uint32_t>(size));
}

size_t IdentitySet::find(const Identity& identity) const {
    const auto bucket = begins_.begin() + static_cast<ptrdiff_t>(identity.high >> shift_);
    for (size_t i = *bucket; i < *(bucket + 1); ++i)
        if (same(sorted_[i], identity)) return i;
    return size();
}

}  // namespace strata::diff
