// Patterns and names are both from strangers: globs and expressions against texts, the demangler. The first byte says
// how the pattern is meant, the pattern reaches to the first line end, the rest is what it is matched with.
#include <string>
#include <string_view>

#include "base/error.h"
#include "fuzz_check.h"
#include "query/demangle.h"
#include "query/pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (bytes.empty()) return 0;
    const auto end = bytes.find('\n');
    const auto text = end == std::string_view::npos ? std::string_view{} : bytes.substr(end + 1);
    (void)strata::query::demangle(text);
    try {
        const strata::query::Pattern pattern(
            static_cast<strata::query::Match>(data[0] & 3),
            std::string(bytes.substr(1, end == std::string_view::npos ? end : end - 1)));
        if (!pattern.matches(text)) return 0;
        // What is told of all matches must hold for this one: searches leave out whatever does not have it.
        STRATA_FUZZ_CHECK(text.starts_with(pattern.prefix()));
        STRATA_FUZZ_CHECK(text.find(pattern.literal()) != std::string_view::npos);
        STRATA_FUZZ_CHECK(pattern.may_match_in("_a" + std::string(text) + "0.b"));
    } catch (const strata::base::Error&) {  // no pattern
    }
    return 0;
}
