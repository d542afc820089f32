// Maintenance that is killed at any moment: every firmware still answers as before, and the same command completes.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <random>
#include <thread>

#include "dscgen/dscgen.h"
#include "running.h"

namespace strata::hostile {
namespace {

namespace fs = std::filesystem;
using e2e::Outcome;
using std::chrono::microseconds;

constexpr int kKillsEach = 6;
constexpr std::chrono::seconds kHang{60};

/// Two firmwares in a store, and what it says of them.
class KilledMaintenance : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        shared_ = std::make_unique<e2e::TempDir>();
        dscgen::Spec spec;
        spec.images = 60;
        spec.symbols = 30'000;
        dscgen::make(spec, *shared_ / "old");
        dscgen::Step step;
        step.change = 40;
        dscgen::next(*shared_ / "old", *shared_ / "new", step);
        for (const std::string name : {"old", "new"})
            EXPECT_EQ(run(*shared_ / "store", {"index", *shared_ / name, "--name", name}).exit_code, e2e::kDone);
        EXPECT_EQ(run(*shared_ / "store", {"export", "old", "new", "--output", bundle()}).exit_code, e2e::kDone);
    }
    static void TearDownTestSuite() { shared_.reset(); }

    void SetUp() override {
        fs::copy(*shared_ / "store", store(), fs::copy_options::recursive);
        answers_ = answers();
    }

    static Outcome run(const std::string& store, std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--store", store});
        return e2e::run_strata(arguments);
    }
    Outcome run(std::vector<std::string> arguments) const { return run(store(), std::move(arguments)); }
    void must(const std::vector<std::string>& arguments) const {
        const Outcome outcome = run(arguments);
        EXPECT_EQ(outcome.exit_code, e2e::kDone) << describe(outcome);
    }

    std::string answer(const std::vector<std::string>& arguments) const {
        const Outcome outcome = run(arguments);
        EXPECT_EQ(outcome.exit_code, e2e::kDone) << describe(outcome);
        return outcome.out;
    }
    /// Every image, every symbol, and whatever a diff reads.
    std::string answers(const std::string& old = "old", const std::string& now = "new") const {
        std::string text;
        for (const auto& name : {old, now}) text += answer({"images", name, "--json"}) + answer({"symbols", name});
        return text + answer({"diff", old, now, "--format", "markdown"});
    }
    void expect_sound() const {
        const Outcome verified = run({"verify"});
        EXPECT_EQ(verified.exit_code, e2e::kDone) << describe(verified);
    }
    void expect_unharmed() const {
        EXPECT_TRUE(answers() == answers_) << "other answers than before";
        expect_sound();
    }

    /// Runs a command and kills it after a random part of the time that it takes. Whether it was killed before its end.
    bool run_and_kill(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--store", store(), "--quiet"});
        const auto start = std::chrono::steady_clock::now();
        Running running(arguments);
        // The first is left alone, to see how long it takes.
        if (whole_.count() != 0) {
            std::this_thread::sleep_for(whole_ * (random_() % 100) / 100);
            running.signal(SIGKILL);
        }
        const auto outcome = running.wait(kHang);
        if (!outcome) {
            ADD_FAILURE() << "it hangs: " << arguments.front();
            return false;
        }
        if (whole_.count() == 0)
            whole_ = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start);
        EXPECT_TRUE(outcome->signal == SIGKILL || outcome->exit_code == e2e::kDone) << describe(*outcome);
        return outcome->signal == SIGKILL;
    }

    std::string store() const { return dir_ / "store"; }
    static std::string bundle() { return *shared_ / "both.strata"; }
    static std::string source(const std::string& name) { return *shared_ / name; }

    e2e::TempDir dir_;
    std::string answers_;

  private:
    static inline std::unique_ptr<e2e::TempDir> shared_;
    std::mt19937_64 random_{99};
    microseconds whole_{0};
};

TEST_F(KilledMaintenance, Collecting) {
    const std::string facts = answer({"symbols", "new"});
    int killed = 0;
    for (int i = 0; i <= kKillsEach; ++i) {
        must({"remove", "old", "--keep-columns"});
        killed += run_and_kill({"gc"}) ? 1 : 0;
        EXPECT_TRUE(answer({"symbols", "new"}) == facts);
        expect_sound();
        must({"index", source("old"), "--name", "old", "--quiet"});
        ASSERT_NO_FATAL_FAILURE(expect_unharmed());
    }
    EXPECT_GT(killed, 0);
    must({"gc"});
    EXPECT_EQ(e2e::json_of(run({"gc", "--json"})).at("columns"), 0);
    expect_unharmed();
}

TEST_F(KilledMaintenance, FreezingAndThawing) {
    int killed = 0;
    for (int i = 0; i <= kKillsEach; ++i) {
        killed += run_and_kill({i % 2 == 0 ? "freeze" : "thaw", "old", "new"}) ? 1 : 0;
        ASSERT_NO_FATAL_FAILURE(expect_unharmed());
    }
    EXPECT_GT(killed, 0);
    for (const std::string command : {"freeze", "thaw"}) {
        must({command, "old", "new"});
        EXPECT_EQ(e2e::json_of(run({command, "old", "new", "--json"})).at("columns"), 0) << command;
        expect_unharmed();
    }
}

TEST_F(KilledMaintenance, Compacting) {
    int killed = 0;
    for (int i = 0; i <= kKillsEach; ++i) {
        killed += run_and_kill({"compact"}) ? 1 : 0;
        ASSERT_NO_FATAL_FAILURE(expect_unharmed());
    }
    EXPECT_GT(killed, 0);
    must({"compact"});
    expect_unharmed();
}

/// The bundle's firmwares are there whole or not at all, and leave nothing that another firmware takes for its own.
TEST_F(KilledMaintenance, Importing) {
    int killed = 0;
    for (int i = 0; i <= kKillsEach; ++i) {
        fs::remove_all(store());
        must({"index", source("old"), "--name", "mine", "--quiet"});
        killed += run_and_kill({"import", bundle()}) ? 1 : 0;
        const size_t firmwares = e2e::json_lines_of(run({"list", "--json"})).size();
        ASSERT_TRUE(firmwares == 1 || firmwares == 3) << firmwares;
        must({"index", source("new"), "--name", "later", "--quiet"});
        expect_sound();
        must({"import", bundle()});
        ASSERT_NO_FATAL_FAILURE(expect_unharmed());
        EXPECT_EQ(run({"diff", "new", "later", "--exit-code"}).exit_code, e2e::kDone);
        EXPECT_EQ(run({"diff", "old", "mine", "--exit-code"}).exit_code, e2e::kDone);
    }
    EXPECT_GT(killed, 0);
}

}  // namespace
}  // namespace strata::hostile
