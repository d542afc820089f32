// Small files made to cost a lot: tables that many images share, names that many entries share, work that multiplies.
// Each takes a few hundred kilobytes; reading it must take little time, memory and disk.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "mini_cache.h"
#include "running.h"

namespace strata::hostile {
namespace {
namespace fs = std::filesystem;
using e2e::Outcome;
using testing::Bytes;
using testing::MiniCache;
using testing::MiniImage;
using testing::Piece;
using testing::Region;

constexpr std::chrono::seconds kBombLimit(12);  // of a machine that is busy with other tests: a bomb takes minutes
constexpr uint64_t kStoreLimit = 700U << 20;

uint64_t size_of_folder(const fs::path& folder) {
    uint64_t size = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) size += entry.file_size();
    return size;
}

class Bombs : public ::testing::Test {
  protected:
    /// Room for `count` images with headers of `stride` bytes, and for regions of these sizes.
    static MiniCache roomy(size_t count, uint64_t stride, uint64_t text, uint64_t data) {
        MiniCache cache;
        cache.headers_at = 0x1000 + count * 0x80;
        cache.header_stride = stride;
        cache.region_at[0] = cache.headers_at + count * stride;
        cache.region_at[1] = cache.region_at[0] + text;
        cache.region_at[2] = cache.region_at[1] + data;
        return cache;
    }

    /// Indexes the bytes and checks what it cost.
    Outcome explode(const std::string& file, uint64_t sparse_size = 0) {
        const std::string path = dir_ / "dyld_shared_cache_arm64e";
        std::ofstream(path, std::ios::binary).write(file.data(), static_cast<std::streamsize>(file.size()));
        if (sparse_size != 0) fs::resize_file(path, sparse_size);
        std::error_code ignored;
        fs::remove_all(store(), ignored);
        const auto start = std::chrono::steady_clock::now();
        const Outcome run = e2e::run_strata({"index", path, "--name", "bomb", "--jobs", "2", "--store", store()});
        const auto took = std::chrono::steady_clock::now() - start;
        expect_orderly(run);
        EXPECT_LT(took, kBombLimit) << describe(run);
        if (fs::exists(store())) {
            EXPECT_LT(size_of_folder(store()), kStoreLimit);
        }
        return run;
    }

    std::string store() const { return dir_ / "store"; }

