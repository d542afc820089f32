#include "report/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"

namespace strata::report {
namespace {

constexpr int kMaxLinks = 40;  // as Linux has it

/// Does not follow a link: what is called PATH.partial may be somebody's link to a file that they need.
std::FILE* open_temporary(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    return fd < 0 ? nullptr : ::fdopen(fd, "wb");
}

}  // namespace

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
    // As the system sees it, before links are resolved: /dev/stdout leads to what has no path.
    const auto there = fs::status(path, error);
    const bool is_special = fs::exists(there) && !fs::is_regular_file(there);
    // By hand, not by fs::canonical: a link that leads nowhere yet stays a link, too.
    for (int links = 0; !is_special && links < kMaxLinks && fs::is_symlink(path_, error); ++links)
        path_ = (fs::path(path_).parent_path() / fs::read_symlink(path_, error)).string();
    // Renaming over a device or a pipe would put a file in its place.
    if (!is_special) temporary_ = path_ + ".partial";
    file_ = is_special ? std::fopen(path_.c_str(), "wb") : open_temporary(temporary_);
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
