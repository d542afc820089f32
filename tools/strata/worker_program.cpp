#include "worker_program.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "foreign/worker.h"

namespace tool {
namespace fs = std::filesystem;

strata::foreign::WorkerProgram worker_program() {
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const fs::path& place : {here, here / STRATA_LIBEXEC_FROM_BIN}) {
        const fs::path program = place / "strata-worker";
        if (fs::is_regular_file(program, error)) return strata::foreign::WorkerProgram::other(program.string());
    }
    return {};
}

std::optional<int> become_worker(int argc, char** argv) {
    if (argc != 2 || std::string_view(argv[1]) != strata::foreign::kWorkerArgument) return std::nullopt;
    const std::string path = worker_program().path;
    if (!path.empty()) ::execv(path.c_str(), argv);
    std::fputs("strata: strata-worker, which reads ELF and PE files, is missing: install it beside strata\n", stderr);
    return 2;
}

}  // namespace tool
