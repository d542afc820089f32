#include <gtest/gtest.h>

#include "maintenance/stores.h"
#include "store/maintenance.h"
#include "store/writer.h"

namespace strata::test {
namespace {

void remove_firmware(const std::filesystem::path& path, const std::string& name) {
    store::Writer writer(path);
    writer.remove_firmware(*writer.find(name));
    writer.flush();
}

TEST(Collect, NothingToDoChangesNothing) {
    const TempDir dir;
    index_pair(dir / "store");
    const auto facts = everything(dir / "store", "after");
    EXPECT_EQ(store::collect_garbage(dir / "store").columns_dropped, 0U);
    EXPECT_EQ(everything(dir / "store", "after"), facts);
    expect_sound(dir / "store");
}

TEST(Collect, DropsWhatOnlyTheRemovedFirmwareUsed) {
    const TempDir dir;
    index_pair(dir / "store");
    const auto facts = everything(dir / "store", "after");
    const auto before = table_bytes(dir / "store");
    remove_firmware(dir / "store", "before");
    const auto result = store::collect_garbage(dir / "store");
    EXPECT_GT(result.columns_dropped, 0U);
    EXPECT_EQ(everything(dir / "store", "after"), facts);
    EXPECT_LT(table_bytes(dir / "store"), before);
    expect_sound(dir / "store");
    EXPECT_EQ(store::collect_garbage(dir / "store").columns_dropped, 0U);
}

TEST(Collect, TheLastFirmwareGivesAllSpaceBack) {
    const TempDir dir;
    index_pair(dir / "store");
    const auto full = table_bytes(dir / "store");
    remove_firmware(dir / "store", "before");
    remove_firmware(dir / "store", "after");
    store::collect_garbage(dir / "store");
    EXPECT_LT(table_bytes(dir / "store"), full / 20);
    // What was dropped is not found under its old digest: it is stored anew.
    index_pair(dir / "store");
    expect_sound(dir / "store");
}

TEST(Collect, CompactKeepsEveryAnswer) {
    const TempDir dir;
    index_pair(dir / "store");
    const auto facts = everything(dir / "store", "before") + diff_lines(dir / "store", "before", "after");
    store::compact(dir / "store");
    EXPECT_EQ(everything(dir / "store", "before") + diff_lines(dir / "store", "before", "after"), facts);
    store::Reader reader(dir / "store");
    const auto head = reader.heads(reader.firmware("after").id)->head();
    reader.column(head.columns[0].chunks[0].id);
    EXPECT_EQ(reader.counters().records_copied, 0U) << "columns are read in place after compaction, too";
}

}  // namespace
}  // namespace strata::test
