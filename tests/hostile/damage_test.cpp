// Every kind of damage that the generator knows: first through the library, then through the program, which indexes a
// sound cache and the damaged copy into one store. What a reader must refuse is refused with a message that helps, what
// is not hit keeps its facts, and the store stays sound. Of the kinds that a reader may treat as it likes, the program
// sees some.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "dscgen/dscgen.h"
#include "reading.h"
#include "running.h"

namespace strata::hostile {
namespace {
namespace fs = std::filesystem;
using e2e::Json;
using e2e::Outcome;

constexpr size_t kShards = 8;        // so that ctest can run them side by side
constexpr size_t kFreeKindsRun = 5;  // one in so many of the kinds without a required outcome is given to the program

/// Sound caches of different eras; a kind is tried on the first one it applies to.
class Patients {
  public:
    Patients() {
        add("new", 0x228, dscgen::Arch::arm64e, 0);
        add("middle", 0x140, dscgen::Arch::arm64, 2);
        add("old", 0x98, dscgen::Arch::arm64, 1);
        add("narrow", 0x1C8, dscgen::Arch::arm64_32, 4);
    }
    const std::vector<std::string>& names() const { return names_; }
    std::string folder(const std::string& name) const { return dir_ / name; }
    std::string damaged() const { return dir_ / "damaged"; }

  private:
    void add(const std::string& name, uint32_t era, dscgen::Arch arch, uint32_t slide) {
        dscgen::Spec spec;
        spec.images = 6;
        spec.symbols = 240;
        spec.era = era;
        spec.arch = arch;
        spec.slide = slide;
        dscgen::make(spec, folder(name));
        names_.push_back(name);
    }
    e2e::TempDir dir_;
    std::vector<std::string> names_;
};

/// What a diff between the sound and the damaged firmware says, by image.
std::map<std::string, std::string> statuses(const Outcome& diff) {
    std::map<std::string, std::string> result;
    for (const auto& line : e2e::parse_lines(diff.out))
        if (line.value("type", "") == "image") result[line.at("path")] = line.at("status");
    return result;
}

class DamageShard : public ::testing::TestWithParam<size_t> {
  protected:
    void SetUp() override {
        for (const auto& name : patients_.names()) store_.index(patients_.folder(name), name);
        ASSERT_TRUE(store_.ok());
        const auto first = e2e::json_lines_of(store_.run({"images", "new", "--json"})).at(0);
        shown_ = {"show", "new", first.at("path").get<std::string>(), "--json"};
        before_ = store_.run(shown_).out;
    }

    void TearDown() override {
        EXPECT_EQ(store_.run(shown_).out, before_) << "damaged caches must leave the facts of sound ones alone";
        for (const auto& name : patients_.names()) {
            const Outcome same = store_.run({"diff", name, name, "--exit-code"});
            EXPECT_EQ(same.exit_code, e2e::kDone) << describe(same);
        }
    }

    /// Tries `kind` on the first patient that has such a part.
    void try_kind(const dscgen::DamageKind& kind) {
        for (const auto& name : patients_.names()) {
            try {
                const auto damage = dscgen::damage(patients_.folder(name), patients_.damaged(), kind.name);
                SCOPED_TRACE(kind.name + " on " + name + ": " + kind.what + "; file " + damage.file + " offset " +
                             std::to_string(damage.offset) + " image " + damage.image);
                // What was tried last, should this process not live to say more.
                std::printf("%s on %s\n", kind.name.c_str(), name.c_str());
                read_all(patients_.damaged());
                if (kind.fatal != dscgen::Fatal::any || ++free_kinds_ % kFreeKindsRun == 0) check(name, kind, damage);
                return;
            } catch (const std::invalid_argument&) {
                continue;  // this cache has no such part
            }
        }
        ++unused_;
    }

    size_t unused_ = 0;

  private:
    size_t free_kinds_ = 0;

    void check(const std::string& patient, const dscgen::DamageKind& kind, const dscgen::Damage& damage) {
        // The main file is named, as a user would; kinds that remove it are a folder without a cache.
        const Outcome index =
            store_.run({"index", patients_.damaged(), "--name", kind.name + "@" + patient, "--jobs", "2"});
        expect_orderly(index);
        switch (kind.fatal) {
            case dscgen::Fatal::cache:
                // An architecture nobody knows may come to be: the cache is opened, and what does not fit it fails.
                if (kind.name != "magic.arch") {
                    EXPECT_EQ(index.exit_code, e2e::kUsage) << describe(index);
                }
                EXPECT_NE(index.exit_code, e2e::kDone) << describe(index);
                break;
            case dscgen::Fatal::image:
                EXPECT_EQ(index.exit_code, e2e::kSomeFailed) << describe(index);
                break;
            case dscgen::Fatal::none:
                EXPECT_EQ(index.exit_code, e2e::kDone) << describe(index);
                break;
            case dscgen::Fatal::any:
                break;
        }
        if (index.exit_code == e2e::kUsage) check_refusal(index, damage);
        if (index.exit_code == e2e::kSomeFailed) check_failures(index);
        if (index.exit_code != e2e::kUsage) check_others(patient, kind, damage);
    }

    /// A message that helps: which file, where in it, and what would have been right; or why it cannot be opened.
    static void check_refusal(const Outcome& index, const dscgen::Damage& damage) {
        EXPECT_TRUE(holds(index.err, "dyld_shared_cache_") || holds(index.err, "damaged")) << describe(index);
        const bool about_bytes = holds(index.err, " at offset 0x") && holds(index.err, "; expected ");
        EXPECT_TRUE(about_bytes || holds(index.err, "holds no dyld shared cache")) << damage.file << "\n"
                                                                                   << describe(index);
    }

    static void check_failures(const Outcome& index) {
        EXPECT_TRUE(holds(index.err, "strata: failed: ")) << describe(index);
        EXPECT_TRUE(holds(index.err, " at offset 0x")) << describe(index);
        EXPECT_TRUE(holds(index.err, "; expected ")) << describe(index);
    }

    void check_others(const std::string& patient, const dscgen::DamageKind& kind, const dscgen::Damage& damage) {
        const Outcome diff = store_.run({"diff", patient, kind.name + "@" + patient, "--format", "jsonl"});
        expect_orderly(diff);
        // What the whole cache lost, such as the names in .symbols, is said when it is indexed.
        if (kind.fatal == dscgen::Fatal::any || holds(diff.err, "is not used")) return;
        for (const auto& [path, status] : statuses(diff)) {
            EXPECT_EQ(path, damage.image) << status << "\n" << describe(diff);
            EXPECT_EQ(status == "failed", kind.fatal == dscgen::Fatal::image) << describe(diff);
        }
    }

    Patients patients_;
    e2e::IndexedStore store_;
    std::vector<std::string> shown_;
    std::string before_;
};

TEST_P(DamageShard, IsContained) {
    const auto kinds = dscgen::damage_kinds();
    ASSERT_GT(kinds.size(), 500U);
    for (size_t i = GetParam(); i < kinds.size(); i += kShards) {
        try_kind(kinds[i]);
        if (HasFatalFailure()) return;
    }
    EXPECT_LE(unused_, kinds.size() / kShards / 4) << "most kinds must apply to some patient";
}

INSTANTIATE_TEST_SUITE_P(All, DamageShard, ::testing::Range(size_t{0}, kShards));

}  // namespace
}  // namespace strata::hostile
