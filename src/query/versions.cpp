#include "query/versions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

namespace strata::query {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

/// Numbers of any length: without leading zeros, the longer one is larger.
int compare_numbers(std::string_view a, std::string_view b) {
    a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
    b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return a.compare(b);
}

/// Takes the next run of digits or of letters; other characters only separate.
std::string_view take_token(std::string_view& text) {
    while (!text.empty() && !is_digit(text.front()) && !is_letter(text.front())) text.remove_prefix(1);
    if (text.empty()) return {};
    const bool digits = is_digit(text.front());
    size_t size = 0;
    while (size < text.size() && (digits ? is_digit(text[size]) : is_letter(text[size]))) ++size;
    const auto token = text.substr(0, size);
    text.remove_prefix(size);
    return token;
}

/// How far before a release a word says that it is; 0 = it does not.
int pre_release(std::string_view word) {
    std::string lower;
    for (const char c : word) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    static constexpr std::array<std::pair<std::string_view, int>, 8> kWords{
        {{"alpha", -4}, {"a", -4}, {"beta", -3}, {"b", -3}, {"dp", -3}, {"seed", -3}, {"rc", -2}, {"gm", -1}}};
    for (const auto& [name, rank] : kWords)
        if (lower == name) return rank;
    return 0;
}

/// Order of a token by its sort: words that mean "before", the end, other words, numbers.
int rank(std::string_view token) {
    if (token.empty()) return 0;
    if (is_digit(token.front())) return 2;
    const int before = pre_release(token);
    return before != 0 ? before : 1;
}

/// Parts of an Apple build number.
struct Build {
    std::string_view train;   // "22"
    std::string_view letter;  // "A"
    std::string_view number;  // "5282"
    std::string_view suffix;  // "m"
};

bool parse_build(std::string_view text, Build& build) {
    size_t at = 0;
    const auto take = [&](auto accepts, size_t least, size_t most, std::string_view& part) {
        const size_t begin = at;
        while (at < text.size() && at - begin < most && accepts(text[at])) ++at;
        part = text.substr(begin, at - begin);
        return part.size() >= least;
    };
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return take(is_digit, 1, 3, build.train) && take(upper, 1, 1, build.letter) && take(is_digit, 1, 6, build.number) &&
           take(lower, 0, 1, build.suffix) && at == text.size();
}

int compare_builds(std::string_view a, std::string_view b) {
    Build left;
    Build right;
    if (!parse_build(a, left) || !parse_build(b, right)) return 0;
    if (const int train = compare_numbers(left.train, right.train); train != 0) return train;
    if (const int letter = left.letter.compare(right.letter); letter != 0) return letter;
    // Seeds are numbered from 5000 on, releases of the same train below that, though they come later.
    const auto is_seed = [](const Build& build) { return compare_numbers(build.number, "5000") >= 0; };
    if (is_seed(left) != is_seed(right)) return is_seed(left) ? -1 : 1;
    if (const int number = compare_numbers(left.number, right.number); number != 0) return number;
    return left.suffix.compare(right.suffix);
}

}  // namespace

std::string_view build_in(std::string_view name) {
    std::string_view found;
    size_t at = 0;
    while (at < name.size()) {
        size_t end = at;
        while (end < name.size() && (is_digit(name[end]) || is_letter(name[end]))) ++end;
        Build build;
        // "26A1" could be many things; a build has three digits or more after its letter, nearly always.
        if (parse_build(name.substr(at, end - at), build) && build.train.size() == 2 && build.number.size() >= 2)
            found = name.substr(at, end - at);
        at = end + 1;
    }
    return found;
}

int compare_version_names(std::string_view a, std::string_view b) {
    while (!a.empty() || !b.empty()) {
        const auto left = take_token(a);
        const auto right = take_token(b);
        if (rank(left) != rank(right)) return rank(left) < rank(right) ? -1 : 1;
        if (left.empty()) return 0;
        const int order = is_digit(left.front())   ? compare_numbers(left, right)
                          : pre_release(left) != 0 ? 0
                                                   : left.compare(right);
        if (order != 0) return order;
    }
    return 0;
}

bool is_earlier(const record::Firmware& a, const record::Firmware& b) {
    const auto key = [](const record::Firmware& firmware) {
        return std::tie(firmware.platform, firmware.arch, firmware.os_version);
    };
    if (key(a) != key(b)) return key(a) < key(b);
    const auto left = build_in(a.name);
    const auto right = build_in(b.name);
    // Names without a build stand before those with one, so that the order stays strict when they are mixed.
    if (left.empty() != right.empty()) return left.empty();
    if (const int builds = compare_builds(left, right); builds != 0) return builds < 0;
    if (const int names = compare_version_names(a.name, b.name); names != 0) return names < 0;
    return a.name < b.name;
}

std::vector<record::Firmware> firmwares_by_version(store::Reader& reader, const std::vector<std::string>& names) {
    std::vector<record::Firmware> firmwares;
    if (names.empty()) {
        firmwares = reader.firmwares();
    } else {
        for (const auto& name : names) firmwares.push_back(reader.firmware(name));
    }
    std::sort(firmwares.begin(), firmwares.end(), is_earlier);
    const auto same = [](const record::Firmware& a, const record::Firmware& b) { return a.name == b.name; };
    firmwares.erase(std::unique(firmwares.begin(), firmwares.end(), same), firmwares.end());
    return firmwares;
}

std::vector<record::Firmware> firmwares_in_order(store::Reader& reader, const std::vector<std::string>& order) {
    if (order.empty()) return firmwares_by_version(reader, {});
    std::vector<record::Firmware> firmwares;
    for (const auto& name : order) {
        const auto known = [&](const record::Firmware& firmware) { return firmware.name == name; };
        if (std::none_of(firmwares.begin(), firmwares.end(), known)) firmwares.push_back(reader.firmware(name));
    }
    return firmwares;
}

}  // namespace strata::query
