#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <utility>

namespace strata::base {
namespace {

// The SIGBUS guard. A signal handler may only touch lock-free state, so mappings are registered in a fixed table of
// atomics: base address (0 = free slot), size, and the torn flag. 1,024 slots are enough for the largest cache (128
// sub-caches and more) several times over; a file that finds no slot is refused.
struct GuardSlot {
    std::atomic<uintptr_t> base{0};
    std::atomic<uint64_t> size{0};
    std::atomic<bool> torn{false};
};
std::array<GuardSlot, 1024> guard_slots;

uintptr_t page_size() {
    static const auto size = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

void on_sigbus(int signal, siginfo_t* info, void*) {
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    for (auto& slot : guard_slots) {
        const uintptr_t base = slot.base.load(std::memory_order_acquire);
        if (base == 0 || address < base || address - base >= slot.size.load(std::memory_order_relaxed)) continue;
        auto* page = reinterpret_cast<void*>(address & ~(page_size() - 1));
        const int saved = errno;
        void* zeros = ::mmap(page, page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        errno = saved;
        if (zeros == MAP_FAILED) break;
        slot.torn.store(true, std::memory_order_release);
        return;
    }
    // Not one of ours: die as if nobody had been listening.
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

void install_guard() {
    static std::once_flag once;
    std::call_once(once, [] {
        page_size();
        struct sigaction action {};
        action.sa_sigaction = on_sigbus;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigemptyset(&action.sa_mask);
        ::sigaction(SIGBUS, &action, nullptr);
    });
}

std::mutex slots_mutex;

int take_slot(const uint8_t* base, uint64_t size) {
    const std::lock_guard lock(slots_mutex);
    for (size_t i = 0; i < guard_slots.size(); ++i) {
        auto& slot = guard_slots[i];
        if (slot.base.load(std::memory_order_relaxed) != 0) continue;
        slot.torn = false;
        slot.size = size;
        slot.base.store(reinterpret_cast<uintptr_t>(base), std::memory_order_release);
        return static_cast<int>(i);
    }
    return -1;
}

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int release() { return std::exchange(fd_, -1); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

}  // namespace

std::unique_ptr<MappedFile> MappedFile::open(const std::filesystem::path& path) {
    // O_NONBLOCK: opening a FIFO that someone put there must not hang.
    Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (fd.get() < 0) throw Error::io(path.string(), std::string("cannot open: ") + std::strerror(errno));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0)
        throw Error::io(path.string(), std::string("cannot stat: ") + std::strerror(errno));
    if (!S_ISREG(status.st_mode)) throw Error::io(path.string(), "is not a regular file");
    const auto size = static_cast<uint64_t>(status.st_size);
    if (size == 0) throw Error::input(path.string(), 0, "file is empty", "at least one byte");
    void* base = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (base == MAP_FAILED) throw Error::io(path.string(), std::string("cannot map: ") + std::strerror(errno));
    return std::unique_ptr<MappedFile>(new MappedFile(path, fd.release(), static_cast<const uint8_t*>(base), status));
}

MappedFile::MappedFile(std::filesystem::path path, int fd, const uint8_t* base, const struct stat& status)
    : path_(std::move(path)),
      fd_(fd),
      source_{path_.string(), base},
      size_(static_cast<uint64_t>(status.st_size)),
      modified_(status.st_mtim) {
    install_guard();
    guard_slot_ = take_slot(base, size_);
    if (guard_slot_ < 0) {
        ::munmap(const_cast<uint8_t*>(base), size_);
        ::close(fd_);
        throw Error::io(path_.string(), "too many files are open at once");
    }
}

MappedFile::~MappedFile() {
    guard_slots[static_cast<size_t>(guard_slot_)].base.store(0, std::memory_order_release);
    ::munmap(const_cast<uint8_t*>(source_.base), size_);
    ::close(fd_);
}

bool MappedFile::torn() const {
    return guard_slots[static_cast<size_t>(guard_slot_)].torn.load(std::memory_order_acquire);
}

void MappedFile::check_intact() const {
    if (torn()) throw Error::io(path_.string(), "the file shrank or could not be read while it was in use");
    struct stat now {};
    const bool same = ::fstat(fd_, &now) == 0 && static_cast<uint64_t>(now.st_size) == size_ &&
                      now.st_mtim.tv_sec == modified_.tv_sec && now.st_mtim.tv_nsec == modified_.tv_nsec;
    if (!same) throw Error::io(path_.string(), "the file was changed while it was in use");
}

void MappedFile::prefetch(uint64_t offset, uint64_t size) const {
    if (offset >= size_) return;
    ::madvise(const_cast<uint8_t*>(source_.base) + offset, std::min(size, size_ - offset), MADV_WILLNEED);
}

void MappedFile::release_pages(uint64_t offset, uint64_t size) const {
    // A torn file must keep its zero pages: dropping them would bring the fault back, which is handled, but pointless.
    ::madvise(const_cast<uint8_t*>(source_.base) + offset, size, MADV_DONTNEED);
}

}  // namespace strata::base
