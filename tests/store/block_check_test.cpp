// Blocks of table files that are checked while RocksDB reads them: ours agree with RocksDB's about which are sound.
#include "store/block_check.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <string>

#include "store/database.h"
#include "store/keys.h"
#include "support/random.h"
#include "support/temp_dir.h"

namespace strata::store {
namespace {

namespace fs = std::filesystem;

/// Little-endian.
std::string u32(uint32_t value) {
    std::string bytes;
    for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i));
    return bytes;
}

/// A block of one entry with a key of eight bytes, as RocksDB lays it out, and a trailer without a right checksum.
std::string block_of(const std::string& sizes, uint32_t restart = 0, uint32_t restarts = 1) {
    return sizes + "key of 8" + "sequence" + "value" + u32(restart) + u32(restarts) + std::string(5, '\0');
}

bool is_sound(const std::string& block) {
    return has_sound_shape(block.data(), block.size());
}

TEST(BlockShape, OneEntryThatLiesInTheBlock) {
    const std::string sizes("\x00\x10\x05", 3);
    EXPECT_TRUE(is_sound(block_of(sizes)));
    EXPECT_FALSE(is_sound(block_of(sizes, 1))) << "a restart elsewhere";
    EXPECT_FALSE(is_sound(block_of(sizes, 0, 3))) << "restarts that are read from the value";
    EXPECT_FALSE(is_sound(block_of(sizes, 0, 0)));
    EXPECT_FALSE(is_sound(block_of(std::string("\x01\x10\x05", 3)))) << "shares with an entry before";
    EXPECT_FALSE(is_sound(block_of(std::string("\x00\x07\x05", 3)))) << "no room for the key's trailer";
    EXPECT_FALSE(is_sound(block_of(std::string("\x00\x10\x06", 3)))) << "a value that leaves it";
    EXPECT_FALSE(is_sound(block_of(std::string("\x00\x90\x80\x80\x80\x0f\x05", 7)))) << "a key of gigabytes";
    EXPECT_FALSE(is_sound(block_of(std::string("\x00\xf0\xff\xff\xff\x0f\x15", 7)))) << "a sum that wraps round";
    EXPECT_FALSE(is_sound(block_of(std::string("\x00\x90\x80\x80\x80\x80\x01\x05", 8)))) << "more than 32 bits";
    const std::string block = block_of(sizes);
    for (size_t size = 0; size < 13; ++size) EXPECT_FALSE(has_sound_shape(block.data(), size));
    for (size_t size = 0; size < 5; ++size) EXPECT_FALSE(has_right_checksum(block.data(), size));
}

/// A store of which the tests read one column.
class CheckedBlocks : public ::testing::Test {
  protected:
    static constexpr uint64_t kId = 7;

    CheckedBlocks() {
        test::Random random(3);
        value_ = random.bytes(70000);
        Database database(dir_ / "store", Database::Mode::kReadWrite);
        EXPECT_TRUE(database.db().Put({}, database.columns(), column_key(kId), value_).ok());
        EXPECT_TRUE(database.db().Flush({}, database.columns()).ok());
    }

    /// How a look-up under this check ends, without RocksDB's verification.
    rocksdb::Status look_up(Database& database, BlockCheck check) {
        const BlockCheckScope scope(check);
        rocksdb::ReadOptions options;
        options.verify_checksums = false;
        return database.db().Get(options, database.columns(), column_key(kId), &found_);
    }

    fs::path table() const {
        for (const auto& entry : fs::directory_iterator(dir_ / "store"))
            if (entry.path().extension() == ".sst") return entry.path();
        throw std::runtime_error("no table");
    }

    const test::TempDir dir_;
    std::string value_;
    std::string found_;
};

TEST_F(CheckedBlocks, SoundOnesPass) {
    for (const auto mode : {Database::Mode::kReadOnly, Database::Mode::kReadWhole}) {
        Database database(dir_ / "store", mode);
        for (const auto check : {BlockCheck::kNone, BlockCheck::kChecksum, BlockCheck::kShape}) {
            found_.clear();
            EXPECT_TRUE(look_up(database, check).ok());
            EXPECT_EQ(found_, value_);
        }
        const auto get = [&](const auto& options) {
            return database.db().Get(options, database.columns(), column_key(kId), &found_);
        };
        EXPECT_TRUE(checked_read(database, BlockCheck::kChecksum, get).ok());
        EXPECT_TRUE(database.knows_checksums()) << "RocksDB found sound what we did not";
    }
}

