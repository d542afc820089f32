#include "query/report_text.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace strata::query {
namespace {

using re2::RE2;
using re2::StringPiece;

uint64_t hexadecimal(const std::string& digits) {
    uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

/// Calls `use` with each line and its end (which may be missing behind the last one).
template <typename Use>
void for_each_line(std::string_view text, const Use& use) {
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        size_t size = end;
        if (size > 0 && text[size - 1] == '\r') --size;
        const size_t next = std::min(end + 1, text.size());
        use(text.substr(0, size), text.substr(size, next - size));
        text.remove_prefix(next);
    }
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
        R"(\s*0x([0-9a-fA-F]{1,16})\s+-\s+(?:0x([0-9a-fA-F]{1,16})|\?\?\?)\s.*<([0-9a-fA-F-]{32,36})>.*)",
        bytes_options());
    std::vector<LoadedImage> images;
    for_each_line(report, [&](std::string_view line, std::string_view) {
        std::string begin;
        std::string last;
        std::string uuid;
        if (!RE2::FullMatch(piece(line), image_line, &begin, &last, &uuid)) return;
        LoadedImage image{hexadecimal(begin), last.empty() ? 0 : hexadecimal(last) + 1, parse_uuid(uuid)};
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

/// Names the frames line by line.
class TextReport {
  public:
    TextReport(FrameNames& names, std::vector<LoadedImage> images, Symbolicated& result)
        : names_(names), images_(std::move(images)), result_(result) {}

    void add(std::string_view line, std::string_view end) {
        StringPiece before;
        StringPiece number;
        StringPiece image;
        StringPiece address;
        StringPiece what;
        std::string name;
        if (RE2::FullMatch(piece(line), frame_, &before, &number, &image, &address, &what))
            name =
                name_of({image.data(), image.size()}, std::string(address), {what.data(), what.size()}, number != "0");
        if (name.empty()) {
            result_.text += line;
        } else {
            result_.text.append(before.data(), before.size());
            result_.text += base::terminal_safe(name);
        }
        result_.text += end;
    }

  private:
    /// "symbol + offset"; empty when the frame has one, or none is known.
    std::string name_of(std::string_view image_name, const std::string& address_digits, std::string_view what,
                        bool is_return) {
        const size_t plus = what.rfind(" + ");
        if (plus == std::string_view::npos) return {};
        const auto base = what.substr(0, plus);
        if (!base.starts_with("0x") && base != image_name) return {};
        ++result_.frames;
        const uint64_t address = hexadecimal(address_digits);
        const LoadedImage* image = image_around(images_, address);
        const auto name = image == nullptr ? names_.name_at(address, is_return)
                                           : names_.name(*image, address - image->begin, is_return);
        if (!name) return {};
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
    for_each_line(report, [&](std::string_view line, std::string_view end) { text.add(line, end); });
    return result;
}

}  // namespace strata::query
