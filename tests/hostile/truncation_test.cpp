// Real caches cut short and with bits flipped, read through the library: nothing may crash or hang, and what is cut off
// is missed, never made up.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "e2e/harness.h"
#include "reading.h"

namespace strata::hostile {
namespace {
namespace fs = std::filesystem;

/// A copy of a cache's folder whose main file can be damaged again and again.
class Patient {
  public:
    explicit Patient(const fs::path& folder) {
        for (const auto& entry : fs::directory_iterator(folder)) {
            const std::string name = entry.path().filename();
            if (!entry.is_regular_file() || !name.starts_with("dyld_shared_cache_")) continue;
            if (name.ends_with(".map") || name.ends_with(".development") || name.ends_with(".atlas")) continue;
            fs::copy(entry.path(), dir_ / name);
            fs::permissions(dir_ / name, fs::perms::owner_all);
            names_.push_back(name);
        }
        std::sort(names_.begin(), names_.end());
    }
    bool empty() const { return names_.empty(); }
    const std::vector<std::string>& files() const { return names_; }
    /// Sorted names begin with the main one: the others' names continue it.
    std::string main() const { return dir_ / names_.front(); }
    std::string bytes(const std::string& name) const { return e2e::read_file(dir_ / name); }
    void write(const std::string& name, std::string_view bytes) const {
        std::ofstream(dir_ / name, std::ios::binary | std::ios::trunc)
            .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    void cut(const std::string& name, uint64_t size) const { fs::resize_file(dir_ / name, size); }

  private:
    e2e::TempDir dir_;
    std::vector<std::string> names_;
};

uint64_t number(std::string_view bytes, uint64_t at, size_t width) {
    uint64_t value = 0;
    if (at + width <= bytes.size()) std::memcpy(&value, bytes.data() + at, width);
    return value;
}

/// Where tables and mappings of a cache file begin and end, each with the bytes before and after.
std::vector<uint64_t> edges(std::string_view bytes) {
    std::set<uint64_t> found{0, 1, 7, 15, 16, 0x28, 0x70};
    const auto table = [&](uint64_t offset, uint64_t count, uint64_t entry) {
        for (const uint64_t edge : {offset, offset + entry, offset + count * entry}) {
            found.insert(edge);
            found.insert(edge - 1);
            found.insert(edge + 1);
        }
    };
    const uint64_t header = number(bytes, 0x10, 4);
    table(0, 1, header);
    table(header, number(bytes, 0x14, 4), 0x20);
    if (header >= 0x140) table(number(bytes, 0x138, 4), number(bytes, 0x13c, 4), 0x38);
    table(number(bytes, header >= 0x1c8 ? 0x1c0 : 0x18, 4), number(bytes, header >= 0x1c8 ? 0x1c4 : 0x1c, 4), 0x20);
    table(number(bytes, 0x88, 8), number(bytes, 0x90, 8), 0x20);
    table(number(bytes, 0x48, 8), 1, number(bytes, 0x50, 8));
    table(number(bytes, 0x28, 8), 1, number(bytes, 0x30, 8));
    if (header >= 0x190) table(number(bytes, 0x188, 4), number(bytes, 0x18c, 4), header > 0x1c8 ? 56 : 24);
    for (uint64_t i = 0; i < number(bytes, 0x14, 4); ++i) {
        const uint64_t at = header + i * 0x20;
        table(number(bytes, at + 16, 8), 1, number(bytes, at + 8, 8));
    }
    std::vector<uint64_t> result;
    std::copy_if(found.begin(), found.end(), std::back_inserter(result),
                 [&](uint64_t edge) { return edge < bytes.size(); });
    return result;
}

class RealCache : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        const auto caches = e2e::caches_dir();
        if (!caches) GTEST_SKIP() << e2e::kNoData;
        patient_ = std::make_unique<Patient>(*caches / GetParam());
        ASSERT_FALSE(patient_->empty());
        whole_ = read_all(patient_->main());
        ASSERT_EQ(whole_.refusal, "");
        ASSERT_TRUE(whole_.failures.empty()) << whole_.failures.front();
    }

    /// A cache is refused, or its images either fail or are what they were. Where a whole file is not used any more, a
    /// warning says so (without .symbols, images lose the names of locals).
    void expect_told(const ReadOutcome& cut) const {
        if (!cut.refusal.empty()) return;
        EXPECT_EQ(cut.images, whole_.images);
        EXPECT_EQ(cut.facts.size() + cut.failures.size(), cut.images);
        if (!cut.warnings.empty()) return;
        for (const auto& [path, facts] : cut.facts)
            EXPECT_EQ(facts, whole_.facts.at(path)) << path << " was cut and nobody said so";
        // What lies in an image that failed cannot be named by the others any more.
        if (!cut.failures.empty()) return;
        for (const auto& [path, relations] : cut.relations)
            EXPECT_EQ(relations, whole_.relations.at(path)) << path << " was cut and nobody said so";
    }

    std::unique_ptr<Patient> patient_;
    ReadOutcome whole_;
};

TEST_P(RealCache, CutShortAtEveryEdgeAndAnywhere) {
    std::mt19937_64 random(20240722);
    for (const auto& name : patient_->files()) {
        const std::string bytes = patient_->bytes(name);
        std::vector<uint64_t> sizes = edges(bytes);
        for (size_t i = 0; i < 200 / patient_->files().size() + 1; ++i) sizes.push_back(random() % bytes.size());
        // From the longest down: each cut is one system call.
        std::sort(sizes.rbegin(), sizes.rend());
        for (const uint64_t size : sizes) {
            patient_->cut(name, size);
            SCOPED_TRACE(name + " cut to " + std::to_string(size));
            expect_told(read_all(patient_->main()));
        }
        patient_->write(name, bytes);
    }
}

TEST_P(RealCache, FlippedBits) {
    std::mt19937_64 random(20240723);
    for (const auto& name : patient_->files()) {
        const std::string bytes = patient_->bytes(name);
        // Headers and tables come first in a file; half of the flips go there, half into what follows.
        const uint64_t tables = std::min<uint64_t>(bytes.size(), 0x1000);
        for (size_t i = 0; i < 300 / patient_->files().size() + 1; ++i) {
            std::string damaged = bytes;
            const uint64_t at = i % 2 == 0 ? random() % tables : random() % bytes.size();
            const auto bit = static_cast<uint8_t>(1U << (random() % 8));
            damaged[at] = static_cast<char>(static_cast<uint8_t>(damaged[at]) ^ bit);
            patient_->write(name, damaged);
            SCOPED_TRACE(name + " with bit " + std::to_string(bit) + " of byte " + std::to_string(at) + " flipped");
            const ReadOutcome flipped = read_all(patient_->main());
            EXPECT_TRUE(!flipped.refusal.empty() || flipped.facts.size() + flipped.failures.size() == flipped.images);
        }
        patient_->write(name, bytes);
    }
}

INSTANTIATE_TEST_SUITE_P(All, RealCache,
                         ::testing::Values("ios-arm64-dyld1378/old", "macos-arm64-dyld1286/old",
                                           "macos-x86_64-dyld1378-split/old", "rizin-macos11-arm64",
                                           "rizin-macos11-arm64-objc"));

}  // namespace
}  // namespace strata::hostile
