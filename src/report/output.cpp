#include "report/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace strata::report {

Output::Output() : file_(stdout) {}

Output::Output(const std::string& path) : file_(nullptr), path_(path), temporary_(path + ".partial") {
    file_ = std::fopen(temporary_.c_str(), "wb");
    if (file_ == nullptr) fail();
}

Output::~Output() {
    if (temporary_.empty()) return;
    if (file_ != nullptr) std::fclose(file_);
    ::unlink(temporary_.c_str());
}

void Output::write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
}

void Output::finish() {
    if (std::fflush(file_) != 0) fail();
    if (temporary_.empty()) return;
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    if (!closed || std::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
    temporary_.clear();
}

bool Output::is_terminal() const {
    return ::isatty(::fileno(file_)) == 1;
}

void Output::fail() const {
    throw base::Error::io(path_.empty() ? "standard output" : path_,
                          std::string("cannot write: ") + std::strerror(errno));
}

}  // namespace strata::report
