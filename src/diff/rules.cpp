#include "diff/rules.h"

#include <algorithm>
#include <utility>

#include "base/build_noise.h"
#include "base/error.h"
#include "diff/timestamps.h"

namespace strata::diff {
namespace {

constexpr std::string_view kCold = ".cold";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Where the digits at the end of `text` begin; text.size() when there are none.
size_t trailing_digits(std::string_view text) {
    size_t at = text.size();
    while (at > 0 && is_digit(text[at - 1])) --at;
    return at;
}

/// Length of `name` without its trailing counters: (\.cold|\.[0-9]+)+$
size_t without_counters(std::string_view name) {
    size_t end = name.size();
    for (;;) {
        const auto rest = name.substr(0, end);
        if (rest.ends_with(kCold)) {
            end -= kCold.size();
            continue;
        }
        const size_t digits = trailing_digits(rest);
        if (digits == end || digits == 0 || name[digits - 1] != '.') return end;
        end = digits - 1;
    }
}

/// `name` without leading underscores: C's one, a block's three.
std::string_view bare(std::string_view name) {
    return name.substr(std::min(name.find_first_not_of('_'), name.size()));
}

/// Length of `name` without numbers at its end: ([._]?[0-9]+)+$
size_t without_numbers(std::string_view name) {
    for (;;) {
        const size_t digits = trailing_digits(name);
        if (digits == name.size()) return name.size();
        const bool separated = digits > 0 && (name[digits - 1] == '.' || name[digits - 1] == '_');
        name = name.substr(0, separated ? digits - 1 : digits);
    }
}

/// A compiler-made block name whose only own part is its number; `name` ends before any number.
bool is_block_name(std::string_view name) {
    static constexpr std::string_view kWhole[] = {"block_descriptor", "block_descriptor_tmp", "block_literal_global",
                                                  "block_copy_helper", "block_destroy_helper"};
    return name.ends_with("_block_invoke") ||
           std::find(std::begin(kWhole), std::end(kWhole), bare(name)) != std::end(kWhole);
}

/// `name` is "apply_block_1": arguments, not a counter.
bool is_apply_block(std::string_view name) {
    constexpr std::string_view kName = "apply_block_";
    const auto plain = bare(name);
    return plain.starts_with(kName) && plain.size() == kName.size() + 1 && is_digit(plain.back());
}

/// Length of `stem`, with one underscore before it or none, when `name` is nothing but that and up to `numbers` numbers
/// joined by underscores ("GCC_except_table12"); else 0.
size_t numbered_stem(std::string_view name, std::string_view stem, int numbers) {
    const size_t length = stem.size() + (name.starts_with('_') ? 1 : 0);
    if (!name.substr(length - stem.size()).starts_with(stem)) return 0;
    auto rest = name.substr(length);
    for (; numbers > 0; --numbers) {
        const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
        if (digits == 0) return 0;
        if (digits == rest.size()) return length;
        if (rest[digits] != '_') return 0;
        rest.remove_prefix(digits + 1);
    }
    return 0;
}

/// Whether libc++ makes tags like this: v160006, ne180100 (hardening, exceptions, version).
bool is_library_tag(std::string_view tag) {
    const size_t letters = tag.find_first_of("0123456789");
    if (letters == tag.npos || letters == 0 || letters > 4) return false;
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const size_t digits = tag.size() - letters;
    if (!std::all_of(tag.begin(), tag.begin() + static_cast<ptrdiff_t>(letters), is_letter) ||
        trailing_digits(tag) != letters)
        return false;
    return tag.front() == 'v' && letters == 1 ? digits == 5 || digits == 6 : letters >= 2 && digits == 6;
}

/// Replaces ABI tags (Itanium C++ ABI 5.1.5: B, length, tag) of libc++ in a mangled name.
bool without_abi_tags(std::string& name) {
    if (!bare(name).starts_with('Z') || !name.starts_with('_')) return false;
    bool changed = false;
    for (size_t at = name.find('B'); at != name.npos; at = name.find('B', at + 1)) {
        // All of libc++'s tags have 6 to 10 letters: one or two digits of length.
        size_t text = at + 1;
        size_t length = 0;
        while (text < name.size() && text < at + 3 && is_digit(name[text]))
            length = length * 10 + static_cast<size_t>(name[text++] - '0');
        if (length == 0 || length > name.size() - text || !is_library_tag(std::string_view(name).substr(text, length)))
            continue;
        name.replace(at + 1, text + length - at - 1, "<abi>");
        changed = true;
    }
    return changed;
}

/// Takes noise out of one name, rule by rule.
class NameCleaner {
  public:
    NameCleaner(std::string_view name, RuleSet rules) : rules_(rules) {
        if (rules.has(Rule::kBuildPaths) && base::without_build_paths(name, result_.text)) {
            fired(Rule::kBuildPaths);
        } else {
            result_.text.reserve(name.size() + kMore);
            result_.text = name;
        }
    }

