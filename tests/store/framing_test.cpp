// Framing: the message is 8-byte aligned wherever RocksDB puts the value, for any key and message size.
#include "store/record_file.h"

#include <gtest/gtest.h>

#include "store/keys.h"
#include "support/random.h"

namespace strata::store {
namespace {

uint64_t varint_size(uint64_t value) {
    uint64_t size = 1;
    for (; value >= 0x80; value >>= 7) ++size;
    return size;
}

/// Where a value starts in a block of one entry: shared length, key length, value length, key, trailer
/// (table/block_builder).
uint64_t value_offset(uint64_t key_size, uint64_t value_size) {
    return 1 + varint_size(key_size + 8) + varint_size(value_size) + key_size + 8;
}

void expect_aligned(size_t key_size, const std::string& message) {
    std::string value;
    frame_record(key_size, message, value);
    ASSERT_GT(value.size(), message.size()) << key_size << " " << message.size();
    const uint64_t pad = value.size() - message.size();
    ASSERT_LE(pad, 16U);
    ASSERT_EQ((value_offset(key_size, value.size()) + pad) % 8, 0U) << key_size << " " << message.size();
    ASSERT_EQ(unframe_record(value), message);
}

TEST(Framing, EveryKeySize) {
    for (size_t key = 0; key < 400; ++key)
        for (const size_t message : {8U, 96U, 104U, 112U, 120U, 128U, 1000U, 16368U, 16376U, 16384U})
            expect_aligned(key, std::string(message, 'm'));
}

TEST(Framing, EveryMessageSizeNearTheVarintSteps) {
    for (const size_t step : {size_t{128}, size_t{16384}, size_t{2097152}})
        for (size_t size = step - 40; size < step + 40; ++size)
            for (const size_t key : {0U, 8U, 9U, 60U, 119U, 120U, 121U}) expect_aligned(key, std::string(size, 'm'));
}

TEST(Framing, AppendsToWhatIsThere) {
    std::string value = "before";
    frame_record(8, "12345678", value);
    EXPECT_EQ(unframe_record(value.substr(6)), "12345678");
}

TEST(Framing, DamagedFramesAreEmpty) {
    EXPECT_EQ(unframe_record(""), "");
    EXPECT_EQ(unframe_record(std::string(20, '\0')), "");
    EXPECT_EQ(unframe_record("\x11 more than the largest count"), "");
    EXPECT_EQ(unframe_record("\x05zz"), "");
    EXPECT_EQ(unframe_record("\xff"), "");
}

TEST(Keys, OrderIsMeaning) {
    test::Random random(110);
    for (int i = 0; i < 1000; ++i) {
        const uint64_t a = random.word() >> random.below(64);
        const uint64_t b = random.word() >> random.below(64);
        EXPECT_EQ(column_key(a) < column_key(b), a < b);
        EXPECT_EQ(from_big_endian(column_key(a)), a);
    }
    EXPECT_LT(image_key(1, "/z"), image_key(2, "/a"));
    EXPECT_LT(image_key(255, "/z"), image_key(256, ""));
    EXPECT_EQ(image_key(7, "/usr").substr(kFirmwareIdSize), "/usr");
}

}  // namespace
}  // namespace strata::store
