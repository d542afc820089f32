// How fast functions are fingerprinted, against plain reading and SHA-256 of the same bytes in the same run, on one
// core:
//
//     code_bench CACHE|FILE... [MEGABYTES]
//
// Takes the code of a cache's images, or of thin Mach-O files, into memory first (256 MB unless said otherwise; files
// again and again until there is as much), so that only the processor counts. Each figure is the best of three. The
// last line is the ratio that matters more than the rates.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "base/sha256.h"
#include "code/fingerprint.h"
#include "dyld/cache.h"
#include "macho/function_starts.h"
#include "macho/segment_space.h"

namespace {

using namespace strata;

struct Function {
    uint64_t address = 0;
    size_t offset = 0;  // in Code::bytes
    size_t size = 0;
};

struct Code {
    std::string bytes;
    std::vector<Function> functions;
    uint32_t cpu_type = 0;
};

void take(const macho::AddressSpace& space, const macho::Image& image, Code& code) {
    code.cpu_type = image.cpu_type;
    std::vector<uint64_t> starts;
    macho::walk_function_starts(image, [&](uint64_t address) { starts.push_back(address); });
    for (size_t i = 0; i < starts.size(); ++i) {
        const uint32_t index = image.section_of(starts[i]);
        if (index == 0) continue;
        const auto& section = image.sections[index - 1];
        const uint64_t end = section.address + section.size;
        const uint64_t next = i + 1 < starts.size() ? std::min(starts[i + 1], end) : end;
        const auto bytes = space.at(starts[i], next - starts[i], "function").as_text();
        code.functions.push_back({starts[i], code.bytes.size(), bytes.size()});
        code.bytes.append(bytes);
    }
}

/// Processor time of this thread in seconds: what others do on the machine counts less than on the wall clock.
double processor_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <typename Run>
double best_of_three(const Run& run) {
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        const double begin = processor_time();
        run();
        best = std::min(best, processor_time() - begin);
    }
    return best;
}

uint64_t plain_sum(const std::string& bytes) {
    uint64_t sum = 0;
    for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        sum += word;
    }
    return sum;
}

int measure(const Code& code) {
    const auto fingerprinter = code::make_fingerprinter(code.cpu_type);
    if (!fingerprinter) {
        std::fprintf(stderr, "code_bench: this architecture is not fingerprinted\n");
        return 1;
    }
    std::vector<code::Function> functions;
    for (const auto& function : code.functions)
        functions.push_back(
            {{reinterpret_cast<const uint8_t*>(code.bytes.data()) + function.offset, function.size}, function.address});
    uint64_t sink = 0;
    uint64_t count = 0;
    const double read = best_of_three([&] { sink += plain_sum(code.bytes); });
    const double sha = best_of_three([&] { sink += base::sha256(code.bytes.data(), code.bytes.size()).bytes[0]; });
    const double code_time = best_of_three([&] {
        count = 0;
        fingerprinter->fingerprint_all(functions,
                                       [&](size_t, uint64_t fingerprint, std::span<const code::Reference> references) {
                                           sink += fingerprint;
                                           count += references.size();
                                       });
    });
    const double megabytes = static_cast<double>(code.bytes.size()) / 1e6;
    std::printf("%.0f MB of code, %zu functions, %llu references (%llx)\n", megabytes, code.functions.size(),
                static_cast<unsigned long long>(count), static_cast<unsigned long long>(sink & 0xff));
    std::printf("plain reading  %8.0f MB/s\n", megabytes / read);
    std::printf("SHA-256        %8.0f MB/s\n", megabytes / sha);
    std::printf("fingerprints   %8.0f MB/s (target: at least 500)\n", megabytes / code_time);
    std::printf("fingerprints take %.1f times as long as plain reading, %.2f times as long as SHA-256\n",
                code_time / read, code_time / sha);
    return 0;
}

void take_cache(const char* path, size_t limit, Code& code) {
    const dyld::SharedCache cache(path);
    for (const auto& entry : cache.images()) {
        if (code.bytes.size() >= limit) break;
        take(cache.space(), cache.read_image(entry), code);
    }
}

void take_file(const char* path, Code& code) {
    const auto file = base::MappedFile::open(path);
    const macho::Image image = macho::read_file_image(file->view());
    const macho::SegmentSpace space(file->view(), image);
    take(space, image, code);
}

bool is_cache(const char* path) {
    return base::MappedFile::open(path)->view().as_text().starts_with("dyld_v1");
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<const char*> paths(argv + 1, argv + argc);
    size_t limit = 256;
    if (!paths.empty() && std::strspn(paths.back(), "0123456789") == std::strlen(paths.back())) {
        limit = std::stoul(paths.back());
        paths.pop_back();
    }
    if (paths.empty()) {
        std::fprintf(stderr, "usage: code_bench CACHE|FILE... [MEGABYTES]\n");
        return 2;
    }
    limit *= 1'000'000;
    try {
        Code code;
        code.bytes.reserve(limit + (64U << 20));
        size_t before = 1;
        while (code.bytes.size() < limit && code.bytes.size() != before) {
            before = code.bytes.size();
            for (const char* path : paths) is_cache(path) ? take_cache(path, limit, code) : take_file(path, code);
        }
        return measure(code);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "code_bench: %s\n", error.what());
        return 1;
    }
}
