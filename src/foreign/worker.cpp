#include "foreign/worker.h"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <string_view>

#include "base/sanitizers.h"
#include "foreign/lief_reader.h"

namespace strata::foreign {
namespace {

// Whatever a request says: more than the largest file that is accepted needs.
constexpr rlim_t kHardMemory = rlim_t{6} << 30;
constexpr uint64_t kMaxFile = uint64_t{1} << 30;
constexpr uint64_t kMaxParts = 1U << 18;  // ELF numbers sections in 16 bits
constexpr size_t kReadStep = 256U << 10;
constexpr size_t kKeptMemory = 32U << 20;
constexpr int kSoonMilliseconds = 20;
// The undefined-behaviour sanitizer tells by a pipe whether an object, such as an exception, is in memory at all.
constexpr rlim_t kMostFiles = kWorkerSocket + 1 + (base::kSanitized ? 2 : 0);

void limit(decltype(RLIMIT_AS) what, rlim_t value) {
    const rlimit both{value, value};
    ::setrlimit(what, &both);
}

/// Whoever asked may die any time, also while a parser hangs: then nobody would end this process.
void* watch_other_side(void*) {
    pollfd socket{kWorkerSocket, 0, 0};
    while (::poll(&socket, 1, -1) < 0 && errno == EINTR) {
    }
    ::_exit(0);
}

void start_watch() {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64U << 10);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread{};
    const int failed = pthread_create(&thread, &attributes, watch_other_side, nullptr);
    pthread_attr_destroy(&attributes);
    if (failed != 0) ::_exit(1);
}

/// A parser allocates and frees copies of a file several times: as mappings of their own, each of them would be cleared
/// by the kernel anew.
void keep_memory_while_reading() {
    ::mallopt(M_MMAP_MAX, 0);
    ::mallopt(M_TRIM_THRESHOLD, INT32_MAX);
}

void shut_in() {
    ::close_range(kWorkerSocket + 1, ~0U, 0);
    // Ctrl-C reaches the whole group: the one that asked decides what it means, and the file in hand is to be finished.
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, kMostFiles);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!base::kSanitized) limit(RLIMIT_AS, kHardMemory);
    // A parser that catches what it should not would go on with half of a file.
    std::set_new_handler([] { ::_exit(kExitMemory); });
    start_watch();
}

bool receive(void* to, size_t size) {
    auto* at = static_cast<char*>(to);
    while (size > 0) {
        const ssize_t got = ::recv(kWorkerSocket, at, std::min(size, kReadStep), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        size -= static_cast<size_t>(got);
    }
    return true;
}

/// Bytes are cleared shortly before they are overwritten, while they are in the cache.
bool receive_bytes(std::vector<uint8_t>& bytes, size_t size) {
    bytes.reserve(size);
    while (bytes.size() < size) {
        const size_t step = std::min(size - bytes.size(), kReadStep);
        bytes.resize(bytes.size() + step);
        if (!receive(bytes.data() + bytes.size() - step, step)) return false;
    }
    return true;
}

bool receive_file(FileInParts& file, const Request& request) {
    file.whole_size = request.whole_size;
    file.parts.resize(request.parts);
    return receive(file.parts.data(), request.parts * sizeof(FilePart)) && receive_bytes(file.bytes, request.size);
}

void send_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(kWorkerSocket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) ::_exit(0);
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

/// What malloc has handed out: its free memory may stay behind a leak, and is there for the next file to use.
uint64_t memory_in_use() {
    // /proc cannot be opened any more.
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

void allow_memory(uint64_t program, uint64_t bytes) {
    if (base::kSanitized) return;
    const rlim_t most = bytes == 0 ? kHardMemory : std::min<rlim_t>(kHardMemory, program + memory_in_use() + bytes);
    const rlimit both{most, kHardMemory};
    ::setrlimit(RLIMIT_AS, &both);
}

void allow_processor(uint64_t milliseconds) {
    itimerval timer{};
    timer.it_value.tv_sec = static_cast<time_t>(milliseconds / 1000);
    timer.it_value.tv_usec = static_cast<suseconds_t>(milliseconds % 1000 * 1000);
    ::setitimer(ITIMER_PROF, &timer, nullptr);  // ends in SIGPROF, which nobody handles
}

/// Address space that the program has before it reads anything: code of all its libraries, mostly.
uint64_t address_space() {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    unsigned long long pages = 0;
    const bool known = file != nullptr && std::fscanf(file, "%llu", &pages) == 1;
    if (file != nullptr) std::fclose(file);
    return known ? pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) : uint64_t{1} << 30;
}

void answer(const Request& request, FileInParts& file, const ReadFile& read) {
    FactsEncoder out(send_all);
    try {
        read(static_cast<Format>(request.format), file, out);
        out.end();
    } catch (const std::exception& error) {
        out.error(error.what());
    } catch (...) {
        out.error("cannot be read");
    }
}

/// The memory of one file is there for the next, for which the kernel would have to clear it anew; but not more than
/// most files need, and not while nobody asks.
void give_back_memory() {
    pollfd socket{kWorkerSocket, POLLIN, 0};
    if (::mallinfo2().arena > kKeptMemory || ::poll(&socket, 1, kSoonMilliseconds) == 0) ::malloc_trim(0);
}

}  // namespace

int serve(const ReadFile& read) {
    const uint64_t program = address_space();
    shut_in();
    keep_memory_while_reading();
    for (Request request; receive(&request, sizeof request);) {
        if (request.magic != Request::kMagic || request.size > kMaxFile || request.parts > kMaxParts) return 1;
        allow_memory(program, request.memory);
        allow_processor(request.processor);
        {
            FileInParts file;
            if (!receive_file(file, request)) return 0;
            answer(request, file, read);
        }
        allow_processor(0);
        give_back_memory();
    }
    return 0;
}

std::optional<int> run_if_worker(int argc, const char* const* argv) {
    if (argc != 2 || std::string_view(argv[1]) != kWorkerArgument) return std::nullopt;
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(kWorkerSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
        std::fprintf(stderr, "strata: %s is for strata itself: it reads ELF and PE files in a process of its own\n",
                     kWorkerArgument);
        return 2;
    }
    return serve(read_with_lief);
}

}  // namespace strata::foreign
