#include "query/report_text.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>

#include "base/text.h"

namespace strata::query {
namespace {

using re2::RE2;
using re2::StringPiece;

// Apple's systems list at most some hundred; a hostile report must not become fifty times as large.
constexpr size_t kMostListed = 4096;
constexpr size_t kMostListBytes = kMostListed * 64;
constexpr size_t kMostName = 255;

uint64_t hexadecimal(const std::string& digits) {
    uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

struct Line {
    std::string_view text;
    std::string_view end;  ///< may be missing behind the last one
};

Line first_line(std::string_view text) {
    const size_t end = std::min(text.find('\n'), text.size());
    const size_t size = end > 0 && text[end - 1] == '\r' ? end - 1 : end;
    return {text.substr(0, size), text.substr(size, std::min(end + 1, text.size()) - size)};
}

template <typename Use>
void for_each_line(std::string_view text, const Use& use) {
    while (!text.empty()) {
        const Line line = first_line(text);
        use(line);
        text.remove_prefix(line.text.size() + line.end.size());
    }
}

/// What frames call an image: the last part of its path; without one, the word behind the addresses ("+" marks those
/// that are not the system's).
std::string frame_name(const std::string& word, std::string_view path) {
    const size_t end = path.find_last_not_of(" \t");
    path = path.substr(0, end == std::string_view::npos ? 0 : end + 1);
    path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
    return path.empty() ? word.substr(0, kMostName) : std::string(path.substr(0, kMostName));
}

StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

RE2::Options bytes_options() {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    return options;
}

/// The images below "Binary Images:", by address.
std::vector<LoadedImage> images_of(std::string_view report) {
    const RE2 image_line(
        R"(\s*0x([0-9a-fA-F]{1,16})\s+-\s+(?:0x([0-9a-fA-F]{1,16})|\?\?\?)\s+\+?(\S*).*<([0-9a-fA-F-]{32,36})>\s*(.*))",
        bytes_options());
    std::vector<LoadedImage> images;
    for_each_line(report, [&](const Line& line) {
        std::string begin;
        std::string last;
        std::string word;
        std::string uuid;
        StringPiece path;
        if (!RE2::FullMatch(piece(line.text), image_line, &begin, &last, &word, &uuid, &path)) return;
        LoadedImage image{hexadecimal(begin), last.empty() ? 0 : hexadecimal(last) + 1, parse_uuid(uuid),
                          frame_name(word, {path.data(), path.size()})};
        if (!image.uuid.empty()) images.push_back(std::move(image));
    });
    std::stable_sort(images.begin(), images.end(),
                     [](const LoadedImage& a, const LoadedImage& b) { return a.begin < b.begin; });
    return images;
}

const LoadedImage* image_around(const std::vector<LoadedImage>& images, uint64_t address) {
    const auto after = std::upper_bound(images.begin(), images.end(), address,
                                        [](uint64_t a, const LoadedImage& image) { return a < image.begin; });
    if (after == images.begin()) return nullptr;
    const LoadedImage& image = *(after - 1);
    return image.end == 0 || address < image.end ? &image : nullptr;
}

/// The addresses of a list in parentheses that `text` begins with, and nothing else on its lines.
struct AddressList {
    std::vector<uint64_t> addresses;
    size_t size = 0;  ///< bytes with the end of its last line; 0 when there is no such list
};

AddressList address_list(std::string_view text, size_t most) {
    static const RE2 list(R"(\s{0,80}\((\s*0x[0-9a-fA-F]{1,16}(?:\s+0x[0-9a-fA-F]{1,16})*\s*)\)[ \t]*(?:\r?\n|\z))",
                          bytes_options());
    static const RE2 address(R"(\s*0x([0-9a-fA-F]{1,16}))", bytes_options());
    AddressList found;
    const std::string_view window = text.substr(0, kMostListBytes);
    StringPiece rest = piece(window);
    StringPiece inside;
    if (!RE2::Consume(&rest, list, &inside) || (rest.empty() && window.size() < text.size())) return {};
    for (std::string digits; RE2::Consume(&inside, address, &digits);) {
        if (found.addresses.size() == most) return {};
        found.addresses.push_back(hexadecimal(digits));
    }
    found.size = window.size() - rest.size();
    return found;
}

/// Names the frames line by line.
class TextReport {
  public:
    TextReport(FrameNames& names, std::vector<LoadedImage> images, Symbolicated& result)
        : names_(names), images_(std::move(images)), result_(result) {}

    void add(const Line& line) {
        StringPiece before;
        StringPiece number;
        StringPiece image;
        StringPiece address;
        StringPiece what;
        std::string name;
        if (RE2::FullMatch(piece(line.text), frame_, &before, &number, &image, &address, &what))
            name =
                name_of({image.data(), image.size()}, std::string(address), {what.data(), what.size()}, number != "0");
        if (name.empty()) {
            result_.text += line.text;
        } else {
            result_.text.append(before.data(), before.size());
            result_.text += base::terminal_safe(name);
        }
        result_.text += line.end;
    }

    /// Numbered frames, one a line: all of these addresses are behind calls.
    void add_list(const std::vector<uint64_t>& addresses, std::string_view line_end) {
        for (size_t i = 0; i < addresses.size(); ++i) {
            const LoadedImage* image = image_around(images_, addresses[i]);
            std::array<char, 64> text{};
            std::snprintf(text.data(), text.size(), "%-4zu", i);
            result_.text += text.data();
            std::string name = image == nullptr ? "???" : image->name;
            name.resize(std::max<size_t>(name.size(), 30), ' ');
            result_.text += name;
            std::snprintf(text.data(), text.size(), "\t0x%016" PRIx64 " ", addresses[i]);
            result_.text += text.data();
            result_.text += place_of(addresses[i], image);
            result_.text += line_end;
        }
    }

  private:
    /// "symbol + offset", or as far as it is known "0x1a0000000 + offset".
    std::string place_of(uint64_t address, const LoadedImage* image) {
        if (const auto name = symbol_at(address, image, true)) return base::terminal_safe(*name);
        const uint64_t begin = image == nullptr ? 0 : image->begin;
        std::array<char, 64> text{};
        std::snprintf(text.data(), text.size(), "0x%" PRIx64 " + %" PRIu64, begin, address - begin);
        return text.data();
    }

    /// "symbol + offset"; empty when the frame has one, or none is known.
    std::string name_of(std::string_view image_name, const std::string& address_digits, std::string_view what,
                        bool is_return) {
        const size_t plus = what.rfind(" + ");
        if (plus == std::string_view::npos) return {};
        const auto base = what.substr(0, plus);
        if (!base.starts_with("0x") && base != image_name) return {};
        const uint64_t address = hexadecimal(address_digits);
        return symbol_at(address, image_around(images_, address), is_return).value_or("");
    }

    std::optional<std::string> symbol_at(uint64_t address, const LoadedImage* image, bool is_return) {
        ++result_.frames;
        const auto name = image == nullptr ? names_.name_at(address, is_return)
                                           : names_.name(*image, address - image->begin, is_return);
        if (!name) return std::nullopt;
        ++result_.resolved;
        return name->symbol + " + " + std::to_string(name->offset);
    }

    const RE2 frame_{R"(((\d+)\s+(\S.*?)\s+0x([0-9a-fA-F]{1,16})\s+)(\S.* \+ \d+))", bytes_options()};
    FrameNames& names_;
    std::vector<LoadedImage> images_;
    Symbolicated& result_;
};

}  // namespace

Symbolicated symbolicate_text(FrameNames& names, std::string_view report) {
    Symbolicated result;
    auto images = images_of(report);
    names.learn_slide(images);
    TextReport text(names, std::move(images), result);
    size_t most_listed = kMostListed;
    const RE2 title(R"(.*\bBacktrace(?: \d+)?:\s*)", bytes_options());
    while (!report.empty()) {
        const Line line = first_line(report);
        text.add(line);
        report.remove_prefix(line.text.size() + line.end.size());
        if (!RE2::FullMatch(piece(line.text), title)) continue;
        const AddressList list = address_list(report, most_listed);
        text.add_list(list.addresses, line.end);
        most_listed -= list.addresses.size();
        report.remove_prefix(list.size);
    }
    return result;
}

}  // namespace strata::query
