// The program that reads ELF and PE files for strata: see src/foreign/worker.h. It is apart from strata because LIEF,
// and what LIEF needs, costs each start of a program some milliseconds.
#include <cstdio>

#include "foreign/worker.h"

int main(int argc, char** argv) {
    if (const auto code = strata::foreign::run_if_worker(argc, argv)) return *code;
    std::fputs("strata-worker: strata starts this program to read ELF and PE files; it does nothing by itself\n",
               stderr);
    return 2;
}
