// Swift metadata in flat memory, with symbols that pointers are bound to. Two bytes (1 = 64-bit, 2 = symbols; number of
// sections), nine bytes for each section (which, offset, size), one byte and so many bytes of names that end in NUL,
// then the bytes of the one mapping.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "extract/swift_facts.h"
#include "flat_space.h"
#include "fuzz_check.h"
#include "macho/swift.h"
#include "macho/swift_symbol.h"

namespace {

using strata::base::ByteView;
using strata::fuzz::FlatSpace;
using strata::fuzz::image_of;
using strata::fuzz::kSectionBytes;

constexpr size_t kMaxSections = 8;
constexpr std::array<const char*, 4> kSections = {"__swift5_types", "__swift5_types2", "__swift5_protos",
                                                  "__swift5_proto"};

std::vector<std::string> names_in(std::string_view text) {
    std::vector<std::string> names;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\0', at), text.size());
        names.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return names;
}

/// A name that is given is one or more words joined by dots, and no longer than what it was read from tells.
void check_name(const std::string& symbol) {
    const std::string name = strata::macho::plain_swift_name(symbol);
    if (name.empty()) return;
    STRATA_FUZZ_CHECK(name.find('.') != std::string::npos && name.front() != '.');
    STRATA_FUZZ_CHECK(name.size() <= symbol.size() + 64);
}

std::string read_all(const strata::macho::SwiftContext& context, size_t size) {
    std::string text;
    uint64_t visited = 0;
    const auto summary = strata::macho::walk_swift(context, [&](const strata::macho::SwiftItem& item) {
        ++visited;
        STRATA_FUZZ_CHECK(item.type.size() <= 32 * (size + 16) && item.conforms.size() <= 32 * (size + 16));
        if (text.size() < 1U << 20) text += item.type + ':' + item.conforms + '\n';
    });
    STRATA_FUZZ_CHECK(visited + summary.unreadable <= summary.items);
    STRATA_FUZZ_CHECK(summary.text().empty() == (summary.unreadable == 0));
    return text + summary.text();
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3) return 0;
    const strata::base::ByteSource source{"metadata", data};
    const ByteView all(&source, data, size);
    const size_t count = data[1] % (kMaxSections + 1);
    const size_t names_at = 2 + count * kSectionBytes;
    if (size <= names_at || size <= names_at + 1 + data[names_at]) return 0;
    const auto names = names_in(all.sub(names_at + 1, data[names_at], "names").as_text());
    const FlatSpace space(all.from(names_at + 1 + data[names_at], "mapping"));
    const auto image = image_of(all, 2, count, kSections, (data[0] & 1) != 0);
    for (const auto& name : names) check_name(name);
    const auto bound = [&](uint64_t address) -> std::string_view {
        return address % 16 == 8 && !names.empty() ? names[address / 16 % names.size()] : std::string_view();
    };
    strata::macho::SwiftContext context{space, image};
    if ((data[0] & 2) != 0) context.bound_symbol = bound;
    try {
        const std::string text = read_all(context, size);
        STRATA_FUZZ_CHECK(text == read_all(context, size));
        uint64_t facts = 0;
        const strata::macho::SymbolTable locals({}, {}, image.is_64);
        strata::extract::extract_swift({space, image, locals, [](uint64_t) {}, {}, context.bound_symbol},
                                       [&](const strata::record::Chunk& chunk) { facts += chunk.count; });
        STRATA_FUZZ_CHECK(facts <= 2 * (uint64_t{1} << 20));
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(!error.message().empty());
    }
    return 0;
}
