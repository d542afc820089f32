#pragma once
// Integers, hashing and little-endian stores. Everything the generator writes is a pure function of hashes of small
// keys, so that any part of a cache can be produced again at any time without keeping it in memory.

#include <cstdint>
#include <cstring>

namespace dscgen {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;

// SplitMix64's finalizer: cheap, and every input bit reaches every output bit.
constexpr u64 mix(u64 x) {
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9ULL;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

constexpr u64 hash(u64 a, u64 b) {
    return mix(a + 0x9E3779B97F4A7C15ULL * (b + 1));
}

constexpr u64 hash(u64 a, u64 b, u64 c) {
    return hash(hash(a, b), c);
}

struct Rng {
    u64 state;
    u64 next() {
        state += 0x9E3779B97F4A7C15ULL;
        return mix(state);
    }
    // Uniform enough for our purpose, without a division.
    u32 below(u32 n) { return static_cast<u32>(((next() >> 32) * n) >> 32); }
};

constexpr u64 align_up(u64 value, u64 alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}

// The stores take 64 bits and keep the low ones: callers hold offsets in u64 and have checked their limits in the
// layout.
inline void put16(u8* p, u64 v) {
    const u16 x = static_cast<u16>(v);
    std::memcpy(p, &x, 2);
}
inline void put32(u8* p, u64 v) {
    const u32 x = static_cast<u32>(v);
    std::memcpy(p, &x, 4);
}
inline void put64(u8* p, u64 v) {
    std::memcpy(p, &v, 8);
}

constexpr u32 uleb_size(u64 v) {
    u32 n = 1;
    while (v >= 0x80) {
        v >>= 7;
        ++n;
    }
    return n;
}

inline u8* put_uleb(u8* p, u64 v) {
    while (v >= 0x80) {
        *p++ = static_cast<u8>(v | 0x80);
        v >>= 7;
    }
    *p++ = static_cast<u8>(v);
    return p;
}

}  // namespace dscgen
