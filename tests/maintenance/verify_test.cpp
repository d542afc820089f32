#include "store/verify.h"

#include <gtest/gtest.h>

#include <fstream>

#include "maintenance/stores.h"
#include "store/maintenance.h"
#include "store/writer.h"
#include "support/random.h"
#include "support/store_maker.h"

namespace strata::test {
namespace {

std::vector<std::string> findings(const std::filesystem::path& path) {
    std::vector<std::string> lines;
    store::Reader reader(path);
    const auto result = store::verify_store(reader, {}, [&](const std::string& line) { lines.push_back(line); });
    EXPECT_EQ(result.damaged, lines.size());
    return lines;
}

TEST(Verify, SoundStoreHasNoFindings) {
    const TempDir dir;
    index_pair(dir / "store");
    store::Reader reader(dir / "store");
    const auto result = store::verify_store(reader, {}, [](const std::string& line) { ADD_FAILURE() << line; });
    EXPECT_EQ(result.firmwares, 2U);
    EXPECT_EQ(result.images, 48U);
    EXPECT_GT(result.columns, 48U);
}

/// Whether the store, read in every way there is, still says what it said when it was sound. Throws when it refuses.
bool answers_as_before(const std::filesystem::path& store, const std::string& facts, const std::string& diff) {
    return everything(store, "before") + everything(store, "after") == facts &&
           diff_lines(store, "before", "after") == diff;
}

// The promise: a flipped byte is found by verify, or refused on reading, or lies where it means nothing; never a wrong
// answer.
TEST(Verify, EveryFlippedByteIsFoundOrHarmless) {
    const TempDir dir;
    const auto sound = dir / "sound";
    index_pair(sound);
    // Columns in both forms: what only this one uses is compressed.
    ASSERT_GT(store::set_frozen(sound, {"before"}, true).columns_changed, 0U);
    const std::string facts = everything(sound, "before") + everything(sound, "after");
    const std::string diff = diff_lines(sound, "before", "after");
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(sound))
        if (entry.is_regular_file() && entry.file_size() != 0) files.push_back(entry.path().filename());
    std::sort(files.begin(), files.end());
    Random random(5);
    int found = 0;
    int refused = 0;
    int harmless = 0;
    for (int i = 0; i < 120; ++i) {
        const auto store = dir / ("flipped-" + std::to_string(i));
        copy_folder(sound, store);
        const auto file = store / files[static_cast<size_t>(i) % files.size()];
        std::string bytes = read_file(file);
        const auto at = random.below(bytes.size());
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        write_file(file, bytes);
        const std::string what = file.filename().string() + " at " + std::to_string(at);
        try {
            const bool sees = !findings(store).empty();
            try {
                const bool same = answers_as_before(store, facts, diff);
                EXPECT_TRUE(same || sees) << "a wrong answer that verify does not see: " << what;
                ++(sees ? found : harmless);
            } catch (const Failure&) {
                EXPECT_TRUE(sees) << "refused on reading, but verify finds nothing: " << what;
                ++refused;
            }
        } catch (const base::Error&) {
            ++refused;  // the store does not even open
        }
        std::filesystem::remove_all(store);
    }
    RecordProperty("found", found);
    RecordProperty("refused", refused);
    RecordProperty("harmless", harmless);
    EXPECT_GT(found + refused, 50);
}

TEST(Verify, WrongCountsAreFound) {
    const TempDir dir;
    {
        store::Writer writer(dir / "store");
        MadeFacts facts;
        facts.strings = {"one", "two"};
        auto firmware = put_firmware(writer, "made", {{"/a", facts}});
        firmware.images = 2;
        writer.put_firmware(firmware);
        auto head = put_facts(writer, facts);
        head.column(record::ColumnKind::kStrings).count = 3;
        writer.put_head(firmware.id, "/b", head);
        head.column(record::ColumnKind::kStrings).chunks[0].id = 999;
        writer.put_head(firmware.id, "/c", head);
        head.column(record::ColumnKind::kStrings).chunks[0] = head.column(record::ColumnKind::kLayout).chunks[0];
        writer.put_head(firmware.id, "/d", head);
        writer.flush();
    }
    const auto lines = findings(dir / "store");
    const auto mentions = [&](const std::string& text) {
        return std::count_if(lines.begin(), lines.end(),
                             [&](const std::string& line) { return line.find(text) != std::string::npos; });
    };
    EXPECT_EQ(mentions("4 images; its manifest says 2"), 1);
    EXPECT_EQ(mentions("/b: strings has 2 entries; its head says 3"), 1);
    EXPECT_GE(mentions("/c: strings column 999"), 1);
    EXPECT_GE(mentions("/d: strings"), 1);
}

}  // namespace
}  // namespace strata::test
