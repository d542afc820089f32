#include "base/usage.h"

#include <sys/resource.h>

#include <fstream>
#include <string>

namespace strata::base {

double process_cpu_seconds() {
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

uint64_t peak_resident_bytes() {
    std::ifstream status("/proc/self/status");
    std::string key;
    while (status >> key) {
        uint64_t kib = 0;
        if (key == "VmHWM:" && status >> kib) return kib * 1024;
        status.ignore(4096, '\n');
    }
    return 0;
}

}  // namespace strata::base
