#include "report/fold.h"

#include <algorithm>
#include <clocale>
#include <cwchar>

namespace strata::report {
namespace {

// Below this nothing readable is left beside the indent.
constexpr size_t kLeastText = 16;

/// wcwidth() asks the thread's locale, which is the user's or "C": this one knows all characters, and is in every libc.
class Utf8Locale {
  public:
    Utf8Locale() : before_(::uselocale(shared())) {}
    ~Utf8Locale() { ::uselocale(before_); }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

  private:
    static locale_t shared() {
        static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return locale;
    }
    locale_t before_;
};

struct Glyph {
    size_t bytes;
    size_t columns;
};

/// The first character of valid UTF-8; anything else counts as a byte of one column.
Glyph glyph_at(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {1, 1};
    const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (bytes == 1 || bytes > text.size()) return {1, 1};
    wchar_t code = lead & (0xFF >> (bytes + 1));
    for (size_t i = 1; i < bytes; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
    const int columns = ::wcwidth(code);
    return {bytes, columns < 0 ? 1 : static_cast<size_t>(columns)};
}

/// How many bytes of `text` fill at most `room` columns.
size_t fitting(std::string_view text, size_t room) {
    size_t bytes = 0;
    size_t columns = 0;
    while (bytes < text.size()) {
        const Glyph glyph = glyph_at(text.substr(bytes));
        if (columns + glyph.columns > room) break;
        columns += glyph.columns;
        bytes += glyph.bytes;
    }
    return bytes;
}

/// Where to end a piece that may have `most` bytes.
size_t good_cut(std::string_view text, size_t most) {
    // A blank right behind the piece is as good as one in it: it is dropped.
    if (text[most] == ' ') return most;
    const size_t at = text.substr(0, most).find_last_of(" /,");
    return at == std::string_view::npos || at < most / 2 ? most : at + 1;
}

}  // namespace

size_t display_width(std::string_view text) {
    const Utf8Locale locale;
    size_t columns = 0;
    while (!text.empty()) {
        const Glyph glyph = glyph_at(text);
        columns += glyph.columns;
        text.remove_prefix(glyph.bytes);
    }
    return columns;
}

std::vector<std::string> folded(std::string_view line, size_t width, size_t indent) {
    std::vector<std::string> pieces;
    if (width < indent + kLeastText || line.size() <= width)
        return {std::string(line)};  // no character is wider than its bytes
    const Utf8Locale locale;
    const std::string blanks(indent, ' ');
    for (size_t room = width;; room = width - indent) {
        const size_t most = fitting(line, room);
        const size_t cut = most == line.size() ? most : good_cut(line, most);
        std::string_view piece = line.substr(0, cut);
        line.remove_prefix(cut);
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        piece = piece.substr(0, line.empty() ? piece.size() : piece.find_last_not_of(' ') + 1);
        pieces.push_back((pieces.empty() ? "" : blanks) + std::string(piece));
        if (line.empty()) return pieces;
    }
}

std::string clipped(std::string_view text, size_t width) {
    if (width == 0 || display_width(text) <= width) return std::string(text);
    if (width <= 3) return std::string(width, '.');
    const Utf8Locale locale;
    return std::string(text.substr(0, fitting(text, width - 3))) + "...";
}

}  // namespace strata::report
