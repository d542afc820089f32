// Memory of every report on a big difference: a thousand images, all changed throughout.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "dscgen/dscgen.h"
#include "harness.h"

namespace strata::e2e {
namespace {

namespace fs = std::filesystem;

uint64_t size_of(const fs::path& path) {
    if (!fs::is_directory(path)) return fs::file_size(path);
    uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path))
        if (entry.is_regular_file()) bytes += entry.file_size();
    return bytes;
}

TEST(ReportMemory, DoesNotGrowWithTheReport) {
    if (!memory_is_measurable()) GTEST_SKIP() << "skipped: a sanitizer's memory would be measured";
    const TempDir dir;
    IndexedStore store;
    // The same paths, other contents: the number of symbols decides all names.
    for (const auto& [name, symbols] : {std::pair{"old", 200'000}, std::pair{"new", 300'000}}) {
        dscgen::Spec spec;
        spec.images = 1000;
        spec.symbols = static_cast<uint64_t>(symbols);
        dscgen::make(spec, dir / name);
        store.index(dir / name, name);
    }
    ASSERT_TRUE(store.ok());
    const std::vector<std::vector<std::string>> kinds = {
        {"--format", "text"},         {"--format", "json"},
        {"--format", "jsonl"},        {"--format", "markdown"},
        {"--format", "markdown-dir"}, {"--format", "html"},
        {"--compat", "ipsw"},         {"--compat", "ipsw", "--format", "json"}};
    int number = 0;
    const auto write = [&](std::vector<std::string> arguments, const std::string& output) {
        arguments.insert(arguments.begin(), {"diff", "old", "new", "--quiet", "--output", output});
        return store.run(std::move(arguments));
    };
    for (auto arguments : kinds) {
        const std::string output = dir / ("report" + std::to_string(number++));
        const Outcome run = write(arguments, output);
        ASSERT_EQ(run.exit_code, kDone) << describe(run);
        EXPECT_LE(run.peak_rss_kib, kMemoryBudgetKib) << run.command;
        EXPECT_GT(size_of(output), 8U << 20) << run.command << ": too small to say anything";
        // The same work with next to no report is the measure: a writer that held the report once would need more.
        arguments.insert(arguments.end(), {"--top", "1"});
        const Outcome bare = write(arguments, output + "-bare");
        ASSERT_EQ(bare.exit_code, kDone) << describe(bare);
        const auto slack = std::max<int64_t>(8 << 10, static_cast<int64_t>(size_of(output) >> 11));
        EXPECT_LE(run.peak_rss_kib, bare.peak_rss_kib + slack) << run.command;
        std::cout << run.command.substr(run.command.find("--output") + 9) << ": " << (size_of(output) >> 20)
                  << " MiB, peak " << run.peak_rss_kib / 1024 << " MiB\n";
        fs::remove_all(output);
    }
}

}  // namespace
}  // namespace strata::e2e
