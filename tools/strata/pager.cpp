#include "pager.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

namespace tool {
namespace {

std::string pager_command() {
    for (const char* name : {"STRATA_PAGER", "PAGER"})
        if (const char* value = std::getenv(name)) return value;
    return "less";
}

bool is_on_path(const std::string& program) {
    if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');)
        if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
    return false;
}

/// By a shell, since $PAGER may have options; its standard input is `input`.
pid_t spawn_shell(const std::string& command, int input) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    ::posix_spawn_file_actions_addclose(&actions, input);
    const char* arguments[] = {"sh", "-c", command.c_str(), nullptr};
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, "sh", &actions, nullptr, const_cast<char* const*>(arguments), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    return failed == 0 ? child : 0;
}

}  // namespace

void Pager::start() {
    const std::string command = pager_command();
    if (running() || command.empty() || command == "cat") return;
    // Its first word: $PAGER may have options. Without the program there would be no report at all.
    if (!is_on_path(command.substr(0, command.find(' ')))) return;
    // What git sets: F leaves at once when all fits a screen, R lets colours through, X does not clear the screen.
    ::setenv("LESS", "FRX", 0);
    ::setenv("LV", "-c", 0);
    int ends[2];
    terminal_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    if (terminal_ < 0 || ::pipe2(ends, O_CLOEXEC) != 0) return;
    std::fflush(stdout);
    child_ = spawn_shell(command, ends[0]);
    ::close(ends[0]);
    if (running()) {
        ::dup2(ends[1], STDOUT_FILENO);
        // A pager that is left early must not kill this process: its exit code still tells what the diff found. Ctrl-C
        // is the pager's.
        std::signal(SIGPIPE, SIG_IGN);
        std::signal(SIGINT, SIG_IGN);
    }
    ::close(ends[1]);
}

void Pager::wait() {
    if (!running()) return;
    std::fflush(stdout);
    std::clearerr(stdout);
    ::dup2(terminal_, STDOUT_FILENO);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    child_ = 0;
}

}  // namespace tool
