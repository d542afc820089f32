// The generator's building blocks.

#include "dscgen/names.h"
#include "dscgen/trie.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

namespace {

using namespace dscgen;

TEST(Names, AreUniqueWithinAnImage) {
    for (const u64 seed : {u64{1}, u64{0xFEDCBA9876543210}}) {
        std::set<std::string> seen;
        u8 name[kMaxName];
        for (const Item item : {Item::exported_function, Item::exported_data, Item::local_function}) {
            for (u32 n = 0; n < 20000; ++n) {
                const std::size_t size = symbol_name(name, seed, item, n);
                ASSERT_LT(size, kMaxName);
                EXPECT_TRUE(seen.insert(std::string(reinterpret_cast<char*>(name), size)).second);
            }
        }
    }
}

TEST(Names, AreAsLongAsRealOnes) {
    u8 name[kMaxName];
    std::size_t total = 0;
    for (u32 n = 0; n < 10000; ++n) total += symbol_name(name, 77, Item::local_function, n);
    EXPECT_NEAR(static_cast<double>(total) / 10000, 52.0, 8.0);
}

TEST(Names, InstallNamesAreUnique) {
    std::set<std::string> seen;
    for (u32 id = 0; id < 20000; ++id) EXPECT_TRUE(seen.insert(install_name(5, id, 0, 2, true)).second) << id;
}

// Walks a trie the straightforward way.
void walk(const std::vector<u8>& bytes, std::size_t at, const std::string& name, std::map<std::string, u8>& out) {
    ASSERT_LT(at, bytes.size());
    const std::size_t terminal = bytes[at++];
    if (terminal > 0) out[name] = bytes[at];
    at += terminal;
    for (std::size_t children = bytes[at++]; children > 0; --children) {
        std::string label;
        while (bytes[at] != 0) label += static_cast<char>(bytes[at++]);
        ++at;
        std::size_t offset = 0;
        for (u32 shift = 0;; shift += 7) {
            const u8 b = bytes[at++];
            offset |= static_cast<std::size_t>(b & 0x7F) << shift;
            if ((b & 0x80) == 0) break;
        }
        walk(bytes, offset, name + label, out);
    }
}

TEST(Trie, HoldsEveryNameOnce) {
    TrieBuilder trie;
    EXPECT_EQ(trie.finish(), 0U);
    const std::map<std::string, u8> names = {{"_a", 1}, {"_ab", 2}, {"_abc", 3},    {"_abd", 4},
                                             {"_b", 5}, {"z", 6},   {"_abdomen", 7}};
    for (const auto& [name, value] : names) trie.add(name, &value, 1);
    const u32 size = trie.finish();
    const std::vector<u8>& bytes = trie.encode();
    EXPECT_EQ(bytes.size(), size);
    std::map<std::string, u8> found;
    walk(bytes, 0, "", found);
    EXPECT_EQ(found, names);
}

}  // namespace
