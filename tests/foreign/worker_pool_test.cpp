// Workers that crash, hang, eat memory, lie and stop half-way: each is one failed file, and the next one is read.
#include "foreign/worker_pool.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/sanitizers.h"

namespace strata::foreign {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

WorkerProgram misbehaving() {
    return {STRATA_MISBEHAVING_WORKER, {}};
}

/// Short, so that tests of hangs do not take long.
WorkerLimits hasty() {
    WorkerLimits limits;
    limits.processor = milliseconds(300);
    limits.patience = 100;  // the machine may be busy
    limits.memory = 128U << 20;
    return limits;
}

class Order {
  public:
    explicit Order(std::string text) : text_(std::move(text)), source_{"file", bytes()} {}
    base::ByteView view() const { return {&source_, bytes(), text_.size()}; }

  private:
    const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(text_.data()); }
    std::string text_;
    base::ByteSource source_;
};

std::unique_ptr<Facts> read(WorkerPool& pool, const std::string& order) {
    const Order file(order);
    auto facts = pool.read(Format::kElf, file.view(), [](uint64_t) {});
    return facts;
}

std::string failure(WorkerPool& pool, const std::string& order) {
    try {
        read(pool, order);
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
        EXPECT_EQ(error.file(), "file");
        return error.message();
    }
    return "no failure";
}

/// "PID COUNT" of the worker that read a sound file.
std::pair<pid_t, int> reader(WorkerPool& pool, const std::string& order = "sound") {
    const auto facts = read(pool, order);
    const std::string text(facts->header.install_name);
    return {std::stoi(text), std::stoi(text.substr(text.find(' ')))};
}

/// Processes whose parent is this one, zombies included.
unsigned children() {
    unsigned count = 0;
    DIR* folder = ::opendir("/proc");
    while (const dirent* entry = ::readdir(folder)) {
        std::ifstream stat(std::string("/proc/") + entry->d_name + "/stat");
        std::string line;
        if (!std::getline(stat, line)) continue;
        const size_t name_end = line.rfind(") ");
        if (name_end == std::string::npos) continue;
        if (std::stoi(line.substr(name_end + 4)) == ::getpid()) ++count;
    }
    ::closedir(folder);
    return count;
}

bool is_running(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    return std::getline(stat, line) && line.find(") Z") == std::string::npos;
}

TEST(WorkerPool, OneWorkerReadsManyFiles) {
    WorkerPool pool(misbehaving());
    const auto first = reader(pool);
    const auto second = reader(pool);
    EXPECT_EQ(first.first, second.first);
    EXPECT_EQ(second.second, 2);
    EXPECT_EQ(pool.started(), 1U);
    EXPECT_EQ(pool.alive(), 1U);
}

TEST(WorkerPool, WorkersAreReplacedBeforeTheyGrowOld) {
    WorkerLimits limits;
    limits.files = 3;
    WorkerPool pool(misbehaving(), limits);
    for (int i = 0; i < 7; ++i) EXPECT_EQ(reader(pool).second, i % 3 + 1);
    EXPECT_EQ(pool.started(), 3U);
    EXPECT_EQ(children(), pool.alive());
}

TEST(WorkerPool, EveryWayToDieIsOneFailedFile) {
    WorkerPool pool(misbehaving(), hasty());
    const std::pair<const char*, const char*> cases[] = {
        {"crash", "the ELF parser was ended by signal 11"},
        {"work", "the ELF parser took more than 0.3 s of processor time"},
        {"exit", "the ELF parser ended with code 5"},
        {"half", "the ELF parser ended with code 0"},
        {"refuse", "a file it does not like"},
        {"long frame", "the ELF parser sent a frame of 4294967295 bytes"},
        {"unknown frame", "ELF worker sent a frame of unknown kind"},
    };
    for (const auto& [order, message] : cases) {
        EXPECT_NE(failure(pool, order).find(message), std::string::npos) << order << ": " << failure(pool, order);
        EXPECT_GE(reader(pool).second, 1) << "after " << order;
        EXPECT_EQ(children(), pool.alive()) << "after " << order;
    }
}

TEST(WorkerPool, AWorkerThatWaits) {
    WorkerLimits limits;
    limits.processor = milliseconds(100);
    limits.patience = 5;
    WorkerPool pool(misbehaving(), limits);
    EXPECT_NE(failure(pool, "wait").find("the ELF parser gave no answer for 0.5 s"), std::string::npos);
    EXPECT_EQ(children(), 0U);
}

TEST(WorkerPool, SymbolsAreCounted) {
    WorkerLimits limits = hasty();
    limits.processor = milliseconds(5000);  // a million of them take a while, above all under a sanitizer
    WorkerPool pool(misbehaving(), limits);
    const std::string message = failure(pool, "flood");
    EXPECT_NE(message.find("more than 1048576 symbols"), std::string::npos) << message;
    EXPECT_GE(reader(pool).second, 1);
    EXPECT_EQ(children(), pool.alive());
}