/// A table with checksums that we do not compute is read all the same, and tried in vain just once.
TEST_F(CheckedBlocks, OtherChecksumsAreLeftToRocksdb) {
    {
        Database database(dir_ / "store", Database::Mode::kReadWrite);
        rocksdb::Options options = database.column_file_options();
        rocksdb::BlockBasedTableOptions table;
        table.checksum = rocksdb::kCRC32c;
        options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
        rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options);
        const std::string file = (dir_ / "other.sst").string();
        ASSERT_TRUE(writer.Open(file).ok());
        ASSERT_TRUE(writer.Put(column_key(kId + 1), value_).ok());
        ASSERT_TRUE(writer.Finish().ok());
        ASSERT_TRUE(database.db().IngestExternalFile(database.columns(), {file}, {}).ok());
    }
    Database database(dir_ / "store", Database::Mode::kReadOnly);
    for (const int calls_expected : {2, 1}) {
        int calls = 0;
        const auto status = checked_read(database, BlockCheck::kChecksum, [&](const auto& options) {
            ++calls;
            return database.db().Get(options, database.columns(), column_key(kId + 1), &found_);
        });
        EXPECT_TRUE(status.ok()) << status.ToString();
        EXPECT_EQ(found_, value_);
        EXPECT_EQ(calls, calls_expected);
    }
    EXPECT_FALSE(database.knows_checksums());
}

TEST_F(CheckedBlocks, EachFlippedBitOfTheValueIsFoundByTheChecksum) {
    const std::string sound = test::read_file(table());
    const size_t begin = sound.find(value_);
    ASSERT_NE(begin, std::string::npos);
    test::Random random(4);
    for (int round = 0; round < 100; ++round) {
        std::string damaged = sound;
        auto& byte = damaged[begin + random.below(value_.size())];
        byte = static_cast<char>(byte ^ (1 << random.below(8)));
        test::write_file(table(), damaged);
        Database database(dir_ / "store", round % 2 == 0 ? Database::Mode::kReadOnly : Database::Mode::kReadWhole);
        EXPECT_TRUE(look_up(database, BlockCheck::kNone).ok()) << "nobody looks";
        EXPECT_TRUE(look_up(database, BlockCheck::kChecksum).IsCorruption());
        const auto get = [&](const auto& options) {
            return database.db().Get(options, database.columns(), column_key(kId), &found_);
        };
        const auto status = checked_read(database, BlockCheck::kChecksum, get);
        EXPECT_TRUE(status.IsCorruption());
        EXPECT_NE(status.ToString().find("checksum mismatch"), std::string::npos) << status.ToString();
    }
}

/// RocksDB would look for restarts at offsets that it takes from the value, outside of the block.
TEST_F(CheckedBlocks, ARestartTooManyIsFoundByTheShape) {
    const std::string sound = test::read_file(table());
    const size_t restarts = sound.find(value_) + value_.size() + 4;
    ASSERT_EQ(sound.substr(restarts, 4), u32(1));
    for (const uint32_t count : {0U, 2U, 3U, 9U, 17000U, 0x80000001U, UINT32_MAX}) {
        std::string damaged = sound;
        damaged.replace(restarts, 4, u32(count));
        test::write_file(table(), damaged);
        Database database(dir_ / "store", Database::Mode::kReadOnly);
        EXPECT_TRUE(look_up(database, BlockCheck::kShape).IsCorruption());
        const auto get = [&](const auto& options) {
            return database.db().Get(options, database.columns(), column_key(kId), &found_);
        };
        EXPECT_TRUE(checked_read(database, BlockCheck::kShape, get).IsCorruption());
    }
}

/// What has another form than ours is read all the same.
TEST_F(CheckedBlocks, ManyEntriesInABlockAreLeftToRocksdb) {
    {
        Database database(dir_ / "store", Database::Mode::kReadWrite);
        for (int i = 0; i < 2000; ++i)
            ASSERT_TRUE(database.db().Put({}, database.images(), "key " + std::to_string(i), "value").ok());
        ASSERT_TRUE(database.db().Flush({}, database.images()).ok());
    }
    Database database(dir_ / "store", Database::Mode::kReadOnly);
    int calls = 0;
    const auto status = checked_read(database, BlockCheck::kShape, [&](const auto& options) {
        ++calls;
        return database.db().Get(options, database.images(), "key 7", &found_);
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(found_, "value");
    EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace strata::store
