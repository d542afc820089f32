// Damaged stores: reported, never answered wrongly.
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>

#include "store/keys.h"
#include "support/errors.h"
#include "support/random.h"
#include "support/store_maker.h"

namespace strata::store {
namespace {

using record::ColumnKind;
using test::error_of;
using test::fails_with;
using test::put_firmware;
using test::TempDir;
namespace fs = std::filesystem;

/// A store with one image whose strings are many random bytes, so that most of its bytes are column data.
class DamagedStore : public ::testing::Test {
  protected:
    DamagedStore() {
        test::Random random(120);
        test::MadeFacts facts;
        for (int i = 0; i < 3000; ++i) facts.strings.push_back(random.bytes(60));
        Writer writer(dir_ / "store");
        firmware_ = put_firmware(writer, "one", {{"/a", facts}});
        writer.flush();
    }

    record::Head head() const { return *Reader(dir_ / "store").head(firmware_.id, "/a"); }

    /// The table file with the columns: the largest.
    fs::path columns_file() const {
        fs::path largest;
        for (const auto& entry : fs::directory_iterator(dir_ / "store"))
            if (entry.path().extension() == ".sst" && (largest.empty() || entry.file_size() > fs::file_size(largest)))
                largest = entry.path();
        return largest;
    }

    /// Reads everything; an error, or content whose digest is that of the head.
    void read_all(const fs::path& directory) const {
        Reader reader(directory);
        const auto firmware = reader.firmware("one");
        const auto head = reader.head(firmware.id, "/a");
        if (!head) throw base::Error::store("", "the head is gone");
        for (const auto kind : record::kColumnKinds)
            for (const auto& chunk : head->column(kind).chunks)
                ASSERT_EQ(record::column_digest(kind, reader.column(chunk.id).message()), chunk.digest)
                    << "a wrong answer";
    }

