#include "out.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace dscgen {

namespace {
constexpr std::size_t kBufferSize = 1U << 20;
}  // namespace

Out::Out(const std::string& path, Arch arch)
    : path_(path), buffer_(kBufferSize), hashes_(std::make_unique<PageHashes>(arch)) {
    fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path);
}

Out::~Out() {
    if (fd_ >= 0) ::close(fd_);
}

void Out::bytes(const void* data, std::size_t n) {
    const u8* from = static_cast<const u8*>(data);
    while (n > 0) {
        const std::size_t piece = n < kMaxReserve ? n : kMaxReserve;
        std::memcpy(reserve(piece), from, piece);
        commit(piece);
        from += piece;
        n -= piece;
    }
}

void Out::zero_to(u64 target, const char* what) {
    if (target < offset()) throw std::logic_error("dscgen: part too long: " + std::string(what) + " of " + path_);
    u64 left = target - offset();
    while (left > 0) {
        const std::size_t piece = left < kMaxReserve ? static_cast<std::size_t>(left) : kMaxReserve;
        std::memset(reserve(piece), 0, piece);
        commit(piece);
        left -= piece;
    }
}

std::vector<u8> Out::end_code() {
    flush();
    std::vector<u8> signature = hashes_->sign();
    hashes_.reset();
    return signature;
}

void Out::flush() {
    if (hashes_) hashes_->add(buffer_.data(), used_);
    std::size_t done = 0;
    while (done < used_) {
        const ssize_t n = ::write(fd_, buffer_.data() + done, used_ - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw std::system_error(errno, std::generic_category(), path_);
        done += static_cast<std::size_t>(n);
    }
    flushed_ += used_;
    used_ = 0;
}

void Out::close() {
    flush();
    const int fd = fd_;
    fd_ = -1;
    if (::close(fd) != 0) throw std::system_error(errno, std::generic_category(), path_);
}

void remove_stale_caches(const std::string& directory) {
    namespace fs = std::filesystem;
    if (!fs::is_directory(directory)) return;
    std::vector<fs::path> stale;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
        if (entry.path().filename().string().rfind("dyld_shared_cache_", 0) == 0 && entry.is_regular_file())
            stale.push_back(entry.path());
    }
    for (const fs::path& path : stale) fs::remove(path);
}

}  // namespace dscgen
