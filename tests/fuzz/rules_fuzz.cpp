// Names and strings through every noise rule, in every combination: what no rule touched stays, nothing is added to but
// placeholders, and the switches of rules are a name or an error.
#include <string>
#include <string_view>

#include "base/error.h"
#include "diff/rules.h"
#include "diff/timestamps.h"
#include "fuzz_check.h"

using strata::diff::kRules;
using strata::diff::Normalised;
using strata::diff::RuleSet;

namespace {

void check(const Normalised& result, std::string_view text, RuleSet rules) {
    STRATA_FUZZ_CHECK(result.fired || result.text == text);
    STRATA_FUZZ_CHECK(!result.fired || rules.has(result.rule));
    // The longest placeholder is put in the place of six letters and more.
    STRATA_FUZZ_CHECK(result.text.size() <= 2 * text.size() + 16);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    RuleSet rules = RuleSet::none();
    const unsigned bits = data[0] | static_cast<unsigned>(data[1]) << 8;
    for (const auto& info : kRules)
        if ((bits >> static_cast<unsigned>(info.rule) & 1) != 0) rules = rules.with(info.rule);
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    check(strata::diff::normalise_symbol(text, rules), text, rules);
    check(strata::diff::normalise_string(text, rules), text, rules);
    STRATA_FUZZ_CHECK(!strata::diff::normalise_symbol(text, RuleSet::none()).fired);
    STRATA_FUZZ_CHECK(strata::diff::timestamp_form(text).empty() || text.size() <= 40);
    try {
        (void)RuleSet::defaults().switched(text);
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kUsage);
    }
    return 0;
}
