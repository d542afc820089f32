// One writer, many readers; commits that are whole or not there.
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "support/errors.h"
#include "support/store_maker.h"

namespace strata::store {
namespace {

using test::error_of;
using test::MadeFacts;
using test::put_firmware;
using test::TempDir;
namespace fs = std::filesystem;

MadeFacts facts_of(const std::string& tag) {
    MadeFacts facts;
    for (uint64_t i = 0; i < 200; ++i)
        facts.symbols.push_back({"_" + tag + std::to_string(i), record::SymbolKind::kLocal, i, "", ""});
    facts.layout.install_name = tag;
    return facts;
}

/// Reads every column of every image of a firmware; returns the number of images. Throws when one is not whole.
uint64_t read_all(Reader& reader, const record::Firmware& firmware) {
    uint64_t images = 0;
    auto cursor = reader.heads(firmware.id);
    for (; cursor->valid(); cursor->next(), ++images)
        for (const auto kind : record::kColumnKinds) {
            const auto head = cursor->head();
            for (const auto& chunk : head.column(kind).chunks)
                EXPECT_EQ(record::column_digest(kind, reader.column(chunk.id).message()), chunk.digest);
        }
    cursor->check();
    return images;
}

TEST(Store, ASecondWriterIsRefused) {
    const TempDir dir;
    Writer writer(dir / "store");
    const auto error = error_of([&] { Writer second(dir / "store"); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), base::ErrorKind::kStore);
    EXPECT_NE(error->message().find("locked by another writer"), std::string::npos) << error->what();
    EXPECT_EQ(error->file(), (dir / "store").string());
}

TEST(Store, TheLockGoesWithTheWriter) {
    const TempDir dir;
    { Writer first(dir / "store"); }
    EXPECT_NO_THROW(Writer(dir / "store"));
}

TEST(Store, ReadingWhatIsNotThere) {
    const TempDir dir;
    EXPECT_EQ(error_of([&] { Reader(dir / "store"); })->kind(), base::ErrorKind::kUsage);
    EXPECT_FALSE(store_exists(dir / "store"));
    EXPECT_FALSE(fs::exists(dir / "store")) << "a reader makes nothing";
}

TEST(Store, AReaderBesideAWriterSeesASnapshot) {
    const TempDir dir;
    Writer writer(dir / "store");
    const auto firmware = put_firmware(writer, "one", {{"/a", facts_of("a")}});
    writer.commit();
    Reader reader(dir / "store");
    EXPECT_EQ(read_all(reader, reader.firmware("one")), 1U);
    writer.put_head(firmware.id, "/b", put_facts(writer, facts_of("b")));
    writer.commit();
    put_firmware(writer, "two", {{"/a", facts_of("c")}});
    writer.flush();
    EXPECT_EQ(read_all(reader, firmware), 1U) << "as it was when opened";
    EXPECT_FALSE(reader.find("two"));
    Reader later(dir / "store");
    EXPECT_EQ(read_all(later, firmware), 2U);
    EXPECT_TRUE(later.find("two"));
}

/// Readers are opened all the time while a writer commits and flushes: each sees whole images, none fails or waits for
/// it.
TEST(Store, ReadersComeAndGoWhileAWriterCommits) {
    const TempDir dir;
    Writer writer(dir / "store");
    record::Firmware firmware = put_firmware(writer, "one", {{"/a", facts_of("first")}});
    writer.flush();
    std::atomic<bool> done{false};
    std::latch reading(1);
    std::thread reader_thread([&] {
        uint64_t last = 0;
        bool first = true;
        while (!done) {
            Reader reader(dir / "store");
            const uint64_t images = read_all(reader, firmware);
            EXPECT_GE(images, last) << "never fewer than before";
            last = images;
            if (first) reading.count_down();
            first = false;
        }
    });
    reading.wait();
    for (int i = 0; i < 40; ++i) {
        writer.put_head(firmware.id, "/image" + std::to_string(i),
                        put_facts(writer, facts_of("image" + std::to_string(i))));
        i % 4 == 0 ? writer.flush() : writer.commit();
    }
    done = true;
    reader_thread.join();
    Reader reader(dir / "store");
    EXPECT_EQ(read_all(reader, firmware), 41U);
}

/// A copy of the folder is what a killed process leaves behind: every such state is a valid store with whole images
/// only.
TEST(Store, EveryStateOnDiskIsWhole) {
    const TempDir dir;
    Writer writer(dir / "store");
    const auto firmware = put_firmware(writer, "one", {{"/a", facts_of("a")}});
    writer.commit();
    const auto images_in_copy = [&](const std::string& name) {
        test::copy_folder(dir / "store", dir / name);
        fs::remove(dir / name / "LOCK");
        const uint64_t before_recovery = [&] {
            Reader reader(dir / name);
            return read_all(reader, reader.firmware("one"));
        }();
        Writer recovered(dir / name);
        recovered.flush();
        Reader reader(dir / name);
        EXPECT_EQ(read_all(reader, reader.firmware("one")), before_recovery);
        return before_recovery;
    };
    EXPECT_EQ(images_in_copy("committed"), 1U);
    const auto head = put_facts(writer, facts_of("b"));
    EXPECT_EQ(images_in_copy("columns staged"), 1U);
    writer.put_head(firmware.id, "/b", head);
    EXPECT_EQ(images_in_copy("head put"), 1U) << "nothing of it before the commit";
    writer.commit();
    EXPECT_EQ(images_in_copy("second commit"), 2U);
}

TEST(Store, WhatAKilledWriterStagedIsRemoved) {
    const TempDir dir;
    { Writer writer(dir / "store"); }
    fs::create_directories(dir / "store" / kStagingDirectory);
    test::write_file(dir / "store" / kStagingDirectory / "1234-0.sst", "half a table");
    Writer writer(dir / "store");
    EXPECT_FALSE(fs::exists(dir / "store" / kStagingDirectory / "1234-0.sst"));
    put_firmware(writer, "one", {{"/a", facts_of("a")}});
    writer.flush();
    EXPECT_TRUE(fs::is_empty(dir / "store" / kStagingDirectory)) << "ingested files are moved";
}

/// Columns that were ingested but whose heads were lost are unused space, not damage: the same content is stored anew.
TEST(Store, LostHeadsDoNotBlockANewRun) {
    const TempDir dir;
    {
        Writer writer(dir / "store");
        put_firmware(writer, "one", {});
        put_facts(writer, facts_of("a"));  // never committed
    }
    Writer writer(dir / "store");
    const auto firmware = *writer.find("one");
    writer.put_head(firmware.id, "/a", put_facts(writer, facts_of("a")));
    writer.flush();
    Reader reader(dir / "store");
    EXPECT_EQ(read_all(reader, firmware), 1U);
}

}  // namespace
}  // namespace strata::store