    const TempDir dir_;
    record::Firmware firmware_;
};

TEST_F(DamagedStore, SoundIsRead) {
    EXPECT_NO_THROW(read_all(dir_ / "store"));
}

TEST_F(DamagedStore, FlippedBytesOfColumnsAreReported) {
    const std::string sound = test::read_file(columns_file());
    const fs::path file = columns_file();
    test::Random random(121);
    uint64_t reported = 0;
    for (int round = 0; round < 60; ++round) {
        std::string damaged = sound;
        auto& byte = damaged[random.below(damaged.size())];
        byte = static_cast<char>(byte ^ (1 << random.below(8)));
        test::write_file(file, damaged);
        EXPECT_TRUE(test::works_or_refuses([&] { read_all(dir_ / "store"); }));
        try {
            read_all(dir_ / "store");
        } catch (const base::Error& error) {
            EXPECT_EQ(error.kind(), base::ErrorKind::kStore);
            ++reported;
        }
    }
    EXPECT_GE(reported, 50U) << "few bytes of a table file mean nothing";
    test::write_file(file, sound);
    EXPECT_NO_THROW(read_all(dir_ / "store"));
}

TEST_F(DamagedStore, TruncatedTablesAreReported) {
    const fs::path file = columns_file();
    const uint64_t size = fs::file_size(file);
    const std::string sound = test::read_file(file);
    for (const uint64_t cut : {size - 1, size / 2, uint64_t{1}, uint64_t{0}}) {
        test::write_file(file, sound.substr(0, cut));
        EXPECT_EQ(error_of([&] { read_all(dir_ / "store"); })->kind(), base::ErrorKind::kStore) << cut;
    }
    fs::remove(file);
    EXPECT_EQ(error_of([&] { read_all(dir_ / "store"); })->kind(), base::ErrorKind::kStore);
}

TEST_F(DamagedStore, AMissingColumnIsReported) {
    const uint64_t id = head().column(ColumnKind::kStrings).chunks.at(0).id;
    {
        Database database(dir_ / "store", Database::Mode::kReadWrite);
        ASSERT_TRUE(database.db().Delete({}, database.columns(), column_key(id)).ok());
    }
    Reader reader(dir_ / "store");
    EXPECT_TRUE(fails_with("column " + std::to_string(id) + " is missing", [&] { reader.column(id); }));
    EXPECT_TRUE(fails_with("is missing", [&] { reader.column(0); }));
    EXPECT_TRUE(fails_with("is missing", [&] { reader.column(UINT64_MAX); }));
}

TEST_F(DamagedStore, ValuesThatAreNoRecordsAreReported) {
    {
        Database database(dir_ / "store", Database::Mode::kReadWrite);
        ASSERT_TRUE(database.db().Put({}, database.columns(), column_key(1000), "").ok());
        ASSERT_TRUE(database.db().Put({}, database.columns(), column_key(1001), std::string(40, '\x7f')).ok());
        ASSERT_TRUE(database.db()
                        .Put({}, database.images(), image_key(firmware_.id, "/garbage"), std::string("\x01garbage"))
                        .ok());
        ASSERT_TRUE(database.db().Put({}, database.images(), image_key(firmware_.id, "/nothing"), "").ok());
        ASSERT_TRUE(database.db().Put({}, database.firmwares(), "garbage", "garbage").ok());
    }
    Reader reader(dir_ / "store");
    EXPECT_TRUE(fails_with("damaged", [&] { reader.column(1000); }));
    EXPECT_TRUE(fails_with("damaged", [&] { reader.column(1001); }));
    EXPECT_TRUE(fails_with("damaged", [&] { reader.head(firmware_.id, "/garbage"); }));
    EXPECT_TRUE(fails_with("damaged", [&] { reader.head(firmware_.id, "/nothing"); }));
    EXPECT_TRUE(fails_with("damaged", [&] { reader.find("garbage"); }));
}

/// A record that lies in a write buffer cannot be read in place; it is read all the same, and counted.
TEST_F(DamagedStore, UnalignedRecordsAreCopiedAndCounted) {
    const uint64_t id = head().column(ColumnKind::kLayout).chunks.at(0).id;
    const std::string message(Reader(dir_ / "store").column(id).message());
    {
        Database database(dir_ / "store", Database::Mode::kReadWrite);
        ASSERT_TRUE(database.db().Put({}, database.columns(), column_key(1000), "\x01" + message).ok());
    }
    Reader reader(dir_ / "store");
    const Lease lease = reader.column(1000);
    EXPECT_EQ(lease.message(), message);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(lease.message().data()) % 8, 0U);
    EXPECT_EQ(reader.counters().records_copied, 1U);
    EXPECT_EQ(reader.counters().bytes_copied, message.size());
}

TEST_F(DamagedStore, ANewerSchemaIsRefused) {
    for (const std::string& version : {std::to_string(record::kSchemaVersion + 1), std::string("99999999999999999999"),
                                       std::string("x"), std::string()}) {
        {
            Database database(dir_ / "store", Database::Mode::kReadWrite);
            ASSERT_TRUE(database.db().Put({}, database.settings(), "schema_version", version).ok());
        }
        EXPECT_TRUE(fails_with("newer strata", [&] { Reader(dir_ / "store"); })) << version;
        EXPECT_EQ(error_of([&] { Writer(dir_ / "store"); })->kind(), base::ErrorKind::kStore);
        fs::remove_all(dir_ / "store");
        Writer writer(dir_ / "store");
    }
}

TEST_F(DamagedStore, AnOlderSchemaIsRefused) {
    {
        Database database(dir_ / "store", Database::Mode::kReadWrite);
        const auto older = std::to_string(record::kSchemaVersion - 1);
        ASSERT_TRUE(database.db().Put({}, database.settings(), "schema_version", older).ok());
    }
    EXPECT_TRUE(fails_with("older strata", [&] { Reader(dir_ / "store"); }));
    EXPECT_TRUE(fails_with("older strata", [&] { Writer(dir_ / "store"); }));
}

TEST_F(DamagedStore, AManifestOfANewerSchemaIsRefused) {
    {
        Writer writer(dir_ / "store");
        firmware_.schema_version = record::kSchemaVersion + 1;
        writer.put_firmware(firmware_);
    }
    Reader reader(dir_ / "store");
    EXPECT_TRUE(fails_with("newer strata", [&] { reader.firmware("one"); }));
}

TEST(NotAStore, IsRefused) {
    const TempDir dir;
    test::write_file(dir / "CURRENT", "MANIFEST-000001\n");
    EXPECT_EQ(error_of([&] { Reader(dir.path()); })->kind(), base::ErrorKind::kStore);
    test::write_file(dir / "file", "x");
    EXPECT_EQ(error_of([&] { Writer(dir / "file"); })->kind(), base::ErrorKind::kStore);
    EXPECT_EQ(error_of([&] { Reader(dir / "file"); })->kind(), base::ErrorKind::kUsage);
}

}  // namespace
}  // namespace strata::store
