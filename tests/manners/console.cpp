#include "console.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace strata::manners {
namespace {

constexpr std::string_view kAny = "[...]";

/// `shown` with [...] for any text, against one line.
bool line_matches(std::string_view shown, std::string_view printed) {
    const auto gap = shown.find(kAny);
    if (gap == std::string_view::npos) return shown == printed;
    if (printed.substr(0, gap) != shown.substr(0, gap)) return false;
    const auto rest = shown.substr(gap + kAny.size());
    for (size_t at = gap; at <= printed.size(); ++at)
        if (line_matches(rest, printed.substr(at))) return true;
    return false;
}

bool matches_from(const std::vector<std::string>& shown, size_t s, const std::vector<std::string>& printed, size_t p) {
    if (s == shown.size()) return p == printed.size();
    if (shown[s] == kAny) {
        for (size_t next = p; next <= printed.size(); ++next)
            if (matches_from(shown, s + 1, printed, next)) return true;
        return false;
    }
    return p < printed.size() && line_matches(shown[s], printed[p]) && matches_from(shown, s + 1, printed, p + 1);
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

}  // namespace

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::vector<Example> examples_in(const std::string& markdown) {
    std::vector<Example> examples;
    bool inside = false;
    bool continued = false;
    int number = 0;
    for (const auto& line : lines_of(markdown)) {
        ++number;
        if (line.starts_with("```")) {
            inside = !inside && line == "```console";
            continued = false;
        } else if (inside && (continued || line.starts_with("$ "))) {
            const std::string typed = continued ? line : line.substr(2);
            if (!continued) examples.push_back({"", {}, number});
            continued = typed.ends_with('\\');
            examples.back().command += continued ? typed.substr(0, typed.size() - 1) : typed;
        } else if (inside && !examples.empty()) {
            examples.back().output.push_back(line);
        }
    }
    return examples;
}

bool matches(const std::vector<std::string>& shown, const std::vector<std::string>& printed) {
    return matches_from(shown, 0, printed, 0);
}

ShellResult run_shell(const std::string& command, const std::filesystem::path& directory) {
    const std::string home = directory.string();
    const std::string whole = "cd " + quoted(home) + " && HOME=" + quoted(home) +
                              " XDG_DATA_HOME= STRATA_STORE= PATH=" STRATA_TOOLS ":\"$PATH\" bash -c " +
                              quoted(command) + " 2>&1 < /dev/null";
    std::FILE* pipe = ::popen(whole.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot start bash");
    ShellResult result;
    std::array<char, 4096> buffer{};
    while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
        result.output.append(buffer.data(), got);
    const int status = ::pclose(pipe);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

}  // namespace strata::manners
