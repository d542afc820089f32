// What changed in one image between two firmwares.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diff/fact_difference.h"
#include "diff/relevance.h"
#include "diff/rules.h"
#include "diff/set_difference.h"
#include "diff/shared_pool.h"
#include "record/head.h"
#include "store/reader.h"

namespace strata::diff {

enum class Status : uint8_t {
    kAdded,
    kRemoved,
    kUpdated,    ///< some fact of its own changed
    kRebuilt,    ///< only uuid, versions or addresses inside it differ
    kUnchanged,  ///< the same build; where the cache lays it out does not count
    kFailed,     ///< one side could not be read when it was indexed
    kMoved,      ///< under another path now; its content may have changed as well
};
/// All of them, in the order in which totals are told.
inline constexpr std::array kStatuses{Status::kAdded,   Status::kRemoved,   Status::kMoved, Status::kUpdated,
                                      Status::kRebuilt, Status::kUnchanged, Status::kFailed};
/// "added", "removed", ...
std::string_view status_name(Status status);

/// A single-valued fact, as text on both sides.
struct ScalarChange {
    const char* fact;
    std::string before;
    std::string after;
};

struct SectionChange {
    std::string segment;
    std::string section;
    uint64_t before = 0;  ///< size in bytes
    uint64_t after = 0;
    std::vector<ScalarChange> details;  ///< for "changed": type, flags or content
};

struct DependencyChange {
    std::string name;
    std::string kind;
    std::vector<ScalarChange> details;  ///< versions
};

struct LoadCommandChange {
    std::string command;
    std::string text;                   ///< the path of an LC_RPATH, the name of a segment
    std::vector<ScalarChange> details;  ///< segment protections and flags
};

struct FunctionChange {
    std::string name;      ///< empty = not known
    uint64_t address = 0;  ///< on the new side; removed functions: on the old one
    uint64_t old_address = 0;
    uint32_t before = 0;  ///< size in bytes
    uint32_t after = 0;
    /// "changed": "code" when its instructions differ, "references" when only what they refer to does.
    const char* what = "";
    std::string old_name = {};  ///< "renamed"
};

/// Added, removed and changed parts of one sort.
template <typename Change>
struct Changes {
    std::vector<Change> added;
    std::vector<Change> removed;
    std::vector<Change> resized;
    std::vector<Change> changed;
    bool empty() const { return added.empty() && removed.empty() && resized.empty() && changed.empty(); }
};

/// Functions: "changed" ones kept their size, "renamed" ones their content.
struct FunctionChanges : Changes<FunctionChange> {
    std::vector<FunctionChange> renamed;
    uint64_t moved = 0;  ///< functions that both sides have in another order: counted, no change of the image
    bool empty() const { return Changes<FunctionChange>::empty() && renamed.empty(); }
};

/// A fact that a rule took out, as text. Made only when asked for (Comparison::keep_left_out).
struct LeftOutText {
    Rule rule;
    bool added;        ///< it is on the new side
    const char* sort;  ///< "symbol", "string", "function", "section", or the name of a facts column
    std::string text;
    std::string detail;  ///< a symbol's kind, a string's section
};

/// One image's difference. Views inside live as long as this object and the Reader.
struct ImageDiff {
    Status status = Status::kUnchanged;
    std::string path;
    std::string from;  ///< only moved images: the path on the old side
    Relevance relevance;
    std::vector<ScalarChange> scalars;
    Changes<SectionChange> sections;
    Changes<DependencyChange> dependencies;
    Changes<LoadCommandChange> load_commands;
    SymbolDifference symbols;
    FunctionChanges functions;
    SetDifference<StringFact> strings;
    std::vector<FactGroup> facts;            ///< of facts columns that differ, in the order of record::kFactsColumns
    std::vector<PooledSection> shared_pool;  ///< sections that the cache builder emptied or filled
    Suppressed suppressed{};                 ///< of all parts
    std::vector<LeftOutText> left_out;       ///< of all parts; empty unless asked for
    std::optional<record::Failure> failure;
    std::string failed_side;  ///< "old", "new" or "both"
    /// What was compared, for reports that show whole sides; null on a side that has no such image, and in a diff that
    /// was put together by hand.
    const record::Head* before = nullptr;
    const record::Head* after = nullptr;
};

/// Whether two heads say the same except for where the image lies: decided from digests alone, no column is read.
bool is_unchanged(const record::Head& before, const record::Head& after);

/// How two images are compared.
struct Comparison {
    RuleSet rules = RuleSet::defaults();
    bool keep_left_out = false;  ///< fill ImageDiff::left_out
};

/// Compares column by column; only columns whose digests differ are read. The status is never kMoved: that is for the
/// caller, who knows both paths, to say.
ImageDiff diff_image(store::Reader& reader, std::string path, const record::Head& before, const record::Head& after,
                     const Comparison& how = {});

}  // namespace strata::diff
