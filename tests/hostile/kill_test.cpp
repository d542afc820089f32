// The end of a run before its time: kills, signals, a second writer, readers beside a writer.
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <signal.h>

#include <filesystem>
#include <random>
#include <thread>

#include "dscgen/dscgen.h"
#include "running.h"
#include "support/file_maker.h"
#include "support/temp_dir.h"

namespace strata::hostile {
namespace {
using e2e::Json;
using e2e::Outcome;
using std::chrono::milliseconds;

constexpr uint64_t kImages = 600;
constexpr int kKills = 100;
constexpr int kInterrupted = 130;

/// One cache for all tests, large enough that indexing it takes a while.
class Ending : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        shared_ = std::make_unique<Shared>();
        dscgen::Spec spec;
        spec.images = kImages;
        spec.symbols = kImages * 500;
        dscgen::make(spec, shared_->dir / "cache");
    }
    static void TearDownTestSuite() { shared_.reset(); }

    static std::string cache() { return shared_->dir / "cache"; }
    std::string store() const { return dir_ / "store"; }
    std::vector<std::string> index(const std::string& jobs = "1") const {
        return {"index", cache(), "--name", "it", "--jobs", jobs, "--stats", "--quiet", "--store", store()};
    }
    Outcome run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--store", store()});
        return e2e::run_strata(arguments);
    }

    /// How long an undisturbed run takes here and now.
    static milliseconds whole_run() {
        const e2e::TempDir dir;
        const auto start = std::chrono::steady_clock::now();
        const Outcome outcome =
            e2e::run_strata({"index", cache(), "--name", "it", "--jobs", "1", "--store", dir / "store"});
        EXPECT_EQ(outcome.exit_code, e2e::kDone) << describe(outcome);
        return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
    }

    static Json stats_of(const Outcome& outcome) { return e2e::parse_lines(outcome.err).back(); }

    /// Images that the store has, however unfinished the firmware is.
    uint64_t images_stored() const {
        const Outcome images = run({"images", "it", "--json"});
        return images.exit_code == e2e::kDone ? e2e::parse_lines(images.out).size() : 0;
    }

    /// Everything the store says of the firmware equals what an undisturbed one says.
    void expect_whole(const std::string& name = "it") const {
        e2e::IndexedStore fresh;
        fresh.index(cache(), name);
        const Outcome images = run({"images", name, "--json"});
        EXPECT_EQ(images.out, fresh.run({"images", name, "--json"}).out);
        const auto lines = e2e::json_lines_of(images);
        EXPECT_EQ(lines.size(), kImages);
        // All images in full would be 600 processes twice over: every fifteenth.
        for (size_t i = 0; i < lines.size(); i += 15) {
            const std::string path = lines[i].at("path");
            EXPECT_EQ(run({"show", name, path, "--json"}).out, fresh.run({"show", name, path, "--json"}).out) << path;
        }
    }

    e2e::TempDir dir_;

  private:
    struct Shared {
        e2e::TempDir dir;
    };
    static inline std::unique_ptr<Shared> shared_;
};

/// One store that lives through `kKills` kills while one firmware after another is indexed into it.
class LongLife {
  public:
    LongLife(std::string cache, std::string store, milliseconds whole)
        : cache_(std::move(cache)), store_(std::move(store)), whole_(whole) {}

    int kills() const { return kills_; }
    int resumed_runs() const { return resumed_runs_; }
    const std::vector<std::string>& finished() const { return finished_; }

    /// One run that is killed at a random moment, or completes its firmware before that.
    void run_and_kill() {
        Running running(arguments(random_() % 2 == 0 ? "1" : "2"));
        std::this_thread::sleep_for(milliseconds(5) + whole_ * (random_() % 100) / 120);
        running.signal(SIGKILL);
        const auto outcome = running.wait(std::chrono::seconds(20));
        ASSERT_TRUE(outcome);
        if (outcome->signal == SIGKILL) {
            ++kills_;
            expect_nothing_lost();
        } else {
            expect_resumed(*outcome);
        }
    }

    void complete() { expect_resumed(e2e::run_strata(arguments("2"))); }

