// SHA-256 against the vectors of FIPS 180-4.
#include "base/sha256.h"

#include <gtest/gtest.h>

#include <thread>

namespace strata::base {
namespace {

std::string hash_of(std::string_view text) {
    return sha256(text.data(), text.size()).hex();
}

TEST(Sha256, KnownVectors) {
    EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hash_of(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesEqualTheWhole) {
    Sha256 hash;
    for (const char c : std::string("abc")) hash.update(&c, 1);
    EXPECT_EQ(hash.finish().hex(), hash_of("abc"));
    EXPECT_EQ(hash.finish().hex(), hash_of("")) << "finish() starts anew";
    EXPECT_EQ(hash.update("abc").finish().hex(), hash_of("abc"));
}

TEST(Sha256, ThreadsDoNotShareState) {
    std::array<std::string, 8> results;
    std::vector<std::thread> threads;
    for (auto& result : results)
        threads.emplace_back([&result] {
            for (int i = 0; i < 500; ++i) result = hash_of("abc");
        });
    for (auto& thread : threads) thread.join();
    for (const auto& result : results) EXPECT_EQ(result, hash_of("abc"));
}

TEST(Digest, OrdersAndPrints) {
    Digest low;
    Digest high;
    high.bytes[0] = 0xf0;
    EXPECT_LT(low, high);
    EXPECT_EQ(high.hex().substr(0, 4), "f000");
    EXPECT_EQ(high.view().size(), 32U);
}

}  // namespace
}  // namespace strata::base
