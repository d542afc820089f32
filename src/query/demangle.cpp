#include "query/demangle.h"

#include <cxxabi.h>

#include <bit>
#include <cstdlib>
#include <memory>

namespace strata::query {
namespace {

constexpr size_t kLongest = 1024;
constexpr unsigned kMostBits = 26;  // 64 MiB

/// References to what came before: S_, S1_, T_, T0_, and packs, which repeat what they hold.
unsigned references_in(std::string_view name) {
    unsigned count = 0;
    for (size_t i = 0; i + 1 < name.size(); ++i) {
        const char next = name[i + 1];
        const bool number = next == '_' || (next >= '0' && next <= '9') || (next >= 'A' && next <= 'Z');
        if ((name[i] == 'S' || name[i] == 'T') && number) ++count;
        if ((name[i] == 'D' || name[i] == 's') && next == 'p') count += 8;
    }
    return count;
}

bool may_explode(std::string_view name) {
    return static_cast<unsigned>(std::bit_width(name.size())) + references_in(name) > kMostBits;
}

}  // namespace

std::string demangle(std::string_view name) {
    // _Z in C++; Mach-O puts an underscore before each name, blocks two more before the function they are in.
    const size_t underscores = name.find_first_not_of('_');
    if (underscores == std::string_view::npos || underscores == 0 || underscores > 4 || name[underscores] != 'Z')
        return {};
    std::string mangled(name.substr(underscores - 1));
    std::string suffix;
    if (const size_t block = mangled.find("_block_invoke"); block != std::string::npos) {
        suffix = mangled.substr(block);
        mangled.resize(block);
    }
    if (mangled.size() > kLongest || may_explode(mangled)) return {};
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(
        abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
    return status == 0 && text ? text.get() + suffix : std::string();
}

}  // namespace strata::query
