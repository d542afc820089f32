// Caches of many gigabytes, laid out and not written: is everything where instructions and pointers reach it?
#include "dscgen/layout.h"
#include "dscgen/plan.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace {

using dscgen::Arch;
using dscgen::Layout;
using std::uint64_t;

constexpr uint64_t kGigabyte = uint64_t{1} << 30;

dscgen::Spec large(std::uint32_t era, Arch arch, Layout layout, uint64_t bytes) {
    dscgen::Spec spec;
    spec.images = 300;
    spec.bytes = bytes;  // mostly constants: quick to measure
    spec.era = era;
    spec.arch = arch;
    spec.layout = layout;
    dscgen::resolve(spec);
    return spec;
}

dscgen::CacheLayout lay_out(const dscgen::Spec& spec) {
    const dscgen::Scale scale(spec);
    return dscgen::build_layout(scale, dscgen::replay(scale, {}), 0);
}

/// The furthest that any image's code is from its data.
uint64_t widest(const dscgen::CacheLayout& layout) {
    uint64_t most = 0;
    for (const auto& image : layout.images) {
        const auto& s = image.shape;
        uint64_t low = ~uint64_t{0};
        uint64_t high = 0;
        for (std::uint32_t i = 0; i < dscgen::kSegmentCount; ++i) {
            if (s.segment_size[i] == 0) continue;
            low = std::min(low, s.segment_address[i]);
            high = std::max(high, s.segment_address[i] + s.segment_size[i]);
        }
        most = std::max(most, high - low);
    }
    return most;
}

// adrp reaches 4 GB either way. With all data behind all code, images of the largest caches would refer to other places
// than they mean, and to others again when the cache is laid out anew.
TEST(Layout, CodeReachesItsDataHoweverLargeTheCache) {
    for (const uint64_t bytes : {kGigabyte, 5 * kGigabyte, 10 * kGigabyte}) {
        const auto layout = lay_out(large(0x228, Arch::arm64e, Layout::many, bytes));
        EXPECT_GT(layout.end - layout.base, bytes * 3 / 4);
        EXPECT_LT(widest(layout), 4 * kGigabyte) << bytes;
        uint64_t end = 0;
        for (const auto& file : layout.files) {
            for (const auto& mapping : file.mappings) {
                if (file.symbols_file) continue;
                EXPECT_GE(mapping.address, end) << file.suffix;
                end = mapping.address + mapping.size;
            }
        }
    }
    // rip reaches 2 GB.
    EXPECT_LT(widest(lay_out(large(0x228, Arch::x86_64, Layout::many, 6 * kGigabyte))), 2 * kGigabyte);
}

TEST(Layout, WhatCannotReachIsRefused) {
    // Method lists count from their own place, 2 GB either way; those of longer caches have pointers.
    EXPECT_NO_THROW(lay_out(large(0x140, Arch::arm64, Layout::single, kGigabyte)));
    EXPECT_NO_THROW(lay_out(large(0x140, Arch::arm64, Layout::single, 3 * kGigabyte)));
    // The data of this era begins 1.5 GB after the code.
    EXPECT_THROW(lay_out(large(0x140, Arch::x86_64, Layout::single, 2 * kGigabyte)), std::invalid_argument);
    EXPECT_THROW(lay_out(large(0x228, Arch::x86_64, Layout::single, 3 * kGigabyte)), std::invalid_argument);
    // Pointers of 30 and 29 bits.
    EXPECT_THROW(lay_out(large(0x140, Arch::arm64_32, Layout::single, 2 * kGigabyte)), std::invalid_argument);
    EXPECT_THROW(lay_out(large(0x98, Arch::armv7, Layout::single, kGigabyte)), std::invalid_argument);
}

}  // namespace
