#include "base/residency.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace strata::base {
namespace {
constexpr uint64_t kWaitAt = 8U << 20;  // touched since the last look
}

void Residency::add(Sweep sweep) {
    const std::lock_guard lock(mutex_);
    sweeps_.push_back(std::move(sweep));
}

void Residency::clear() {
    const std::lock_guard lock(mutex_);
    sweeps_.clear();
}

uint64_t Residency::resident_file_bytes() {
    const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    std::array<char, 128> text{};
    const auto got = ::read(fd, text.data(), text.size() - 1);
    ::close(fd);
    if (got <= 0) return 0;
    // Fields: size resident shared ...; shared = file-backed and shmem pages.
    char* end = text.data();
    std::strtoull(end, &end, 10);
    std::strtoull(end, &end, 10);
    return std::strtoull(end, &end, 10) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

void Residency::look() {
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) {
        // Another thread is looking already. On a busy machine it may be off the processor in the middle of that: the
        // others wait before they have mapped much more.
        if (pending_.load(std::memory_order_relaxed) < kWaitAt) return;
        lock.lock();
    }
    pending_.store(0, std::memory_order_relaxed);
    if (resident_file_bytes() <= limit_) return;
    for (const auto& sweep : sweeps_) sweep();
}

}  // namespace strata::base
