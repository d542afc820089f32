#include "base/build_noise.h"

#include <algorithm>
#include <cctype>

namespace strata::base {
namespace {

constexpr std::string_view kXbs = "/Library/Caches/com.apple.xbs";
constexpr std::string_view kTemporary = "/TemporaryDirectory.";
constexpr std::string_view kBuildRoots = "/AppleInternal/Library/BuildRoots/";
constexpr size_t kUuidLength = 36;
constexpr size_t kTemporaryLength = 6;

bool is_hex(char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}
bool is_alnum(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool is_uuid(std::string_view text) {
    for (size_t i = 0; i < kUuidLength; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
    }
    return true;
}

bool ends_component(std::string_view text, size_t at) {
    return at == text.size() || text[at] == '/';
}

/// Length of "/<uuid>" at `at`, 0 when there is none.
size_t uuid_component(std::string_view text, size_t at) {
    if (text.size() < at + 1 + kUuidLength || text[at] != '/' || !is_uuid(text.substr(at + 1))) return 0;
    return ends_component(text, at + 1 + kUuidLength) ? 1 + kUuidLength : 0;
}

/// Length of "/TemporaryDirectory.XXXXXX" at `at`, 0 when there is none.
size_t temporary_component(std::string_view text, size_t at) {
    const size_t length = kTemporary.size() + kTemporaryLength;
    if (text.size() < at + length || text.substr(at, kTemporary.size()) != kTemporary) return 0;
    const auto random = text.substr(at + kTemporary.size(), kTemporaryLength);
    return std::all_of(random.begin(), random.end(), is_alnum) && ends_component(text, at + length) ? length : 0;
}

/// Copies what follows a "com.apple.xbs" at `at`, with placeholders; returns where it stopped.
size_t replace_xbs(std::string_view text, size_t at, std::string& out, bool& changed) {
    if (const size_t uuid = uuid_component(text, at)) {
        out += "/<UUID>";
        at += uuid;
        changed = true;
    }
    if (const size_t temporary = temporary_component(text, at)) {
        out += "/TemporaryDirectory.<TMP>";
        at += temporary;
        changed = true;
    }
    return at;
}

size_t replace_build_root(std::string_view text, size_t at, std::string& out, bool& changed) {
    size_t end = at;
    while (end < text.size() && text[end] != '/' && std::isspace(static_cast<unsigned char>(text[end])) == 0) ++end;
    if (end != at) {
        out += "<BUILDROOT>";
        changed = true;
    }
    return end;
}

}  // namespace

bool without_build_paths(std::string_view text, std::string& out) {
    // Both kinds of path contain "/Library/": one search decides for nearly every string.
    if (text.find("/Library/") == std::string_view::npos) return false;
    std::string result;
    bool changed = false;
    size_t at = 0;
    while (at < text.size()) {
        const auto rest = text.substr(at);
        if (rest.starts_with(kXbs)) {
            result += kXbs;
            at = replace_xbs(text, at + kXbs.size(), result, changed);
        } else if (rest.starts_with(kBuildRoots)) {
            result += kBuildRoots;
            at = replace_build_root(text, at + kBuildRoots.size(), result, changed);
        } else {
            result += text[at++];
        }
    }
    if (changed) out = std::move(result);
    return changed;
}

}  // namespace strata::base
