// Where results go: standard output or a file, written as they come.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace strata::report {

/// Buffered by the C library only. A file is written under a temporary name and renamed by finish(), so that an
/// interrupted run leaves no half report. What is there and is no plain file (a pipe, a device) is written to as it
/// is; a symbolic link stays one.
class Output {
  public:
    /// Standard output.
    Output();
    /// "-" is standard output. Throws base::Error(kIo) when the file cannot be made, kUsage when it is a folder.
    explicit Output(const std::string& path);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// Throws base::Error(kIo) when it cannot be written (disk full, closed pipe).
    void write(std::string_view text);

    /// Flushes; a file gets its name. Throws like write().
    void finish();

    bool is_terminal() const;

  private:
    [[noreturn]] void fail() const;

    std::FILE* file_;
    std::string path_;
    std::string temporary_;
};

}  // namespace strata::report
