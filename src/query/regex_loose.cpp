#include "query/regex_loose.h"

namespace strata::query {
namespace {

constexpr std::string_view kNothing = "(?:)";

/// Behind the class that begins at `at`; npos when it has no end.
size_t end_of_class(std::string_view regex, size_t at) {
    ++at;
    if (at < regex.size() && regex[at] == '^') ++at;
    if (at < regex.size() && regex[at] == ']') ++at;
    while (at < regex.size() && regex[at] != ']') {
        if (regex.substr(at).starts_with("[:")) {
            const size_t end = regex.find(":]", at + 2);
            if (end != std::string_view::npos) at = end + 1;
        } else if (regex[at] == '\\') {
            ++at;
        }
        ++at;
    }
    return at < regex.size() ? at + 1 : std::string_view::npos;
}

}  // namespace

std::optional<std::string> without_assertions(std::string_view regex) {
    std::string loose;
    for (size_t at = 0; at < regex.size();) {
        const char c = regex[at];
        if (c == '^' || c == '$') {
            loose += kNothing;
            ++at;
        } else if (c == '\\') {
            if (at + 1 == regex.size() || regex[at + 1] == 'Q') return std::nullopt;
            const bool assertion = std::string_view("AzbB").find(regex[at + 1]) != std::string_view::npos;
            loose += assertion ? kNothing : regex.substr(at, 2);
            at += 2;
        } else if (c == '[') {
            const size_t end = end_of_class(regex, at);
            if (end == std::string_view::npos) return std::nullopt;
            loose += regex.substr(at, end - at);
            at = end;
        } else {
            loose += c;
            ++at;
        }
    }
    return loose;
}

}  // namespace strata::query
