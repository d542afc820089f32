#include "running.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace strata::hostile {
namespace {

std::string program_path() {
    const char* from_environment = std::getenv("STRATA_BIN");
    return from_environment != nullptr ? from_environment : STRATA_BIN;
}

std::string contents(std::FILE* file) {
    std::rewind(file);
    std::string text;
    std::array<char, 4096> buffer;
    for (size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), file)) > 0;) text.append(buffer.data(), n);
    return text;
}

}  // namespace

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

void expect_orderly(const e2e::Outcome& run) {
    EXPECT_EQ(run.signal, 0) << describe(run);
    EXPECT_TRUE(run.exit_code == e2e::kDone || run.exit_code == e2e::kUsage || run.exit_code == e2e::kSomeFailed)
        << describe(run);
    EXPECT_FALSE(holds(run.err, "unexpected error")) << describe(run);
    if (e2e::memory_is_measurable()) {
        EXPECT_LE(run.peak_rss_kib, e2e::kMemoryBudgetKib) << describe(run);
    }
}

Running::Running(const std::vector<std::string>& arguments)
    : command_("strata"), out_(std::tmpfile()), err_(std::tmpfile()) {
    if (!out_ || !err_) throw std::runtime_error("no temporary file for the program's output");
    const std::string program = program_path();
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const auto& argument : arguments) {
        command_ += " " + argument;
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ != 0) return;
    ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    ::dup2(::fileno(out_.get()), STDOUT_FILENO);
    ::dup2(::fileno(err_.get()), STDERR_FILENO);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
}

Running::~Running() {
    if (pid_ < 0) return;
    signal(SIGKILL);
    (void)wait(std::chrono::seconds(10));
}

void Running::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

std::optional<e2e::Outcome> Running::wait(std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    int status = 0;
    rusage usage{};
    while (::wait4(pid_, &status, WNOHANG, &usage) == 0) {
        if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    pid_ = -1;
    e2e::Outcome run;
    run.command = command_;
    if (WIFEXITED(status)) run.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) run.signal = WTERMSIG(status);
    run.peak_rss_kib = usage.ru_maxrss;
    run.out = contents(out_.get());
    run.err = contents(err_.get());
    return run;
}

}  // namespace strata::hostile
