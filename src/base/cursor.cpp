#include "base/cursor.h"

namespace strata::base {

uint64_t Cursor::uleb(const char* what) {
    const uint64_t start = at_;
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (at_ >= view_.size())
            throw view_.error(start, std::string(what) + ": unterminated ULEB128", "a last byte below 0x80");
        const uint8_t byte = view_.data()[at_++];
        const uint64_t bits = byte & 0x7fU;
        if (shift > 63 || (shift == 63 && bits > 1))
            throw view_.error(start, std::string(what) + ": ULEB128 too long", "at most 64 bits");
        value |= bits << shift;
        if ((byte & 0x80U) == 0) return value;
    }
}

std::string_view Cursor::text(uint64_t limit, const char* what) {
    bool terminated = false;
    const auto rest = view_.from(at_, what);
    const auto bounded = rest.sub(0, std::min(rest.size(), limit + 1), what);
    const auto text = bounded.text(0, &terminated);
    if (!terminated)
        throw view_.error(at_, std::string(what) + ": unterminated text",
                          "a NUL within " + hex(bounded.size()) + " bytes");
    at_ += text.size() + 1;
    return text;
}

}  // namespace strata::base
