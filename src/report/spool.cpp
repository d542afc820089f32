#include "report/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"

namespace strata::report {
namespace {

constexpr uint64_t kPiece = 64U << 10;

std::string folder() {
    const char* given = std::getenv("TMPDIR");
    return given != nullptr && *given != '\0' ? given : "/tmp";
}

[[noreturn]] void fail(const char* what) {
    throw base::Error::io(folder(), std::string("temporary file: cannot ") + what + ": " + std::strerror(errno));
}

}  // namespace

Spool::Spool() {
    std::string name = folder() + "/strata-spool-XXXXXX";
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) fail("make");
    ::unlink(name.c_str());
    file_.reset(::fdopen(descriptor, "w+b"));
    if (file_) return;
    ::close(descriptor);
    fail("open");
}

void Spool::append(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) fail("write");
    size_ += text.size();
}

void Spool::copy_range(uint64_t offset, uint64_t size, const Write& write) {
    if (std::fflush(file_.get()) != 0) fail("write");
    std::vector<char> piece(static_cast<size_t>(std::min(size, kPiece)));
    while (size != 0) {
        const auto want = static_cast<size_t>(std::min<uint64_t>(size, piece.size()));
        // pread leaves the place alone at which the next append goes on.
        const ssize_t got = ::pread(::fileno(file_.get()), piece.data(), want, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) fail("read");
        write({piece.data(), static_cast<size_t>(got)});
        offset += static_cast<uint64_t>(got);
        size -= static_cast<uint64_t>(got);
    }
}

}  // namespace strata::report