  private:
    std::string name() const { return "it" + std::to_string(finished_.size()); }
    std::vector<std::string> arguments(const std::string& jobs) const {
        return {"index", cache_, "--name", name(), "--jobs", jobs, "--stats", "--quiet", "--store", store_};
    }

    /// What was committed once stays.
    void expect_nothing_lost() {
        const Outcome images = e2e::run_strata({"images", name(), "--json", "--store", store_});
        const uint64_t now = images.exit_code == e2e::kDone ? e2e::parse_lines(images.out).size() : 0;
        EXPECT_GE(now, committed_);
        committed_ = now;
    }

    /// A run that came to its end did not do again what earlier ones had committed.
    void expect_resumed(const Outcome& outcome) {
        ASSERT_EQ(outcome.exit_code, e2e::kDone) << describe(outcome);
        const Json stats = e2e::parse_lines(outcome.err).back();
        EXPECT_EQ(stats.at("images_resumed"), committed_) << describe(outcome);
        EXPECT_EQ(stats.at("images_extracted"), kImages - committed_) << describe(outcome);
        if (committed_ != 0) ++resumed_runs_;
        committed_ = 0;
        finished_.push_back(name());
    }

    const std::string cache_;
    const std::string store_;
    const milliseconds whole_;
    std::mt19937_64 random_{4711};
    std::vector<std::string> finished_;
    uint64_t committed_ = 0;
    int kills_ = 0;
    int resumed_runs_ = 0;
};

TEST_F(Ending, KilledAHundredTimesInOneLife) {
    LongLife life(cache(), store(), whole_run());
    for (int run = 0; life.kills() < kKills; ++run) {
        ASSERT_LT(run, 20 * kKills) << "only " << life.kills() << " runs were killed before their end";
        ASSERT_NO_FATAL_FAILURE(life.run_and_kill());
    }
    ASSERT_NO_FATAL_FAILURE(life.complete());
    EXPECT_GE(life.resumed_runs(), 1);
    const Outcome verified = run({"verify"});
    EXPECT_EQ(verified.exit_code, e2e::kDone) << describe(verified);
    const std::string first = life.finished().front();
    expect_whole(first);
    for (const auto& name : life.finished()) {
        const Outcome same = run({"diff", first, name, "--exit-code"});
        EXPECT_EQ(same.exit_code, e2e::kDone) << describe(same);
        EXPECT_EQ(run({"images", name, "--json"}).out, run({"images", first, "--json"}).out) << name;
    }
}

/// What was committed before a stop is not done again.
TEST_F(Ending, StoppedAndResumed) {
    const auto whole = whole_run();
    uint64_t extracted = 0;
    int stopped = 0;
    for (const int signal : {SIGINT, SIGTERM, SIGINT}) {
        Running running(index());
        std::this_thread::sleep_for(milliseconds(20) + whole / 5);
        const auto asked = std::chrono::steady_clock::now();
        running.signal(signal);
        const auto outcome = running.wait(std::chrono::seconds(20));
        ASSERT_TRUE(outcome);
        if (outcome->exit_code == e2e::kDone) {  // it was over before the signal came
            extracted = kImages;
            break;
        }
        ++stopped;
        EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(1));
        EXPECT_EQ(outcome->exit_code, kInterrupted) << describe(*outcome);
        EXPECT_TRUE(holds(outcome->err, "run the same command again")) << describe(*outcome);
        const auto state = e2e::json_lines_of(run({"list", "--json"}));
        if (state.empty()) continue;  // before there was anything
        EXPECT_EQ(state.at(0).at("state"), "indexing");
        extracted = e2e::json_lines_of(run({"images", "it", "--json"})).size();
    }
    EXPECT_GE(stopped, 1) << "the run was over each time";
    const Outcome last = e2e::run_strata(index());
    EXPECT_EQ(last.exit_code, e2e::kDone) << describe(last);
    EXPECT_EQ(stats_of(last).at("images_resumed"), extracted) << describe(last);
    EXPECT_EQ(stats_of(last).at("images_extracted"), kImages - extracted) << describe(last);
    expect_whole();
}

