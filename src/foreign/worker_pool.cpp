#include "foreign/worker_pool.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "base/text.h"
#include "foreign/elf_prepare.h"
#include "foreign/wire.h"
#include "foreign/worker.h"

extern char** environ;

namespace strata::foreign {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr uint64_t kSendStep = 1U << 20;

uint64_t size_of(const std::vector<FilePart>& parts) {
    uint64_t size = 0;
    for (const auto& part : parts) size += part.size;
    return size;
}

/// What is wrong with a file is told by the worker, whatever it is.
std::vector<FilePart> needed_parts(Format format, base::ByteView file) {
    try {
        if (format == Format::kElf) return needed_parts_of_elf({file.data(), file.size()});
    } catch (const std::runtime_error&) {
        // Its tables cannot be read.
    }
    return {{0, file.size()}};
}

std::string seconds_text(milliseconds time) {
    const auto tenths = time.count() / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

/// Arguments of posix_spawn, freed at the end.
class SpawnSettings {
  public:
    explicit SpawnSettings(int socket) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, socket, kWorkerSocket);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    const posix_spawn_file_actions_t* actions() const { return &actions_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

  private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

/// This process's environment, and that the worker's malloc asks for huge pages: a parser that copies a file four times
/// otherwise spends most of its time in page faults. Whoever sets GLIBC_TUNABLES knows better.
class WorkerEnvironment {
  public:
    WorkerEnvironment() {
        for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
            variables_.push_back(*variable);
        if (::getenv("GLIBC_TUNABLES") == nullptr) variables_.push_back(huge_pages_.data());
        variables_.push_back(nullptr);
    }
    WorkerEnvironment(const WorkerEnvironment&) = delete;
    WorkerEnvironment& operator=(const WorkerEnvironment&) = delete;

    char* const* get() const { return variables_.data(); }

  private:
    std::string huge_pages_ = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1";
    std::vector<char*> variables_;
};

/// A start that fails is the machine's trouble, not the file's.
[[noreturn]] void fail_start(const WorkerProgram& program, const char* what, int error) {
    throw base::Error::io(program.path, std::string("cannot start a worker: ") + what + ": " + ::strerror(error));
}

}  // namespace

WorkerProgram WorkerProgram::self() {
    return {"/proc/self/exe", {kWorkerArgument}};
}

WorkerProgram WorkerProgram::other(std::string path) {
    return {std::move(path), {kWorkerArgument}};
}

struct WorkerPool::Gone {
    std::string why;
    bool may_depend_on_history = true;
};

/// One process and this end of its socket.
class WorkerPool::Worker {
  public:
    explicit Worker(const WorkerProgram& program) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            fail_start(program, "socket", errno);
        socket_.emplace(ends[0]);
        const Descriptor other(ends[1]);
        const SpawnSettings settings(other.get());
        const WorkerEnvironment environment;
        std::vector<char*> argv{const_cast<char*>(program.path.c_str())};
        for (const auto& argument : program.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
        argv.push_back(nullptr);
        const int failed = ::posix_spawn(&pid_, program.path.c_str(), settings.actions(), settings.attributes(),
                                         argv.data(), environment.get());
        if (failed != 0) fail_start(program, "spawn", failed);
    }

    ~Worker() { (void)end(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    unsigned files() const { return files_; }

    /// Asks for one file. Throws Gone when the worker is of no use any more, base::Error when the file is.
    std::unique_ptr<Facts> ask(Format format, base::ByteView file, const std::vector<FilePart>& parts,
                               const WorkerLimits& limits, const std::function<void(uint64_t)>& touched) {
        ++files_;
        in_step_ = false;
        const auto mib = static_cast<int64_t>(file.size() >> 20);
        processor_ = limits.processor + limits.processor_per_mib * mib;
        memory_ = limits.memory + limits.memory_per_byte * file.size();
        patience_ = processor_ * limits.patience;
        deadline_ = Clock::now() + patience_;
        Request request;
        request.format = static_cast<uint32_t>(format);
        request.whole_size = file.size();
        request.size = size_of(parts);
        request.parts = parts.size();
        request.memory = memory_;
        request.processor = static_cast<uint64_t>(processor_.count());
        send({reinterpret_cast<const char*>(&request), sizeof request});
        send({reinterpret_cast<const char*>(parts.data()), parts.size() * sizeof(FilePart)});
        for (const auto& part : parts) send_part(file.as_text().substr(part.offset, part.size), touched);
        return receive_facts(format, file);
    }

    /// Whether the last file was answered to its end: only then the next one may be asked for.
    bool in_step() const { return in_step_; }

  private:
    void send_part(std::string_view bytes, const std::function<void(uint64_t)>& touched) {
        for (uint64_t at = 0; at < bytes.size(); at += kSendStep) {
            const uint64_t step = std::min<uint64_t>(kSendStep, bytes.size() - at);
            send(bytes.substr(at, step));
            touched(step);
        }
    }

    std::unique_ptr<Facts> receive_facts(Format format, base::ByteView file) {
        FactsDecoder decoder(format, file);
        std::string payload;
        while (!decoder.done()) {
            std::array<char, kFrameHead> head{};
            receive(head.data(), head.size());
            uint32_t size = 0;
            for (unsigned i = 0; i < 4; ++i) size |= uint32_t{static_cast<uint8_t>(head[1 + i])} << (8 * i);
            if (size > kMaxFrame) throw Gone{"sent a frame of " + std::to_string(size) + " bytes", false};
            payload.resize(size);
            receive(payload.data(), size);
            const auto kind = static_cast<uint8_t>(head[0]);
            if (kind == static_cast<uint8_t>(FrameKind::kError)) in_step_ = true;
            decoder.frame(kind, payload);
        }
        in_step_ = true;
        return decoder.take();
    }

    void wait_for(short event) {
        for (;;) {
            const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - Clock::now()).count();
            if (left <= 0) throw Gone{"gave no answer for " + seconds_text(patience_), false};
            pollfd socket{socket_->get(), event, 0};
            const int ready = ::poll(&socket, 1, static_cast<int>(std::min<int64_t>(left + 1, INT32_MAX)));
            if (ready > 0) return;
            if (ready < 0 && errno != EINTR) throw Gone{std::string("poll: ") + ::strerror(errno)};
        }
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            wait_for(POLLOUT);
            const ssize_t sent = ::send(socket_->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (sent < 0) throw end();
            bytes.remove_prefix(static_cast<size_t>(sent));
        }
    }

    void receive(char* to, size_t size) {
        while (size > 0) {
            wait_for(POLLIN);
            const ssize_t got = ::recv(socket_->get(), to, size, MSG_DONTWAIT);
            if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (got <= 0) throw end();
            to += got;
            size -= static_cast<size_t>(got);
        }
    }

    /// Ends the process, if it has not ended, and tells how it did.
    Gone end() {
        if (pid_ <= 0) return {"is gone"};
        // One that closed its socket is about to exit by itself: how it does tells why.
        const bool over = wait_briefly();
        if (!over) {
            ::kill(pid_, SIGKILL);
            while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
            }
        }
        pid_ = -1;
        const bool timed_out = WIFSIGNALED(status_) && WTERMSIG(status_) == SIGPROF;
        return {ended_how(), !timed_out};
    }

    bool wait_briefly() {
        socket_.reset();  // it must not wait for us
        for (int i = 0; i < 50; ++i) {
            const pid_t done = ::waitpid(pid_, &status_, WNOHANG);
            // Nobody to wait for: the embedder ignores SIGCHLD, or reaps for us.
            if (done == pid_ || (done < 0 && errno == ECHILD)) return true;
            if (in_step_ || Clock::now() >= deadline_) return false;
            ::usleep(static_cast<useconds_t>(i) * 100);
        }
        return false;
    }

    std::string ended_how() const {
        if (WIFEXITED(status_) && WEXITSTATUS(status_) == kExitMemory)
            return "needs more than " + base::size_text(memory_) + " of memory";
        if (WIFSIGNALED(status_) && WTERMSIG(status_) == SIGPROF)
            return "took more than " + seconds_text(processor_) + " of processor time";
        if (WIFSIGNALED(status_))
            return "was ended by signal " + std::to_string(WTERMSIG(status_)) + " (" + ::strsignal(WTERMSIG(status_)) +
                   ")";
        return "ended with code " + std::to_string(WEXITSTATUS(status_));
    }

    std::optional<Descriptor> socket_;
    pid_t pid_ = -1;
    int status_ = 0;
    unsigned files_ = 0;
    bool in_step_ = true;
    milliseconds processor_{0};
    milliseconds patience_{0};
    uint64_t memory_ = 0;
    Clock::time_point deadline_ = Clock::time_point::max();
};

/// Waits until a file of this size may be read beside the others, and makes room again at the end.
class WorkerPool::Share {
  public:
    Share(WorkerPool& pool, uint64_t bytes) : pool_(pool), bytes_(bytes) {
        std::unique_lock lock(pool_.mutex_);
        pool_.room_.wait(lock,
                         [&] { return pool_.in_flight_ == 0 || pool_.in_flight_ + bytes_ <= pool_.limits_.in_flight; });
        pool_.in_flight_ += bytes_;
    }
    ~Share() {
        const std::lock_guard lock(pool_.mutex_);
        pool_.in_flight_ -= bytes_;
        pool_.room_.notify_all();
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

  private:
    WorkerPool& pool_;
    const uint64_t bytes_;
};

WorkerPool::WorkerPool(WorkerProgram program, WorkerLimits limits) : program_(std::move(program)), limits_(limits) {}

WorkerPool::~WorkerPool() = default;

std::unique_ptr<WorkerPool::Worker> WorkerPool::take(bool fresh) {
    {
        const std::lock_guard lock(mutex_);
        if (!fresh && !idle_.empty()) {
            auto worker = std::move(idle_.back());
            idle_.pop_back();
            return worker;
        }
        ++started_;
        ++alive_;
    }
    try {
        return std::make_unique<Worker>(program_);
    } catch (...) {
        const std::lock_guard lock(mutex_);
        --alive_;
        throw;
    }
}

void WorkerPool::give_back(std::unique_ptr<Worker> worker) {
    const bool useful = worker->in_step() && worker->files() < limits_.files;
    if (!useful) worker.reset();  // not under the lock: it waits for the process
    const std::lock_guard lock(mutex_);
    if (useful) {
        idle_.push_back(std::move(worker));
    } else {
        --alive_;
    }
}

std::unique_ptr<Facts> WorkerPool::read(Format format, base::ByteView file,
                                        const std::function<void(uint64_t)>& touched) {
    const std::string name(format_name(format));
    if (program_.path.empty())
        throw file.error(0, name + " files are read by a worker process, and no program for it is known",
                         "a worker program, such as strata-worker");
    if (file.size() > limits_.file)
        throw file.error(0, name + " file of " + base::size_text(file.size()),
                         "at most " + base::size_text(limits_.file));
    const auto parts = needed_parts(format, file);
    const Share share(*this, size_of(parts));
    for (bool fresh = false;; fresh = true) {
        auto worker = take(fresh);
        const bool first = worker->files() == 0;
        try {
            auto facts = worker->ask(format, file, parts, limits_, touched);
            give_back(std::move(worker));
            return facts;
        } catch (const Gone& gone) {
            give_back(std::move(worker));
            if (!first && gone.may_depend_on_history) continue;
            throw file.error(0, "the " + name + " parser " + gone.why, "a file that it can read");
        } catch (...) {
            give_back(std::move(worker));
            throw;
        }
    }
}

unsigned WorkerPool::alive() const {
    const std::lock_guard lock(mutex_);
    return alive_;
}

unsigned WorkerPool::started() const {
    const std::lock_guard lock(mutex_);
    return started_;
}

}  // namespace strata::foreign
