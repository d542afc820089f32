// Progress of long work on a terminal: one line that is redrawn, gone when the work is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tool {

/// Silent when standard error is not a terminal or `quiet` is set.
class Progress {
  public:
    Progress(std::string what, bool quiet);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `bytes`: input gone through so far; 0 = not known.
    void update(uint64_t done, uint64_t total, uint64_t bytes);
    /// Of files, when nobody knows how many there are.
    void update(uint64_t files);
    /// Takes the line off the screen; also before anything else is printed.
    void clear();

  private:
    void draw(const std::string& line);

    std::string what_;
    bool on_;
    bool drawn_ = false;
    uint64_t first_done_ = 0;
    bool started_ = false;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point last_;
};

}  // namespace tool
