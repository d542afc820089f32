// The plain main() of every fuzz target: runs it once over each file given, folders with all they hold. What the test
// suite runs over the seed corpus, and what reproduces a crash without a fuzzer.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz_check.h"

namespace {
namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& given) {
    if (!fs::is_directory(given)) return {given};
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(given))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

int main(int argc, char** argv) {
    // The name of the input in hand is shown only when one kills us: it is left behind in this file.
    const char* trace = std::getenv("STRATA_REPLAY_TRACE");
    size_t count = 0;
    for (int i = 1; i < argc; ++i) {
        for (const auto& path : files_of(argv[i])) {
            std::ifstream file(path, std::ios::binary);
            const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
            if (file.bad()) {
                std::fprintf(stderr, "cannot read %s\n", path.c_str());
                return 2;
            }
            if (trace != nullptr) std::ofstream(trace) << path.string() << "\n";
            // A copy of its exact size, so that a sanitizer sees every byte read beyond it.
            LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
            ++count;
        }
    }
    std::printf("%zu inputs\n", count);
    return count == 0 ? 2 : 0;
}
