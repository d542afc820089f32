#include "diff/build_facts.h"

#include <algorithm>
#include <array>

namespace strata::diff {
namespace {

constexpr const char* kSignature = "code signature";
constexpr const char* kInfo = "info plist";
constexpr const char* kIdentifier = "identifier";

constexpr std::array kBuildFacts{
    BuildFact{kSignature, "cdhash*", "a hash over every byte of the image, its uuid included"},
    BuildFact{kSignature, "runtime version", "the SDK's, which counts as the build's in the head, too"},
    BuildFact{kSignature, "version", "of the signature's own format: the signing tool's choice"},
    BuildFact{kInfo, "BuildMachineOSBuild", "the build machine's system"},
    BuildFact{kInfo, "DTCompiler", "names the compiler"},
    BuildFact{kInfo, "DTPlatformBuild", "the SDK's build"},
    BuildFact{kInfo, "DTPlatformVersion", "the SDK's version"},
    BuildFact{kInfo, "DTSDKBuild", "the SDK's build"},
    BuildFact{kInfo, "DTSDKName", "the SDK's name, version included"},
    BuildFact{kInfo, "DTXcode", "Xcode's version"},
    BuildFact{kInfo, "DTXcodeBuild", "Xcode's build"},
    BuildFact{kInfo, "CFBundleVersion", "the build's number, as the source version is"},
    BuildFact{kInfo, "LSMinimumSystemVersion", "follows the SDK, as the minimum OS of the head does"},
    BuildFact{kInfo, "MinimumOSVersion", "follows the SDK, as the minimum OS of the head does"},
};

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool same_identifier(record::ColumnKind kind, const ChangedFact& fact) {
    return kind == record::ColumnKind::kSignature && fact.owner == kSignature && fact.name == kIdentifier &&
           stable_identifier(fact.before) == stable_identifier(fact.after) &&
           stable_identifier(fact.before).size() != fact.before.size();
}

}  // namespace

std::span<const BuildFact> build_facts() {
    return kBuildFacts;
}

bool is_build_fact(record::ColumnKind kind, std::string_view owner, std::string_view name) {
    if (kind != record::ColumnKind::kSignature) return false;
    return std::any_of(kBuildFacts.begin(), kBuildFacts.end(), [&](const BuildFact& fact) {
        const std::string_view wanted = fact.name;
        const bool prefix = wanted.back() == '*';
        return owner == fact.owner &&
               (prefix ? name.substr(0, wanted.size() - 1) == wanted.substr(0, wanted.size() - 1) : name == wanted);
    });
}

bool has_only_build_facts(const FactGroup& group) {
    const auto is_one = [&](const auto& fact) { return is_build_fact(group.kind, fact.owner, fact.name); };
    return std::all_of(group.added.begin(), group.added.end(), is_one) &&
           std::all_of(group.removed.begin(), group.removed.end(), is_one) &&
           std::all_of(group.changed.begin(), group.changed.end(),
                       [&](const ChangedFact& fact) { return is_one(fact) || same_identifier(group.kind, fact); });
}

std::string_view stable_identifier(std::string_view identifier) {
    const size_t dash = identifier.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return identifier;
    const auto suffix = identifier.substr(dash + 1);
    const bool unique = suffix.size() == 16 || suffix.size() == 40;  // 8 and 32 digits of a uuid are 40, as SHA-1 has
    return unique && is_hex(suffix) ? identifier.substr(0, dash) : identifier;
}

}  // namespace strata::diff
