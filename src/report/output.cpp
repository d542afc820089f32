#include "report/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"

namespace strata::report {

Output::Output() : file_(stdout) {}

Output::Output(const std::string& path) : file_(nullptr), path_(path) {
    namespace fs = std::filesystem;
    if (path == "-") {
        file_ = stdout;
        path_.clear();
        return;
    }
    std::error_code error;
    if (fs::is_directory(path, error)) throw base::Error::usage("\"" + path + "\" is a folder: name a file in it");
    if (fs::is_symlink(path, error)) path_ = fs::weakly_canonical(path, error).string();
    // Renaming over a device or a pipe would put a file in its place.
    const bool is_special = fs::exists(path_, error) && !fs::is_regular_file(path_, error);
    if (!is_special) temporary_ = path_ + ".partial";
    file_ = std::fopen(is_special ? path_.c_str() : temporary_.c_str(), "wb");
    if (file_ != nullptr) return;
    temporary_.clear();  // whatever is there is not ours
    fail();
}

Output::~Output() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void Output::write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
}

void Output::finish() {
    if (std::fflush(file_) != 0) fail();
    if (file_ == stdout) return;
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    if (!closed) fail();
    if (temporary_.empty()) return;
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
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
