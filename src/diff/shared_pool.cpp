#include "diff/shared_pool.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace strata::diff {
namespace {

using record::Layout;

constexpr std::array<std::string_view, 3> kPooledStrings{"__objc_methname", "__objc_classname", "__objc_methtype"};
constexpr std::array<std::string_view, 3> kStubs{"__objc_stubs", "__auth_stubs", "__auth_got"};
/// Sections that stay in an image as long as it has classes or sends messages.
constexpr std::array<std::string_view, 5> kObjc{"__objc_selrefs", "__objc_classlist", "__objc_catlist",
                                                "__objc_protolist", "__objc_classrefs"};

template <size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_objc(const Layout& layout) {
    return std::any_of(layout.sections.begin(), layout.sections.end(),
                       [](const Layout::Section& s) { return s.size != 0 && is_one_of(s.name, kObjc); });
}

const Layout::Section* find(const Layout& layout, const Layout::Section& like) {
    const auto found = std::find_if(layout.sections.begin(), layout.sections.end(), [&](const Layout::Section& s) {
        return s.segment == like.segment && s.name == like.name;
    });
    return found == layout.sections.end() ? nullptr : &*found;
}

}  // namespace

std::vector<PooledSection> find_pooled_sections(const Layout& before, const Layout& after) {
    std::vector<PooledSection> pooled;
    for (const auto& now : after.sections) {
        const bool strings = is_one_of(now.name, kPooledStrings);
        if (!strings && !is_one_of(now.name, kStubs)) continue;
        const auto* old = find(before, now);
        if (old == nullptr || (old->size == 0) == (now.size == 0)) continue;
        const bool to_pool = now.size == 0;
        if (strings && !has_objc(to_pool ? after : before)) continue;
        pooled.push_back({std::string(now.segment), std::string(now.name), to_pool, to_pool ? old->size : now.size, 0});
    }
    return pooled;
}

}  // namespace strata::diff
