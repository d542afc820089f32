#include <gtest/gtest.h>

#include "maintenance/stores.h"
#include "store/maintenance.h"

namespace strata::test {
namespace {

uint64_t records_thawed_by_reading(const std::filesystem::path& path, const std::string& firmware) {
    store::Reader reader(path);
    const auto heads = reader.heads(reader.firmware(firmware).id);
    for (; heads->valid(); heads->next()) {
        const auto head = heads->head();
        for (const auto& column : head.columns)
            for (const auto& chunk : column.chunks) reader.column(chunk.id);
    }
    return reader.counters().records_thawed;
}

TEST(Freeze, EveryAnswerStaysTheSameAndTheStoreShrinks) {
    const TempDir dir;
    const auto store = dir / "store";
    index_pair(store);
    const auto answers =
        everything(store, "before") + everything(store, "after") + diff_lines(store, "before", "after");
    const auto bytes = table_bytes(store);
    const auto frozen = store::set_frozen(store, {"before", "after"}, true);
    EXPECT_GT(frozen.columns_changed, 24U);
    EXPECT_LT(table_bytes(store), bytes * 3 / 4);
    EXPECT_GT(records_thawed_by_reading(store, "before"), 0U);
    EXPECT_EQ(everything(store, "before") + everything(store, "after") + diff_lines(store, "before", "after"), answers);
    expect_sound(store);

    store::set_frozen(store, {"before", "after"}, false);
    EXPECT_EQ(records_thawed_by_reading(store, "before"), 0U);
    EXPECT_EQ(everything(store, "before") + everything(store, "after") + diff_lines(store, "before", "after"), answers);
    expect_sound(store);
}

TEST(Freeze, WhatAnotherFirmwareUsesStaysInPlace) {
    const TempDir dir;
    const auto store = dir / "store";
    index_pair(store);
    store::set_frozen(store, {"before"}, true);
    EXPECT_EQ(records_thawed_by_reading(store, "after"), 0U);
    expect_sound(store);
    store::set_frozen(store, {"after"}, true);
    EXPECT_GT(records_thawed_by_reading(store, "after"), 0U);
}

TEST(Freeze, TwiceIsOnce) {
    const TempDir dir;
    const auto store = dir / "store";
    index_pair(store);
    store::set_frozen(store, {"before", "after"}, true);
    EXPECT_EQ(store::set_frozen(store, {"before", "after"}, true).columns_changed, 0U);
}

TEST(Freeze, AnUnknownFirmwareIsRefusedAndNothingChanges) {
    const TempDir dir;
    const auto store = dir / "store";
    index_pair(store);
    EXPECT_THROW(store::set_frozen(store, {"before", "nobody"}, true), base::Error);
    EXPECT_EQ(records_thawed_by_reading(store, "before"), 0U);
}

}  // namespace
}  // namespace strata::test