  private:
    e2e::TempDir dir_;
};

/// The caches these tests start from are sound.
TEST_F(Bombs, TheyStartFromSoundCaches) {
    MiniCache cache;
    for (const char* path : {"/a", "/b"}) cache.images.push_back(rich_image(cache, path));
    const Outcome run = explode(cache.build());
    EXPECT_EQ(run.exit_code, e2e::kDone) << describe(run);
}

/// One long prefix with many ends: each byte of the trie stands for hundreds of bytes of names.
TEST_F(Bombs, ATrieOfLongNames) {
    MiniCache cache = roomy(40, 0x400, 0x1000, 0x1000);
    Bytes trie;
    const std::string prefix(60'000, 'p');
    trie.add(std::string("\0\1", 2));
    trie.add(prefix);
    trie.add(0, 1);
    const uint64_t fan = 2 + prefix.size() + 1 + 3;
    const auto wide = [&](uint64_t n) {
        for (const uint64_t part : {(n & 0x7f) | 0x80, (n >> 7 & 0x7f) | 0x80, n >> 14 & 0x7f}) trie.add(part, 1);
    };
    wide(fan);
    // 200 nodes with 200 leaves each.
    const uint64_t inner = fan + 2 + 200 * 5;
    const uint64_t leaf = inner + 200 * (2 + 200 * 5);
    trie.add(std::string("\0\xc8", 2));
    for (uint64_t i = 0; i < 200; ++i) {
        trie.add(i + 1, 1);
        trie.add(0, 1);
        wide(inner + i * (2 + 200 * 5));
    }
    for (uint64_t i = 0; i < 200; ++i) {
        trie.add(std::string("\0\xc8", 2));
        for (uint64_t j = 0; j < 200; ++j) {
            trie.add(j + 1, 1);
            trie.add(0, 1);
            wide(leaf + (i * 200 + j) * 4);
        }
    }
    for (uint64_t i = 0; i < 40'000; ++i) trie.add(std::string("\2\0\x10\0", 4));
    const Piece piece = cache.place(Region::kLinkedit, trie.text());
    for (int i = 0; i < 40; ++i) {
        MiniImage image;
        image.path = "/" + std::to_string(i);
        image.exports = piece;
        cache.images.push_back(image);
    }
    explode(cache.build());
}

/// Every symbol of every image has the same long name.
TEST_F(Bombs, ManySymbolsWithOneLongName) {
    MiniCache cache = roomy(40, 0x400, 0x1000, 0x1000);
    const Piece pool =
        cache.place(Region::kLinkedit, std::string(1, '\0') + std::string(400'000, 'n') + std::string(1, '\0'));
    Bytes nlists;
    for (uint64_t i = 0; i < 20'000; ++i) testing::add_nlist(nlists, true, 1, 0x0f, 0, 0, cache.base() + i);
    Piece table = cache.place(Region::kLinkedit, nlists.text());
    table.size = 20'000;
    for (int i = 0; i < 40; ++i) {
        MiniImage image;
        image.path = "/" + std::to_string(i);
        image.nlists = table;
        image.strings = pool;
        cache.images.push_back(image);
    }
    explode(cache.build());
}

/// Re-exports of the symbol table (N_INDR) name their targets by string index: a long target for each short name.
TEST_F(Bombs, ManyIndirectSymbolsWithOneLongTarget) {
    MiniCache cache = roomy(4, 0x400, 0x1000, 0x1000);
    const Piece pool =
        cache.place(Region::kLinkedit, std::string("\0a\0", 3) + std::string(400'000, 't') + std::string(1, '\0'));
    Bytes nlists;
    for (uint64_t i = 0; i < 20'000; ++i) testing::add_nlist(nlists, true, 1, 0x0b, 0, 0, 3 + i);
    Piece table = cache.place(Region::kLinkedit, nlists.text());
    table.size = 20'000;
    for (int i = 0; i < 4; ++i) {
        MiniImage image;
        image.path = "/" + std::to_string(i);
        image.nlists = table;
        image.strings = pool;
        cache.images.push_back(image);
    }
    explode(cache.build());
}

/// Every CFString of every image is the same long text.
TEST_F(Bombs, ManyCfStringsOfOneText) {
    MiniCache cache = roomy(8, 0x400, 0x1000, 0x200000);
    const Piece text = cache.place(Region::kData, std::string(0x100000, 'c'));
    Bytes records;
    for (uint64_t i = 0; i < 20'000; ++i)
        for (const uint64_t field :
             {uint64_t{0}, uint64_t{0x7c8}, cache.address(Region::kData, text.offset), uint64_t{0x100000} - i})
            records.add(field, 8);
    const Piece piece = cache.place(Region::kData, records.text());
    for (int i = 0; i < 8; ++i) {
        MiniImage image;
        image.path = "/" + std::to_string(i);
        image.sections.push_back({"__DATA", "__cfstring", Region::kData, piece, 0});
        cache.images.push_back(image);
    }
    explode(cache.build());
}

/// An image with a thousand sections that are all the same large one.
TEST_F(Bombs, ManySectionsOverTheSameBytes) {
    MiniCache cache = roomy(4, 0x20000, 0x400000, 0x1000);
    std::string text;
    while (text.size() < 0x3ff000) text += "string " + std::to_string(text.size()) + '\0';
    const Piece piece = cache.place(Region::kText, text);
    for (int i = 0; i < 4; ++i) {
        MiniImage image;
        image.path = "/" + std::to_string(i);
        for (int s = 0; s < 1000; ++s)
            image.sections.push_back({"__TEXT", "s" + std::to_string(s), Region::kText, piece, 2});
        cache.images.push_back(image);
    }
    explode(cache.build());
}

/// A hundred thousand images whose headers lie inside each other, so that each has all load commands of those after it.
TEST_F(Bombs, HeadersInsideEachOther) {
    constexpr uint64_t kCount = 100'000;
    MiniCache cache = roomy(1, kCount * 32 + 0x400, 0x1000, 0x1000);
    cache.images.push_back(rich_image(cache, "/a"));
    Bytes file;
    file.add(cache.build());
    const uint64_t headers = cache.headers_at;
    // Each header is at the same time a load command of 32 bytes (unknown, so skipped) of the ones before.
    for (uint64_t i = 0; i < kCount; ++i) {
        const uint64_t at = headers + i * 32;
        const uint64_t left = kCount - i - 1;
        const uint64_t fields[] = {0xfeedfacf, 32, 0, 6, left, left * 32, 0, 0};
        for (uint64_t f = 0; f < 8; ++f) file.set(at + f * 4, fields[f], 4);
    }
    const uint64_t table = file.size();
    for (uint64_t i = 0; i < kCount; ++i) {
        file.add(i, 8);
        file.add(0, 8);
        file.add(cache.base() + headers + i * 32, 8);
        file.add(0, 4);
        file.add(0x70, 4);  // some text or other
    }
    file.set(0x88, table, 8);
    file.set(0x90, kCount, 8);
    explode(file.text());
}

/// Paths are counted by their offset: all may be the tail of the same long text, and each is a key, twice in memory.
TEST_F(Bombs, PathsThatShareTheirText) {
    constexpr uint64_t kCount = 100'000;
    MiniCache cache;
    cache.images.push_back(rich_image(cache, "/a"));
    Bytes file;
    file.add(cache.build());
    const uint64_t text = file.size();
    file.add(std::string(4090, '/') + std::string(1, '\0'));
    file.align(8);
    const uint64_t table = file.size();
    for (uint64_t i = 0; i < kCount; ++i) {
        file.add(i, 8);
        file.add(0, 8);
        file.add(cache.base() + i, 8);
        file.add(0, 4);
        file.add(text + i % 1000, 4);
    }
    file.set(0x88, table, 8);
    file.set(0x90, kCount, 8);
    explode(file.text());
}

/// The same with other names of one image.
TEST_F(Bombs, AliasesThatShareTheirText) {
    constexpr uint64_t kCount = 100'000;
    MiniCache cache;
    cache.images.push_back(rich_image(cache, "/a"));
    Bytes file;
    file.add(cache.build());
    const uint64_t text = file.size();
    file.add(std::string(4090, '/') + std::string(1, '\0'));
    for (int i = 0; i < 1000; ++i) file.add("ab" + std::to_string(i));
    file.align(8);
    const uint64_t table = file.size();
    for (uint64_t i = 0; i < kCount; ++i) {
        file.add(cache.image_address(0), 8);
        file.add(0, 8);
        file.add(0, 8);
        file.add(text + i % 4000, 4);
        file.add(0, 4);
    }
    file.set(0x1c0, table, 4);
    file.set(0x1c4, kCount, 4);
    explode(file.text());
}

/// Every page of a large mapping refers to the same long run of chains, and every chain fills its page.
TEST_F(Bombs, PagesThatShareTheirChains) {
    MiniCache cache = roomy(1, 0x400, 0x1000, 0x400000);
    cache.images.push_back(rich_image(cache, "/a"));
    // Each pointer links to the next one, 8 bytes on; the last one of each page ends the chain.
    std::string page;
    for (int i = 0; i < 511; ++i) page += std::string("\0\0\0\0\0\2\0\0", 8);
    page.resize(0x1000);
    const Piece here = cache.place(Region::kData, std::string_view());
    cache.place(Region::kData, std::string(0x1000 - here.offset % 0x1000, '\0'));
    for (int i = 0; i < 1'000; ++i) cache.place(Region::kData, page);
    constexpr uint64_t kExtras = 200'000;
    Bytes info;
    const uint64_t pages = 0x400000 / 0x1000;
    for (const uint64_t field : {uint64_t{2}, uint64_t{0x1000}, uint64_t{0x28}, pages, 0x28 + pages * 2, kExtras})
        info.add(field, 4);
    info.add(0x00ffff0000000000, 8);
    info.add(0, 8);
    for (uint64_t i = 0; i < pages; ++i) info.add(0x8000, 2);
    for (uint64_t i = 0; i < kExtras; ++i) info.add(i + 1 == kExtras ? 0x8000 : 0, 2);
    cache.slide_version = 2;
    cache.slide = cache.place(Region::kLinkedit, info.text());
    explode(cache.build());
}

/// Each image has one symbol, whose name is a megabyte; names are different ends of the same text.
TEST_F(Bombs, ManyImagesWithOneLongName) {
    constexpr uint64_t kCount = 3'000;
    MiniCache cache = roomy(kCount, 0x300, 0x1000, 0x1000);
    const Piece pool =
        cache.place(Region::kLinkedit, std::string(1, '\0') + std::string(1'000'000, 'n') + std::string(1, '\0'));
    for (uint64_t i = 0; i < kCount; ++i) {
        Bytes nlist;
        testing::add_nlist(nlist, true, static_cast<uint32_t>(i + 1), 0x0f, 0, 0, cache.base() + i);
        MiniImage image;
        image.path = "/" + std::to_string(i);
        image.nlists = cache.place(Region::kLinkedit, nlist.text());
        image.nlists.size = 1;
        image.strings = pool;
        cache.images.push_back(image);
    }
    explode(cache.build());
}

/// A file of two gigabytes that takes no room on disk: symbols, strings, functions and trie all without end.
TEST_F(Bombs, SparseFiles) {
    constexpr uint64_t kHuge = 0x40000000;
    MiniCache cache;
    cache.images.push_back(rich_image(cache, "/a"));
    MiniImage& image = cache.images.front();
    const auto explode_with = [&](const char* what) {
        SCOPED_TRACE(what);
        Bytes file;
        file.add(cache.build());
        // The linkedit, the last mapping, goes on to the end of the file.
        for (const uint64_t table : {uint64_t{cache.era}, uint64_t{cache.era} + 0x60}) {
            const uint64_t entry = table + 2 * (table == cache.era ? 0x20 : 0x38);
            file.set(entry + 8, kHuge, 8);
        }
        explode(file.text(), cache.region_at[2] + kHuge);
    };
    const MiniImage sound = image;
    image.nlists.size = 0x3000000;
    explode_with("symbols");
    image = sound;
    image.exports.size = 0x3f000000;
    explode_with("exports");
    image = sound;
    image.starts.size = 0x3f000000;
    explode_with("function starts");
    image = sound;
    image.strings.size = 0x3f000000;
    explode_with("string pool");
}

/// Image tables of a sparse file that list millions.
TEST_F(Bombs, SparseImageTable) {
    MiniCache cache;
    cache.images.push_back(rich_image(cache, "/a"));
    Bytes file;
    file.add(cache.build());
    for (const auto& [offset_field, count_field, width] :
         {std::tuple<uint64_t, uint64_t, unsigned>{0x88, 0x90, 8}, {0x1c0, 0x1c4, 4}}) {
        Bytes copy = file;
        copy.set(offset_field, file.size(), width);
        copy.set(count_field, 0x2000000, width);
        explode(copy.text(), 0x40000000 + 0x10000);
    }
}

/// Keys of images whose paths repeat are made from their addresses: they must not meet a real path of that name.
TEST_F(Bombs, PathsThatLookLikeMadeUpKeys) {
    MiniCache cache;
    // The third image lies at 0x180000b00, which is what it would be told from the second one by.
    for (const char* path : {"/same@0x180000b00", "/same", "/same"}) cache.images.push_back(rich_image(cache, path));
    const Outcome run = explode(cache.build());
    EXPECT_EQ(run.exit_code, e2e::kDone) << describe(run);
    EXPECT_EQ(e2e::json_lines_of(e2e::run_strata({"images", "bomb", "--json", "--store", store()})).size(), 3U);
}

/// One image that claims to be enormous must not use up what the others may read.
TEST_F(Bombs, OneGreedyImageDoesNotStarveTheOthers) {
    MiniCache cache;
    for (const char* path : {"/a", "/b"}) cache.images.push_back(rich_image(cache, path));
    Bytes file;
    file.add(cache.build());
    // /a's __TEXT segment and __text section: 2^62 bytes.
    const uint64_t segment = cache.headers_at + 32;
    file.set(segment + 32, uint64_t{1} << 62, 8);
    file.set(segment + 72 + 40, uint64_t{1} << 61, 8);
    const Outcome run = explode(file.text());
    EXPECT_EQ(run.exit_code, e2e::kSomeFailed) << describe(run);
    EXPECT_TRUE(holds(run.err, "strata: 1 of 2 images")) << describe(run);
}

}  // namespace
}  // namespace strata::hostile
