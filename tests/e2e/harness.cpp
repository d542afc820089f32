#include "harness.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "base/sanitizers.h"

namespace strata::e2e {
namespace fs = std::filesystem;
namespace {

constexpr unsigned kSecondsBeforeItHangs = 120;

std::string program_path() {
    if (const char* from_environment = std::getenv("STRATA_BIN")) return from_environment;
    return STRATA_BIN;
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// A nameless file takes the output: unlike a pipe it needs no reader while the program runs.
File capture_file() {
    File file(std::tmpfile());
    if (!file) throw std::runtime_error("no temporary file for the program's output");
    return file;
}

std::string contents(std::FILE* file) {
    std::rewind(file);
    std::string text;
    std::array<char, 65536> buffer;
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), file)) > 0;) text.append(buffer.data(), n);
    return text;
}

/// Runs in the child between fork and exec; never returns.
[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         const Environment& environment, const std::string& input, int out, int err) {
    const int in = open(input.c_str(), O_RDONLY | O_CLOEXEC);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    unsetenv("STRATA_STORE");
    setenv("HOME", "/nonexistent", 1);
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    alarm(kSecondsBeforeItHangs);  // the alarm outlives exec

    std::vector<char*> argv;
    argv.push_back(const_cast<char*>(program.c_str()));
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    _exit(127);
}

}  // namespace

Outcome run_strata(const std::vector<std::string>& arguments, const Environment& environment,
                   const std::string& input) {
    const std::string program = program_path();
    if (access(program.c_str(), X_OK) != 0) throw std::runtime_error("not a program: " + program);
    Outcome run;
    run.command = "strata";
    for (const auto& argument : arguments) run.command += " " + argument;

    const File out = capture_file();
    const File err = capture_file();
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (child == 0) become(program, arguments, environment, input, fileno(out.get()), fileno(err.get()));

    int status = 0;
    rusage usage{};
    while (wait4(child, &status, 0, &usage) < 0) {
        if (errno != EINTR) throw std::runtime_error(std::string("wait4: ") + std::strerror(errno));
    }
    if (WIFEXITED(status)) run.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) run.signal = WTERMSIG(status);
    run.peak_rss_kib = usage.ru_maxrss;
    run.out = contents(out.get());
    run.err = contents(err.get());
    return run;
}

std::string describe(const Outcome& run) {
    constexpr std::size_t kEnough = 2000;
    std::ostringstream text;
    text << "$ " << run.command << "\nexit code " << run.exit_code << ", signal " << run.signal << ", peak "
         << run.peak_rss_kib << " KiB\nstdout: " << run.out.substr(0, kEnough)
         << "\nstderr: " << run.err.substr(0, kEnough) << "\n";
    return text.str();
}

TempDir::TempDir() {
    std::string pattern = (fs::temp_directory_path() / "strata-e2e-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder: " + pattern);
    path_ = pattern;
}

TempDir::~TempDir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

void IndexedStore::index(const fs::path& source, const std::string& name,
                         const std::vector<std::string>& more_arguments) {
    std::vector<std::string> arguments{"index", source.string(), "--name", name};
    arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
    const Outcome result = run(std::move(arguments));
    EXPECT_EQ(result.exit_code, kDone) << describe(result);
    if (memory_is_measurable()) {
        EXPECT_LE(result.peak_rss_kib, kMemoryBudgetKib) << describe(result);
    }
    ok_ = ok_ && result.exit_code == kDone;
}

Outcome IndexedStore::run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--store", path()});
    return run_strata(arguments);
}

std::optional<fs::path> caches_dir() {
    const char* from_environment = std::getenv("STRATA_TEST_DATA");
    const fs::path data = from_environment != nullptr ? fs::path(from_environment)
                                                      : fs::path(STRATA_SOURCE_DIR).parent_path() / "shared" / "data";
    fs::path caches = data / "dsc";
    std::error_code ignored;
    if (!fs::is_directory(caches, ignored)) return std::nullopt;
    return caches;
}

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return text.str();
}

std::vector<Json> parse_lines(std::string_view text) {
    std::vector<Json> values;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) values.push_back(Json::parse(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return values;
}

Json json_of(const Outcome& run) {
    EXPECT_EQ(run.exit_code, kDone) << describe(run);
    Json value = Json::parse(run.out, nullptr, /*allow_exceptions=*/false);
    EXPECT_FALSE(value.is_discarded()) << "not JSON\n" << describe(run);
    return value.is_discarded() ? Json() : value;
}

std::vector<Json> json_lines_of(const Outcome& run) {
    EXPECT_EQ(run.exit_code, kDone) << describe(run);
    try {
        return parse_lines(run.out);
    } catch (const Json::parse_error& error) {
        ADD_FAILURE() << "not JSON lines: " << error.what() << "\n" << describe(run);
        return {};
    }
}

Json part_of(const Json& changes, const std::string& group, const std::string& part) {
    return changes.value(group, Json::object()).value(part, Json::array());
}

bool memory_is_measurable() {
    return !base::kSanitized;
}

}  // namespace strata::e2e