TEST(WorkerPool, MemoryIsBounded) {
    if (base::kSanitized) GTEST_SKIP() << "skipped: a sanitizer's memory has no bound";
    WorkerLimits limits = hasty();
    limits.processor = milliseconds(5000);  // memory that nobody has used yet is slow to come by on some machines
    WorkerPool pool(misbehaving(), limits);
    EXPECT_NE(failure(pool, "allocate").find("needs more than 134.2 MB of memory"), std::string::npos)
        << failure(pool, "allocate");
}

TEST(WorkerPool, ARefusalDoesNotCostTheWorker) {
    WorkerPool pool(misbehaving());
    const auto before = reader(pool);
    failure(pool, "refuse");
    EXPECT_EQ(reader(pool), std::pair(before.first, 3));
}

/// What ends a worker that has read others is tried again in a fresh one: the verdict is about the file alone.
TEST(WorkerPool, AFileIsNotBlamedForWhatCameBefore) {
    WorkerPool pool(misbehaving());
    reader(pool);
    EXPECT_EQ(reader(pool, "second is worse").second, 1);
    EXPECT_EQ(pool.started(), 2U);
}

TEST(WorkerPool, KilledFromOutside) {
    WorkerPool pool(misbehaving());
    const auto victim = reader(pool);
    ::kill(victim.first, SIGKILL);
    EXPECT_NE(reader(pool).first, victim.first);
    EXPECT_EQ(children(), 1U);
}

TEST(WorkerPool, NothingIsLeftWhenThePoolGoes) {
    pid_t worker = 0;
    {
        WorkerPool pool(misbehaving());
        worker = reader(pool).first;
        EXPECT_TRUE(is_running(worker));
    }
    EXPECT_FALSE(is_running(worker));
    EXPECT_EQ(children(), 0U);
}

/// Whoever asks is killed while a worker hangs: the worker notices by itself.
TEST(WorkerPool, NoOrphans) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t asking = ::fork();
    if (asking == 0) {
        WorkerPool pool(misbehaving());
        const pid_t worker = reader(pool).first;
        (void)!::write(ends[1], &worker, sizeof worker);
        read(pool, "wait");
        ::_exit(1);
    }
    pid_t worker = 0;
    ASSERT_EQ(::read(ends[0], &worker, sizeof worker), static_cast<ssize_t>(sizeof worker));
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_TRUE(is_running(worker));
    ::kill(asking, SIGKILL);
    ::waitpid(asking, nullptr, 0);
    for (int i = 0; i < 500 && is_running(worker); ++i) std::this_thread::sleep_for(milliseconds(10));
    EXPECT_FALSE(is_running(worker));
    ::close(ends[0]);
    ::close(ends[1]);
}

/// Ctrl-C reaches workers too; only the one that asked may react to it.
TEST(WorkerPool, WorkersMindNoSignalsOfTheTerminal) {
    WorkerPool pool(misbehaving());
    const auto before = reader(pool);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::kill(before.first, number);
    EXPECT_EQ(reader(pool), std::pair(before.first, before.second + 1));
}

TEST(WorkerPool, ManyThreads) {
    WorkerPool pool(misbehaving(), hasty());
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                if ((i + t) % 5 == 0) {
                    if (failure(pool, "crash") != "no failure") ++failed;
                } else {
                    reader(pool);
                }
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(failed, 16);
    EXPECT_LE(pool.alive(), 4U);
    EXPECT_EQ(children(), pool.alive());
}

/// Large files go alone: their memory is a multiple of their size.
TEST(WorkerPool, LargeFilesWaitForEachOther) {
    WorkerLimits limits;
    limits.in_flight = 10;
    WorkerPool pool(misbehaving(), limits);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 5; ++i) reader(pool, "sound\n and long");
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(pool.started(), 1U);
}

TEST(WorkerPool, TooLargeAFile) {
    WorkerLimits limits;
    limits.file = 4;
    WorkerPool pool(misbehaving(), limits);
    EXPECT_NE(failure(pool, "sound").find("ELF file of 5 B"), std::string::npos) << failure(pool, "sound");
    EXPECT_EQ(pool.started(), 0U);
}

TEST(WorkerPool, NoProgram) {
    WorkerPool none(WorkerProgram{});
    EXPECT_NE(failure(none, "sound").find("no program for it is known"), std::string::npos);
    WorkerPool missing(WorkerProgram::other("/nonexistent/strata"));
    const Order file("sound");
    EXPECT_THROW(missing.read(Format::kElf, file.view(), [](uint64_t) {}), base::Error);
    EXPECT_EQ(missing.alive(), 0U);
}

/// A program that is no worker: it ends at once, or says what no worker says.
TEST(WorkerPool, AnotherProgram) {
    WorkerPool pool(WorkerProgram{"/bin/true", {}});
    EXPECT_NE(failure(pool, "sound").find("the ELF parser ended with code 0"), std::string::npos)
        << failure(pool, "sound");
    EXPECT_EQ(children(), 0U);
}

}  // namespace
}  // namespace strata::foreign
