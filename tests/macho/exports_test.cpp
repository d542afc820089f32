// The exports trie: what it says, and tries made to hang, blow up or run out.
#include "macho/exports.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "macho/format.h"
#include "support/errors.h"
#include "support/macho_maker.h"
#include "support/random.h"

namespace strata::macho {
namespace {

using test::Buffer;
using test::fails_with;
using test::make_trie;
using test::TrieNode;
using test::uleb;

std::vector<std::string> names_of(const std::string& trie) {
    const Buffer file(trie);
    std::vector<std::string> names;
    walk_trie(file.view(), [&](std::string_view name, base::Cursor) { names.emplace_back(name); });
    return names;
}

uint64_t walk(const std::string& trie) {
    return names_of(trie).size();
}

TEST(Trie, EmptyOnesHaveNothing) {
    EXPECT_EQ(walk(""), 0U);
    EXPECT_EQ(walk(std::string("\0\0", 2)), 0U);
    EXPECT_EQ(walk(std::string(64, '\0')), 0U) << "padding";
}

TEST(Trie, NamesAreJoinedFromTheirEdges) {
    const TrieNode leaf{uleb(0) + uleb(8), {}};
    const TrieNode root{"", {{"_", {"", {{"a", {leaf.payload, {{"b", leaf}, {"\xff", leaf}}}}, {"z", leaf}}}}}};
    const auto names = names_of(make_trie(root));
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), (std::set<std::string>{"_a", "_ab", "_a\xff", "_z"}));
    EXPECT_EQ(names.size(), 4U);
}

TEST(Trie, TheEmptyNameIsANameToo) {
    EXPECT_EQ(names_of(make_trie({uleb(0) + uleb(8), {}})), std::vector<std::string>{""});
}

TEST(Trie, OffsetsOutsideAreRefused) {
    const std::string root("\0\1a\0", 4);  // no payload, one child "a"
    EXPECT_TRUE(fails_with("trie node offset 0x7f", [&] { walk(root + "\x7f"); }));
    EXPECT_TRUE(fails_with("trie node offset 0x5", [&] { walk(root + "\x05"); })) << "the trie's end";
    EXPECT_TRUE(fails_with("too long", [&] { walk(root + std::string(11, '\xff')); }));
    EXPECT_TRUE(fails_with("unterminated", [&] { walk(root + "\xff"); }));
}

TEST(Trie, CutShort) {
    const TrieNode leaf{uleb(0) + uleb(300), {}};
    const std::string trie = make_trie({"", {{"first", leaf}, {"second", {"", {{"x", leaf}}}}}});
    for (size_t size = 1; size < trie.size(); ++size) EXPECT_THROW(walk(trie.substr(0, size)), base::Error) << size;
    EXPECT_EQ(walk(trie), 2U);
}

TEST(Trie, PayloadSizeLeavesTheTrie) {
    EXPECT_TRUE(fails_with("trie payload", [] { walk(std::string("\x05\0\0\0", 4)); }));
    EXPECT_TRUE(fails_with("trie payload", [] { walk(uleb(UINT64_MAX) + std::string(20, '\0')); }));
}

TEST(Trie, Loops) {
    EXPECT_TRUE(fails_with("loop", [] { walk(std::string("\0\1a\0\0", 5)); })) << "its own child";
    // root -> 5 -> root
    EXPECT_TRUE(fails_with("loop", [] { walk(std::string("\0\1a\0\5\0\1b\0\0", 10)); }));
    // A loop whose edge has no label, so that names do not grow.
    EXPECT_TRUE(fails_with("loop", [] { walk(std::string("\0\1\0\0", 4)); }));
}

/// Fifteen levels, each with two edges to the same next node: 32,768 names from a hundred bytes.
TEST(Trie, SharedNodesDoNotBlowUp) {
    std::string trie;
    for (int level = 0; level < 15; ++level) {
        const auto next = static_cast<char>((level + 1) * 8);
        trie += std::string("\0\2a\0", 4) + next + std::string("b\0", 2) + next;
    }
    trie += std::string("\2\0\0\0", 4);
    EXPECT_TRUE(fails_with("more nodes than it has bytes", [&] { walk(trie); }));
}

