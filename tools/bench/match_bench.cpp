// How long functions of one image take to be matched with those of the next version:
//
//     match_bench [FUNCTIONS]
//
// Makes 41,000 named functions unless told otherwise (as the largest images have), then a next version with one
// function in a hundred added, removed, renamed or changed. Once with names, once without, as in stripped images. Best
// of five, processor time of one core.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "diff/function_match.h"

namespace {

using strata::diff::FunctionItem;

uint64_t mix(uint64_t value) {
    value = (value ^ value >> 31) * 0x7fb5d329728ea185;
    return value ^ value >> 27;
}

std::vector<FunctionItem> make(const std::vector<std::string>& names, bool next) {
    std::vector<FunctionItem> items;
    uint64_t address = 0x180000000;
    for (size_t i = 0; i < names.size(); ++i) {
        const uint64_t chance = mix(i + 1) % 400;
        FunctionItem item{names[i], address, static_cast<uint32_t>(16 + mix(i) % 400), {mix(i + 7), mix(i + 9)}};
        if (next && chance == 0) continue;             // removed
        if (next && chance == 1) item.code.code ^= 1;  // changed at the same size
        if (next && chance == 2) item.size += 8;       // resized
        items.push_back(item);
        address += item.size;
        if (next && chance == 3) items.push_back({"_added", address, 20, {mix(address), 1}});
    }
    return items;
}

double processor_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void measure(const char* what, const std::vector<FunctionItem>& before, const std::vector<FunctionItem>& after) {
    double best = 1e9;
    size_t pairs = 0;
    for (int i = 0; i < 5; ++i) {
        const double begin = processor_time();
        pairs = strata::diff::match_functions(before, after).pairs.size();
        best = std::min(best, processor_time() - begin);
    }
    std::printf("%-14s %8.2f ms for %zu and %zu functions, %zu pairs\n", what, best * 1e3, before.size(), after.size(),
                pairs);
}

}  // namespace

int main(int argc, char** argv) {
    const size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 41'000;
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i)
        names.push_back("-[NSSomethingController" + std::to_string(mix(i) % 4000) + " handle" + std::to_string(i) +
                        "Of:]");
    auto before = make(names, false);
    auto after = make(names, true);
    measure("with names", before, after);
    for (auto* side : {&before, &after})
        for (auto& item : *side) item.name = {};
    measure("without names", before, after);
    return 0;
}
