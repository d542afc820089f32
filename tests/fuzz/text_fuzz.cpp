// Bytes of files made safe to print: nothing is lost, what comes out is UTF-8, and a terminal obeys none of it.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/build_noise.h"
#include "base/text.h"
#include "fuzz_check.h"

namespace {

/// A decoder of its own: strict UTF-8 by arithmetic on code points.
bool is_utf8(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        const auto lead = static_cast<uint8_t>(text[i]);
        const size_t length = lead < 0x80         ? 1
                              : (lead >> 5) == 6  ? 2
                              : (lead >> 4) == 14 ? 3
                              : (lead >> 3) == 30 ? 4
                                                  : 0;
        if (length == 0 || text.size() - i < length) return false;
        uint32_t code = length == 1 ? lead : lead & (0x7fU >> length);
        for (size_t k = 1; k < length; ++k) {
            const auto byte = static_cast<uint8_t>(text[i + k]);
            if ((byte >> 6) != 2) return false;
            code = code << 6 | (byte & 0x3f);
        }
        static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
        if (code < kSmallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
        i += length;
    }
    return true;
}

bool holds_controls(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<uint8_t>(text[i]);
        if (byte < 0x20 || byte == 0x7f) return true;
        if (byte == 0xc2 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) < 0xa0) return true;
    }
    return false;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::string shown = strata::base::printable(bytes);
    STRATA_FUZZ_CHECK(is_utf8(shown));
    STRATA_FUZZ_CHECK(strata::base::unprintable(shown) == bytes);
    STRATA_FUZZ_CHECK(is_utf8(bytes) || shown != bytes);
    const std::string safe = strata::base::terminal_safe(bytes);
    STRATA_FUZZ_CHECK(is_utf8(safe) && !holds_controls(safe));
    STRATA_FUZZ_CHECK(strata::base::unprintable(safe) == bytes);

    std::string clean;
    if (strata::base::without_build_paths(bytes, clean)) {
        // Cleaning is done once and for all: what is clean stays as it is.
        std::string again = clean;
        STRATA_FUZZ_CHECK(!strata::base::without_build_paths(clean, again) || again == clean);
    } else {
        STRATA_FUZZ_CHECK(clean.empty());
    }
    return 0;
}
