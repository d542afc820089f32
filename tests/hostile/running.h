// The program running beside the test: to signal it, kill it, or change its input under it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "e2e/harness.h"

namespace strata::hostile {

/// What no input may ever cause, whatever it is: a signal, an unexpected exit code, more memory than promised.
void expect_orderly(const e2e::Outcome& run);

/// What strata, or a parser of ours, may take for one damaged file.
inline constexpr std::chrono::seconds kTimeLimit(2);

/// True when `text` holds `part`.
bool holds(const std::string& text, std::string_view part);

/// One `strata` process. Killed when this goes out of scope and it still runs.
class Running {
  public:
    /// Throws std::runtime_error when the program cannot be started.
    explicit Running(const std::vector<std::string>& arguments);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    void signal(int number) const;

    /// Waits at most so long; empty when it still runs then.
    std::optional<e2e::Outcome> wait(std::chrono::milliseconds limit);

  private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::string command_;
    std::unique_ptr<std::FILE, Closer> out_;
    std::unique_ptr<std::FILE, Closer> err_;
    pid_t pid_ = -1;
};

}  // namespace strata::hostile