TEST_F(Ending, ASecondWriterIsTurnedAway) {
    Running first(index());
    // The lock is taken when the store is opened.
    for (int i = 0; i < 500 && !std::filesystem::exists(store() + "/CURRENT"); ++i)
        std::this_thread::sleep_for(milliseconds(2));
    first.signal(SIGSTOP);
    const Outcome second = e2e::run_strata({"index", cache(), "--name", "other", "--store", store()});
    first.signal(SIGCONT);
    EXPECT_EQ(second.exit_code, e2e::kStoreTrouble) << describe(second);
    EXPECT_TRUE(holds(second.err, "locked") && holds(second.err, store())) << describe(second);
    const auto outcome = first.wait(std::chrono::seconds(60));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->exit_code, e2e::kDone) << describe(*outcome);
}

/// What a writer leaves that is killed while it makes the store: the next one finishes it, readers say there is none
/// yet.
TEST_F(Ending, KilledWhileMakingTheStore) {
    rocksdb::DB* half_made = nullptr;
    rocksdb::Options options;
    options.create_if_missing = true;
    ASSERT_TRUE(rocksdb::DB::Open(options, store(), &half_made).ok());
    delete half_made;
    const Outcome list = run({"list", "--json"});
    EXPECT_EQ(list.signal, 0) << describe(list);
    EXPECT_EQ(list.out, "");
    const Outcome index_now = e2e::run_strata(index());
    EXPECT_EQ(index_now.exit_code, e2e::kDone) << describe(index_now);
    EXPECT_EQ(e2e::json_lines_of(run({"list", "--json"})).size(), 1U);
}

TEST_F(Ending, ReadersBesideAWriter) {
    const Outcome first = e2e::run_strata({"index", cache(), "--name", "first", "--store", store()});
    ASSERT_EQ(first.exit_code, e2e::kDone) << describe(first);
    Running writer(index());
    int beside = 0;
    std::optional<Outcome> done;
    while (!(done = writer.wait(milliseconds(1)))) {
        for (const std::vector<std::string>& command : {std::vector<std::string>{"list", "--json"},
                                                        {"images", "first", "--json"},
                                                        {"diff", "first", "first", "--exit-code"}}) {
            const Outcome reader = run(command);
            EXPECT_EQ(reader.exit_code, e2e::kDone) << describe(reader);
            ++beside;
        }
    }
    EXPECT_EQ(done->exit_code, e2e::kDone) << describe(*done);
    EXPECT_GE(beside, 3);
    const Outcome same = run({"diff", "first", "it", "--exit-code"});
    EXPECT_EQ(same.exit_code, e2e::kDone) << describe(same);
}

/// Maintenance deletes files that readers have open, and lays records anew under them.
TEST_F(Ending, ReadersBesideMaintenance) {
    for (const char* name : {"first", "it"}) {
        const Outcome index = e2e::run_strata({"index", cache(), "--name", name, "--store", store()});
        ASSERT_EQ(index.exit_code, e2e::kDone) << describe(index);
    }
    const std::string images = run({"images", "first", "--json"}).out;
    const std::vector<std::string> show{"show", "first", e2e::parse_lines(images).at(7).at("path"), "--json"};
    const std::string facts = run(show).out;
    int beside = 0;
    for (const std::vector<std::string>& command : {std::vector<std::string>{"freeze", "first", "it"},
                                                    {"thaw", "first", "it"},
                                                    {"compact"},
                                                    {"remove", "it", "--keep-columns"},
                                                    {"gc"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"--store", store()});
        Running writer(arguments);
        std::optional<Outcome> done;
        while (!(done = writer.wait(milliseconds(1)))) {
            const Outcome reader = run(show);
            EXPECT_EQ(reader.exit_code, e2e::kDone) << describe(reader);
            EXPECT_TRUE(reader.out == facts) << "other facts beside " << command.front();
            ++beside;
        }
        EXPECT_EQ(done->exit_code, e2e::kDone) << describe(*done);
    }
    EXPECT_GE(beside, 5);
    EXPECT_EQ(run({"images", "first", "--json"}).out, images);
    const Outcome verified = run({"verify"});
    EXPECT_EQ(verified.exit_code, e2e::kDone) << describe(verified);
}

/// A firmware of a tree, a cache, and a second tree with paths that the first has too, and files that cannot be read.
class EndingOfSeveral : public ::testing::Test {
  protected:
    static constexpr int kKillsAStep = 6;

