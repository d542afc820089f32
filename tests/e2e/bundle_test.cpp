// Carrying firmwares from store to store on the command line: through files and pipes, sound and damaged.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "dscgen/dscgen.h"
#include "harness.h"

namespace strata::e2e {
namespace {

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

class Bundles : public ::testing::Test {
  protected:
    void SetUp() override {
        dscgen::make({.images = 12}, dir_ / "old");
        dscgen::next(dir_ / "old", dir_ / "new", {.change = 3});
        from_.index(dir_ / "old", "old");
        from_.index(dir_ / "new", "new");
        const Outcome exported = from_.run({"export", "old", "new", "--output", file()});
        ASSERT_EQ(exported.exit_code, kDone) << describe(exported);
        bundle_ = read_file(file());
    }
    std::string file() const { return dir_ / "both.strata"; }
    std::string store() const { return dir_ / "store"; }
    Outcome to_store(std::vector<std::string> arguments, const std::string& input = "/dev/null") const {
        arguments.insert(arguments.end(), {"--store", store()});
        return run_strata(arguments, {}, input);
    }
    void expect_same_answers() const {
        const std::vector<std::string> diff{"diff", "old", "new"};
        EXPECT_EQ(to_store(diff).out, from_.run(diff).out);
        const Outcome verified = to_store({"verify"});
        EXPECT_EQ(verified.exit_code, kDone) << describe(verified);
    }

    TempDir dir_;
    IndexedStore from_;
    std::string bundle_;
};

TEST_F(Bundles, StreamThroughAPipe) {
    const Outcome exported = from_.run({"export", "old", "new"});
    EXPECT_EQ(exported.exit_code, kDone) << describe(exported);
    EXPECT_TRUE(exported.out == bundle_) << "standard output and a file get the same bytes";
    // Standard input that cannot be rewound.
    const std::string pipe = dir_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::thread writer([&] { write(pipe, bundle_); });
    const Outcome imported = to_store({"import", "-", "--json"}, pipe);
    writer.join();
    EXPECT_EQ(imported.exit_code, kDone) << describe(imported);
    EXPECT_EQ(json_of(imported).at("added"), Json::array({"old", "new"}));
    expect_same_answers();
    const Outcome again = to_store({"import", file(), "--json"});
    EXPECT_EQ(json_of(again).at("present"), Json::array({"old", "new"}));
    EXPECT_EQ(json_of(again).at("columns_written"), 0);
}

TEST_F(Bundles, DamageIsToldAndNothingIsKept) {
    ASSERT_EQ(to_store({"index", dir_ / "old", "--name", "mine"}).exit_code, kDone);
    const auto state = [this] {
        Json stats = json_of(to_store({"stats", "--json"}));
        stats["store"].erase("bytes");  // opening a store for writing leaves a log of another size
        return stats;
    };
    const Json before = state();
    std::string flipped = bundle_;
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 4);
    const std::pair<std::string, std::string> damaged[] = {
        {"cut.strata", bundle_.substr(0, bundle_.size() - 1)},
        {"half.strata", bundle_.substr(0, bundle_.size() / 2)},
        {"flipped.strata", flipped},
        {"longer.strata", bundle_ + "x"},
        {"twice.strata", bundle_ + bundle_},
        {"empty.strata", ""},
    };
    for (const auto& [name, bytes] : damaged) {
        write(dir_ / name, bytes);
        for (const bool piped : {false, true}) {
            const Outcome refused = piped ? to_store({"import", "-"}, dir_ / name) : to_store({"import", dir_ / name});
            EXPECT_EQ(refused.exit_code, kUsage) << describe(refused);
            EXPECT_TRUE(holds(refused.err, piped ? "standard input" : name)) << describe(refused);
            EXPECT_EQ(state(), before) << name;
        }
    }
    const Outcome imported = to_store({"import", file()});
    EXPECT_EQ(imported.exit_code, kDone) << describe(imported);
    expect_same_answers();
}

TEST_F(Bundles, AnotherFirmwareOfTheSameNameIsNotOverwritten) {
    ASSERT_EQ(to_store({"index", dir_ / "new", "--name", "old"}).exit_code, kDone);
    const std::string before = to_store({"show", "old", "--json"}).out;
    const Outcome refused = to_store({"import", file()});
    EXPECT_EQ(refused.exit_code, kUsage) << describe(refused);
    EXPECT_TRUE(holds(refused.err, "\"old\"")) << describe(refused);
    EXPECT_EQ(to_store({"show", "old", "--json"}).out, before);
}

}  // namespace
}  // namespace strata::e2e
