// Progress of long work on a terminal: one line that is redrawn, gone when the work is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tool {

/// Silent when standard error is not a terminal or `quiet` is set.
class Progress {
  public:
    /// `what` is done to `things` ("images"); things called "bytes" are shown as sizes.
    Progress(std::string what, std::string things, bool quiet);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `total` 0: nobody knows. `bytes`: input gone through so far; 0: not known.
    void update(uint64_t done, uint64_t total, uint64_t bytes = 0);
    /// For a step that cannot say how far it is.
    void say(const std::string& step);
    /// Takes the line off the screen; also before anything else is printed.
    void clear();
    /// Clears, and shows nothing from here on.
    void stop();

  private:
    std::string amount(uint64_t count) const;
    std::string rates(uint64_t done, uint64_t total, uint64_t bytes, double seconds) const;
    void draw(const std::string& line);

    std::string what_;
    std::string things_;
    bool on_;
    bool drawn_ = false;
    uint64_t first_done_ = 0;
    bool started_ = false;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point last_;
};

}  // namespace tool