    EndingOfSeveral() {
        for (int i = 0; i < 150; ++i) {
            const std::string name = "lib" + std::to_string(i);
            write("root/usr/lib/" + name, test::make_dylib(name));
            write("apps/" + std::string(i % 2 == 0 ? "usr/lib/" : "bin/") + name, test::make_dylib(name + "app"));
        }
        for (const char* tree : {"root", "apps"})
            write(std::string(tree) + "/usr/broken", test::make_dylib("broken").substr(0, 0x1050));
        dscgen::Spec spec;
        spec.images = 80;
        spec.symbols = 80 * 200;
        dscgen::make(spec, dir_ / "cache");
    }

    void write(const std::string& path, const std::string& bytes) const {
        std::filesystem::create_directories((dir_.path() / path).parent_path());
        test::write_file(dir_.path() / path, bytes);
    }

    std::vector<std::string> index(const std::vector<std::string>& sources, const std::string& store,
                                   bool extend = false) const {
        std::vector<std::string> arguments{"index", "--name", "it", "--quiet", "--store", dir_ / store};
        if (extend) arguments.emplace_back("--extend");
        for (const auto& source : sources) arguments.push_back(dir_ / source);
        return arguments;
    }

    /// Starts a run until it comes to its end by itself, and kills the first ones at random moments.
    void kill_until_done(const std::vector<std::string>& arguments, milliseconds whole) {
        for (int run = 0;; ++run) {
            Running running(arguments);
            if (run < kKillsAStep) {
                std::this_thread::sleep_for(whole * (random_() % 100) / 100);
                running.signal(SIGKILL);
            }
            const auto outcome = running.wait(std::chrono::seconds(60));
            ASSERT_TRUE(outcome);
            if (outcome->signal == SIGKILL) {
                ++kills_;
                continue;
            }
            ASSERT_EQ(outcome->exit_code, e2e::kSomeFailed) << describe(*outcome);
            return;
        }
    }

    /// Everything that is told of the firmware.
    std::string told(const std::string& store) const {
        const auto run = [&](std::vector<std::string> arguments) {
            arguments.insert(arguments.end(), {"--store", dir_ / store});
            return e2e::run_strata(arguments).out;
        };
        std::string text = run({"list", "--json"}) + run({"images", "it", "--json"});
        const auto images = e2e::parse_lines(run({"images", "it", "--json"}));
        for (size_t i = 0; i < images.size(); i += 25)
            text += run({"show", "it", images[i].at("path").get<std::string>(), "--json"});
        const Outcome verified = e2e::run_strata({"verify", "--store", dir_ / store});
        EXPECT_EQ(verified.exit_code, e2e::kDone) << describe(verified);
        return text;
    }

    e2e::TempDir dir_;
    std::mt19937_64 random_{20261129};
    int kills_ = 0;
};

TEST_F(EndingOfSeveral, KilledInOneGoOrWhileExtended) {
    const auto start = std::chrono::steady_clock::now();
    const Outcome undisturbed = e2e::run_strata(index({"root", "cache", "apps"}, "whole"));
    const auto whole = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
    ASSERT_EQ(undisturbed.exit_code, e2e::kSomeFailed) << describe(undisturbed);
    const std::string expected = told("whole");
    EXPECT_TRUE(holds(expected, "\"usr/lib/lib0#2\"")) << "keys that are taken";

    ASSERT_NO_FATAL_FAILURE(kill_until_done(index({"root", "cache", "apps"}, "in one go"), whole));
    EXPECT_EQ(told("in one go"), expected);

    ASSERT_NO_FATAL_FAILURE(kill_until_done(index({"root"}, "steps"), whole / 3));
    ASSERT_NO_FATAL_FAILURE(kill_until_done(index({"cache"}, "steps", true), whole / 3));
    ASSERT_NO_FATAL_FAILURE(kill_until_done(index({"apps"}, "steps", true), whole / 3));
    EXPECT_EQ(told("steps"), expected);
    EXPECT_GE(kills_, kKillsAStep / 2) << "of all these runs hardly one was killed before its end";
}

}  // namespace
}  // namespace strata::hostile