    Normalised run() {
        if (rules_.has(Rule::kCounters)) cut(without_counters(result_.text), Rule::kCounters);
        if (rules_.has(Rule::kSwiftMerged)) swift_merged();
        if (rules_.has(Rule::kExceptTables)) numbered("GCC_except_table", 1, Rule::kExceptTables);
        if (rules_.has(Rule::kOutlined)) numbered("OUTLINED_FUNCTION_", 2, Rule::kOutlined);
        if (rules_.has(Rule::kBlocks)) blocks();
        if (rules_.has(Rule::kApplyBlock)) apply_block();
        if (rules_.has(Rule::kAbiTags) && without_abi_tags(result_.text)) fired(Rule::kAbiTags);
        return std::move(result_);
    }

  private:
    static constexpr size_t kMore = 16;  // what makes a fact of a name is put behind it

    void fired(Rule rule) {
        result_.rule = rule;
        result_.fired = true;
    }
    void cut(size_t length, Rule rule) {
        if (length == result_.text.size()) return;
        result_.text.resize(length);
        fired(rule);
    }

    void swift_merged() {
        constexpr std::string_view kMerged = "Tm";
        std::string& text = result_.text;
        if (!text.ends_with(kMerged)) return;
        const std::string_view stem(text.data(), text.size() - kMerged.size());
        const size_t digits = trailing_digits(stem);
        if (digits == stem.size() || digits == 0 || stem[digits - 1] != '.') return;
        text.erase(digits - 1, stem.size() - digits + 1);
        fired(Rule::kSwiftMerged);
    }

    void numbered(std::string_view stem, int numbers, Rule rule) {
        const size_t length = numbered_stem(result_.text, stem, numbers);
        if (length != 0) cut(length, rule);
    }

    /// What the counters took from a block's name was the block's number: it goes to this rule's account.
    void blocks() {
        const size_t length = without_numbers(result_.text);
        if (!is_block_name(std::string_view(result_.text).substr(0, length))) return;
        if (result_.fired && result_.rule == Rule::kCounters) fired(Rule::kBlocks);
        cut(length, Rule::kBlocks);
    }

    void apply_block() {
        // Without the counters rule the copy's number is still there.
        const size_t length = without_counters(result_.text);
        if (!is_apply_block(std::string_view(result_.text).substr(0, length))) return;
        if (result_.fired && result_.rule == Rule::kCounters) fired(Rule::kApplyBlock);
        cut(length, Rule::kApplyBlock);
    }

    RuleSet rules_;
    Normalised result_;
};

}  // namespace

Normalised normalise_symbol(std::string_view name, RuleSet rules) {
    return NameCleaner(name, rules).run();
}

Normalised normalise_string(std::string_view value, RuleSet rules) {
    Normalised result;
    result.fired = rules.has(Rule::kBuildPaths) && base::without_build_paths(value, result.text);
    if (result.fired) return result;
    if (rules.has(Rule::kTimestamps)) result.text = timestamp_form(value);
    result.fired = !result.text.empty();
    if (result.fired) {
        result.rule = Rule::kTimestamps;
    } else {
        result.text = value;
    }
    return result;
}

RuleSet RuleSet::switched(std::string_view switches) const {
    RuleSet rules = *this;
    while (!switches.empty()) {
        const size_t end = std::min(switches.find(','), switches.size());
        const auto item = switches.substr(0, end);
        switches.remove_prefix(std::min(end + 1, switches.size()));
        const auto name = item.substr(item.empty() ? 0 : 1);
        const auto found =
            std::find_if(kRules.begin(), kRules.end(), [&](const RuleInfo& info) { return info.name == name; });
        if (item.empty() || (item.front() != '+' && item.front() != '-'))
            throw base::Error::usage("\"" + std::string(item) + "\" is no switch: give +RULE or -RULE");
        if (found == kRules.end())
            throw base::Error::usage("no rule \"" + std::string(name) + "\" (strata rules shows them)");
        rules = item.front() == '+' ? rules.with(found->rule) : rules.without(found->rule);
    }
    return rules;
}

}  // namespace strata::diff
