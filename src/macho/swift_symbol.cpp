#include "macho/swift_symbol.h"

#include <array>
#include <utility>

namespace strata::macho {
namespace {

constexpr size_t kLongestIdentifier = 4096;

// lib/Demangling: StandardTypesMangling.def. "S" and the letter.
constexpr std::array<std::pair<char, std::string_view>, 47> kStandard = {{
    {'A', "AutoreleasingUnsafeMutablePointer"},
    {'a', "Array"},
    {'B', "BinaryFloatingPoint"},
    {'b', "Bool"},
    {'D', "Dictionary"},
    {'d', "Double"},
    {'E', "Encodable"},
    {'e', "Decodable"},
    {'F', "FloatingPoint"},
    {'f', "Float"},
    {'G', "RandomNumberGenerator"},
    {'H', "Hashable"},
    {'h', "Set"},
    {'I', "DefaultIndices"},
    {'i', "Int"},
    {'J', "Character"},
    {'j', "Numeric"},
    {'K', "BidirectionalCollection"},
    {'k', "RandomAccessCollection"},
    {'L', "Comparable"},
    {'l', "Collection"},
    {'M', "MutableCollection"},
    {'m', "RangeReplaceableCollection"},
    {'N', "ClosedRange"},
    {'n', "Range"},
    {'O', "ObjectIdentifier"},
    {'P', "UnsafePointer"},
    {'p', "UnsafeMutablePointer"},
    {'Q', "Equatable"},
    {'q', "Optional"},
    {'R', "UnsafeBufferPointer"},
    {'r', "UnsafeMutableBufferPointer"},
    {'S', "String"},
    {'s', "Substring"},
    {'T', "Sequence"},
    {'t', "IteratorProtocol"},
    {'U', "UnsignedInteger"},
    {'u', "UInt"},
    {'V', "UnsafeRawPointer"},
    {'v', "UnsafeMutableRawPointer"},
    {'W', "UnsafeRawBufferPointer"},
    {'w', "UnsafeMutableRawBufferPointer"},
    {'X', "RangeExpression"},
    {'x', "Strideable"},
    {'Y', "RawRepresentable"},
    {'y', "StringProtocol"},
    {'z', "BinaryInteger"},
}};

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// A length and so many characters; empty when there is none, or when it abbreviates words (it begins with 0 then).
std::string_view identifier(std::string_view& text) {
    size_t length = 0;
    size_t at = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && length <= kLongestIdentifier)
        length = length * 10 + static_cast<size_t>(text[at++] - '0');
    if (at == 0 || text[0] == '0' || length > kLongestIdentifier || length > text.size() - at) return {};
    const auto name = text.substr(at, length);
    text.remove_prefix(at + length);
    return name;
}

std::string module_or_standard(std::string_view& text) {
    if (take(text, "So")) return "__C";
    if (take(text, "s")) return "Swift";
    if (text.size() > 1 && text[0] == 'S') {
        for (const auto& [letter, name] : kStandard) {
            if (letter != text[1]) continue;
            text.remove_prefix(2);
            return "Swift." + std::string(name);
        }
        return {};
    }
    return std::string(identifier(text));
}

}  // namespace

std::string plain_swift_name(std::string_view symbol) {
    take(symbol, "_");
    if (!take(symbol, "$s")) return {};
    std::string name = module_or_standard(symbol);
    while (!name.empty() && symbol != "Mn" && symbol != "Mp") {
        const auto next = identifier(symbol);
        if (next.empty()) return {};
        name += '.';
        name += next;
        // The kind of a nominal type follows its name; a protocol's descriptor needs none.
        const bool nominal = take(symbol, "V") || take(symbol, "O") || take(symbol, "C");
        if (!nominal && symbol != "Mp") return {};
    }
    return name.find('.') == std::string::npos ? std::string() : name;  // a module alone is no type
}

}  // namespace strata::macho
