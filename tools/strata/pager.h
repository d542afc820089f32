// Long reports on a terminal go through the user's pager, as with git.
#pragma once

#include <sys/types.h>

namespace tool {

/// Between standard output and the terminal. From start() on what is written to standard output goes to the pager.
class Pager {
  public:
    Pager() = default;
    /// Waits until the user has left it.
    ~Pager() { wait(); }
    Pager(const Pager&) = delete;
    Pager& operator=(const Pager&) = delete;

    /// Runs $STRATA_PAGER, else $PAGER, else `less`; nothing when that is empty or `cat`, or cannot be run. `less`
    /// shows colours, and leaves what fits a screen there, unless $LESS says otherwise.
    void start();
    bool running() const { return child_ > 0; }
    /// Ends the pager's input and waits. Standard output is the terminal again.
    void wait();

  private:
    pid_t child_ = 0;
    int terminal_ = -1;  ///< what standard output was
};

}  // namespace tool
