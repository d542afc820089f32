#include "report/markdown_text.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "base/error.h"
#include "base/text.h"

namespace strata::report {
namespace {

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// No file system takes longer names; room is left for what is added to them.
constexpr size_t kLongestComponent = 120;
constexpr size_t kLongestPath = 700;

std::string fnv_hex(std::string_view text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    return base::hex(hash).substr(2);
}

std::string safe_component(std::string_view component) {
    std::string safe;
    for (const char c : component) {
        const bool plain = is_word(c) || std::string_view("._-+@,=~").find(c) != std::string_view::npos;
        safe += plain ? c : '_';
    }
    if (safe.find_first_not_of('.') == std::string::npos) safe = "_";
    if (safe.size() > kLongestComponent) safe = safe.substr(0, kLongestComponent) + "_" + fnv_hex(component);
    return safe;
}

bool ends_in_md(std::string_view name) {
    return name.size() >= 3 && name[name.size() - 3] == '.' && (name[name.size() - 2] | 0x20) == 'm' &&
           (name[name.size() - 1] | 0x20) == 'd';
}

}  // namespace

std::string markdown_text(std::string_view text) {
    const std::string safe = base::terminal_safe(text);
    std::string out;
    for (size_t i = 0; i < safe.size(); ++i) {
        const char c = safe[i];
        // Inside a word '_' is no emphasis, and names are full of it.
        const bool inside_word = i > 0 && i + 1 < safe.size() && is_word(safe[i - 1]) && is_word(safe[i + 1]);
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (std::string_view("\\`*[]|~").find(c) != std::string_view::npos || (c == '_' && !inside_word))
            out.append("\\") += c;
        else
            out += c;
    }
    return out;
}

std::string markdown_code(std::string_view text) {
    std::string safe = base::terminal_safe(text);
    if (safe.empty()) return "` `";
    // A pipe ends a table's cell even inside code, and how to escape it there depends on the reader: such text is
    // written as plain text.
    if (safe.find('|') != std::string::npos) return markdown_text(text);
    size_t longest = 0;
    size_t run = 0;
    for (const char c : safe) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    const bool pad = safe.front() == '`' || safe.back() == '`' || (safe.front() == ' ' && safe.back() == ' ');
    return pad ? fence + " " + safe + " " + fence : fence + safe + fence;
}

std::string markdown_line(std::string_view text) {
    return base::terminal_safe(text);
}

std::string sidecar_path(std::string_view image_path) {
    std::string path;
    std::string_view rest = image_path;
    while (rest.starts_with('/')) rest.remove_prefix(1);
    for (;;) {
        const size_t end = rest.find('/');
        std::string component = safe_component(rest.substr(0, end));
        if (end == std::string_view::npos) {
            path += component + ".md";
            break;
        }
        // Folders never end like files: one image may be named like another one's folder.
        if (ends_in_md(component)) component += '_';
        path += component + "/";
        rest.remove_prefix(end + 1);
    }
    return path.size() <= kLongestPath ? path : "_long/" + fnv_hex(image_path) + ".md";
}

}  // namespace strata::report
