#include "extract/foreign_meanings.h"

#include <algorithm>
#include <numeric>

#include "code/fingerprint.h"
#include "extract/meanings.h"
#include "foreign/elf_format.h"

namespace strata::extract {
namespace {

constexpr size_t kMaxText = 512;
constexpr size_t kMinText = 4;  // a shorter one may be a number that looks like a text
constexpr uint64_t kSectionSeed = 0x656c6670;

bool has_address(const foreign::Symbol& symbol) {
    return symbol.section != foreign::kNoSection && symbol.section != foreign::kCommonSection &&
           symbol.section != foreign::kAbsoluteSection && symbol.target.empty() && !symbol.name.empty() &&
           symbol.type != foreign::SymbolType::kThreadLocal;
}

}  // namespace

ForeignMeanings::ForeignMeanings(const ForeignImage& image) : image_(image) {
    const auto& symbols = image.facts.symbols;
    std::vector<uint32_t> order(symbols.size());
    std::iota(order.begin(), order.end(), 0U);
    std::erase_if(order, [&](uint32_t i) { return !has_address(symbols[i]); });
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return symbols[a].name < symbols[b].name; });
    names_.reserve(order.size());
    for (const uint32_t i : order) names_.add(image.address_of(symbols[i]), symbols[i].name, symbols[i].dynamic, false);
}

uint64_t ForeignMeanings::of(uint64_t address) const {
    if (const uint64_t named = names_.find(address); named != 0) return named;
    const uint32_t index = image_.section_of(address);
    if (index == 0) return kNowhere;
    const auto& section = image_.facts.sections[index - 1];
    if (!image_.holds_code(section) && may_hold_text(section))
        if (const auto text = text_at(index, address); !text.empty()) return text_meaning(text);
    return code::hash_text(section.name, kSectionSeed) | 2;
}

bool ForeignMeanings::may_hold_text(const foreign::Section& section) const {
    return section.name.starts_with(".rodata") || section.name == ".rdata" ||
           (image_.is_elf() && (section.flags & foreign::kShfStrings) != 0);
}

/// A terminated text of printable characters; empty when there is none.
std::string_view ForeignMeanings::text_at(uint32_t index, uint64_t address) const {
    const auto bytes = image_.bytes_of(image_.facts.sections[index - 1]).as_text();
    const uint64_t at = address - image_.section_addresses()[index - 1];
    if (at >= bytes.size()) return {};
    const auto rest = bytes.substr(at, kMaxText);
    // Jump tables lie among the strings: small negative numbers, whose upper bytes UTF-8 does not have.
    const auto is_text = [](char c) {
        const auto byte = static_cast<uint8_t>(c);
        return (byte >= 0x20 && byte < 0x7f) || (byte >= 0x80 && byte < 0xf5) || byte == '\t' || byte == '\n' ||
               byte == '\r';
    };
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_text);
    const auto size = static_cast<size_t>(end - rest.begin());
    const bool ends = size == kMaxText || (end != rest.end() && *end == '\0');
    return ends && size >= kMinText ? rest.substr(0, size) : std::string_view{};
}

}  // namespace strata::extract