TEST(Trie, TooDeep) {
    std::string trie;
    for (int level = 0; level < 5000; ++level) {
        const uint64_t next = (trie.size() + 7);
        trie += std::string("\0\1a\0", 4) + static_cast<char>(0x80 | (next & 0x7f)) +
                static_cast<char>(0x80 | (next >> 7 & 0x7f)) + static_cast<char>(next >> 14);
    }
    trie.resize(200'000, '\0');  // room enough that it is the depth which is refused
    EXPECT_TRUE(fails_with("too deep", [&] { walk(trie); }));
}

TEST(Trie, NamesTooLong) {
    const TrieNode leaf{uleb(0) + uleb(8), {}};
    EXPECT_TRUE(fails_with("trie edge", [&] { walk(make_trie({"", {{std::string(100'000, 'n'), leaf}}})); }));
    const std::string edge(50'000, 'n');
    EXPECT_TRUE(fails_with("too deep", [&] { walk(make_trie({"", {{edge, {"", {{edge, leaf}}}}}})); }));
    EXPECT_EQ(walk(make_trie({"", {{edge, leaf}}})), 1U);
}

/// A long prefix with many ends: names far out of proportion to the trie.
TEST(Trie, TooManyBytesOfNames) {
    const TrieNode leaf{uleb(0) + uleb(8), {}};
    TrieNode fan{"", {}};
    for (int i = 0; i < 200; ++i) {
        TrieNode inner{"", {}};
        for (int j = 0; j < 200; ++j) inner.children.push_back({std::string(1, static_cast<char>(j + 1)), leaf});
        fan.children.push_back({std::string(1, static_cast<char>(i + 1)), inner});
    }
    EXPECT_TRUE(fails_with("too many bytes of names", [&] {
        walk(make_trie({"", {{std::string(60'000, 'p'), fan}}}));
    }));
}

/// Thousands of levels joined by edges without labels, then many visits to one leaf below them: each visit looks at the
/// whole path, while the names stay empty. Work must be in proportion to the trie all the same.
TEST(Trie, DeepPathsCannotMultiplyTheWork) {
    std::string trie;
    const auto wide = [](uint64_t n) {
        return std::string{static_cast<char>(0x80 | (n & 0x7f)), static_cast<char>(0x80 | (n >> 7 & 0x7f)),
                           static_cast<char>(0x80 | (n >> 14 & 0x7f)), static_cast<char>(n >> 21)};
    };
    for (int level = 0; level < 4000; ++level) trie += std::string("\0\1\0", 3) + wide(trie.size() + 7);
    const uint64_t fans = trie.size() + 2 + 255 * 5;
    constexpr uint64_t kFanSize = 2 + 255 * 5;
    const uint64_t leaf = fans + 255 * kFanSize;
    trie += std::string("\0\xff", 2);
    for (uint64_t i = 0; i < 255; ++i) trie += '\0' + wide(fans + i * kFanSize);
    for (uint64_t i = 0; i < 255; ++i) {
        trie += std::string("\0\xff", 2);
        for (uint64_t j = 0; j < 255; ++j) trie += '\0' + wide(leaf);
    }
    trie += std::string(8, '\0');
    EXPECT_TRUE(fails_with("too many bytes of names", [&] { walk(trie); }));
}

TEST(Trie, RandomBytesNeverCrashOrHang) {
    test::Random random(91);
    const TrieNode leaf{uleb(0) + uleb(300), {}};
    const std::string sound = make_trie({"", {{"_a", {leaf.payload, {{"b", leaf}, {"c", leaf}}}}, {"_z", leaf}}});
    for (int round = 0; round < 50'000; ++round) {
        std::string trie = random.one_in(3) ? random.bytes(random.below(60)) : sound;
        if (!trie.empty()) trie[random.below(trie.size())] = static_cast<char>(random.word());
        const Buffer file(trie);
        ASSERT_TRUE(test::works_or_refuses([&] { walk_exports(file.view(), [](const ExportEntry&) {}); }));
    }
}

std::map<std::string, ExportEntry> exports_of(const Buffer& trie) {
    std::map<std::string, ExportEntry> exports;
    walk_exports(trie.view(),
                 [&](const ExportEntry& entry) { EXPECT_TRUE(exports.emplace(entry.name, entry).second); });
    return exports;
}

TEST(Exports, EachKind) {
    const Buffer trie(make_trie({"",
                                 {{"_regular", {uleb(0) + uleb(0x123456789), {}}},
                                  {"_tlv", {uleb(1) + uleb(16), {}}},
                                  {"_absolute", {uleb(kExportAbsolute) + uleb(0x7ffffffffffff8), {}}},
                                  {"_weak", {uleb(kExportWeakDefinition) + uleb(32), {}}},
                                  {"_re", {uleb(kExportReexport) + uleb(3) + std::string("_other\0", 7), {}}},
                                  {"_same", {uleb(kExportReexport) + uleb(300) + '\0', {}}},
                                  {"_bare", {uleb(kExportReexport) + uleb(1), {}}},
                                  {"_stub", {uleb(kExportStubAndResolver) + uleb(64) + uleb(80), {}}}}}));
    const auto exports = exports_of(trie);
    EXPECT_EQ(exports.size(), 8U);
    EXPECT_EQ(exports.at("_regular").value, 0x123456789U);
    EXPECT_TRUE(exports.at("_absolute").is_absolute());
    EXPECT_FALSE(exports.at("_tlv").is_absolute());
    EXPECT_EQ(exports.at("_absolute").value, 0x7ffffffffffff8U);
    EXPECT_TRUE(exports.at("_weak").is_weak());
    EXPECT_TRUE(exports.at("_re").is_reexport());
    EXPECT_EQ(exports.at("_re").library_ordinal, 3U);
    EXPECT_EQ(exports.at("_re").target, "_other");
    EXPECT_EQ(exports.at("_same").library_ordinal, 300U);
    EXPECT_EQ(exports.at("_same").target, "");
    EXPECT_EQ(exports.at("_bare").target, "");
    EXPECT_EQ(exports.at("_stub").value, 64U) << "the stub is the symbol's address";
}

TEST(Exports, BadPayloads) {
    const auto read = [](std::string payload) {
        const Buffer trie(make_trie({"", {{"_x", {std::move(payload), {}}}}}));
        exports_of(trie);
    };
    EXPECT_TRUE(fails_with("unknown export flags 0x40", [&] { read(uleb(0x40) + uleb(8)); }));
    EXPECT_TRUE(fails_with("export offset", [&] { read(uleb(0)); })) << "a payload must not be read past its size";
    EXPECT_TRUE(fails_with("re-export ordinal", [&] { read(uleb(kExportReexport)); }));
    EXPECT_TRUE(fails_with("re-export name", [&] { read(uleb(kExportReexport) + uleb(1) + "_unterminated"); }));
    EXPECT_TRUE(fails_with("export offset", [&] { read(uleb(0) + std::string(2, '\x80')); }));
}

}  // namespace
}  // namespace strata::macho
