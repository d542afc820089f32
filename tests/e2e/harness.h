// What the end-to-end tests stand on: running the program, temporary folders, the folder of real inputs, JSON.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata::e2e {

using Json = nlohmann::json;

/// Exit codes of the command line (the user guide lists them).
enum ExitCode : int { kDone = 0, kDifferent = 1, kUsage = 2, kSomeFailed = 3, kStoreTrouble = 4 };

/// How one run of the program ended.
struct Outcome {
    std::string command;  ///< what was run, for messages
    int exit_code = -1;   ///< -1 when a signal ended it
    int signal = 0;       ///< 0 when it exited by itself
    std::string out;
    std::string err;
    std::int64_t peak_rss_kib = 0;  ///< file pages included (the kernel's ru_maxrss)
};

using Environment = std::vector<std::pair<std::string, std::string>>;

/// Runs `strata` with these arguments and waits. A run that hangs is ended by SIGALRM after two minutes.
/// STRATA_STORE is unset and the home folders point nowhere, so a test can only reach the store it names;
/// `environment` is set on top of that; `input` is a file for its standard input. Throws std::runtime_error when the
/// program cannot be started at all.
[[nodiscard]] Outcome run_strata(const std::vector<std::string>& arguments, const Environment& environment = {},
                                 const std::string& input = "/dev/null");

/// Everything a failing assertion should print about a run.
[[nodiscard]] std::string describe(const Outcome& run);

/// A fresh folder, removed with all it holds when this goes out of scope.
class TempDir {
  public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

/// A store of its own with some firmwares in it.
class IndexedStore {
  public:
    /// Runs `strata index`; a failure is reported as a test failure and remembered in ok().
    void index(const std::filesystem::path& source, const std::string& name,
               const std::vector<std::string>& more_arguments = {});

    /// Runs a command on this store.
    [[nodiscard]] Outcome run(std::vector<std::string> arguments) const;

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::string path() const { return dir_ / "store"; }

  private:
    TempDir dir_;
    bool ok_ = true;
};

/// The folder of real shared caches (`dsc`), when there is one: below $STRATA_TEST_DATA, else beside the source tree.
[[nodiscard]] std::optional<std::filesystem::path> caches_dir();

/// What a test says when it is passed over for want of data.
inline constexpr std::string_view kNoData =
    "skipped: no real inputs (set STRATA_TEST_DATA, or put them beside the tree)";

/// Reads a whole file. Throws std::runtime_error when it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// One JSON value a line, as all commands write lists. Throws nlohmann's parse error on anything else.
[[nodiscard]] std::vector<Json> parse_lines(std::string_view text);

/// Runs a command that must succeed and print one JSON value; a null value (and a test failure) otherwise.
[[nodiscard]] Json json_of(const Outcome& run);

/// The same for a value a line.
[[nodiscard]] std::vector<Json> json_lines_of(const Outcome& run);

/// The list `changes[group][part]` of an image's difference, empty when either key is absent.
[[nodiscard]] Json part_of(const Json& changes, const std::string& group, const std::string& part);

/// The whole process must stay within this, whatever is indexed or compared (docs: memory budget).
inline constexpr std::int64_t kMemoryBudgetKib = std::int64_t{256} * 1024;

/// False under a sanitizer, whose shadow memory has nothing to do with ours.
[[nodiscard]] bool memory_is_measurable();

}  // namespace strata::e2e
