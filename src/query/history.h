// A symbol over all firmwares: first seen, last seen, gone and back, where, and which builds changed it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "query/find.h"
#include "query/matrix.h"
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

/// The symbol as one image has it.
struct Definition {
    std::string image;
    std::string kind;              ///< "export", ...; never "import"
    std::optional<uint64_t> size;  ///< bytes, when it is a function
    std::string target;            ///< re-exports
    /// Fingerprints of the function (record/code.h); 0 = not known.
    uint64_t code = 0;
    uint64_t references = 0;
    auto operator<=>(const Definition&) const = default;
};

/// What of a symbol a build changed.
enum class SymbolChange : uint8_t {
    kImages,      ///< which images define it, or how often
    kKind,        ///< export, local, ...
    kSize,        ///< of the function
    kCode,        ///< its instructions, at the same size
    kReferences,  ///< only what they lead to: another function, another string
    kTarget,      ///< of a re-export
};
/// "images", "kind", ...
const char* change_name(SymbolChange change);

/// The symbol in one firmware.
struct SymbolStep {
    const record::Firmware* firmware = nullptr;
    Step step = Step::kAbsent;            ///< never kReverted
    std::vector<SymbolChange> changed;    ///< kChanged, and kBack against when it was last there; each once
    std::vector<Definition> definitions;  ///< by image; addresses are left out: every build moves them
    uint64_t importers = 0;               ///< images that import it; its coming and going is no change of the symbol
};
using OnStep = std::function<void(const SymbolStep&)>;

struct HistoryOptions {
    std::optional<Pattern> image;  ///< only images whose path or last component matches
    bool one_line = false;         ///< see matrix()
    unsigned jobs = 0;
    const base::StopFlag* stop = nullptr;
};

/// Calls `on_step` for each firmware in the order given. A symbol is there when an image defines it; it changed when
/// the images that define it, their kinds, sizes, targets or the fingerprints of the function did (where a firmware has
/// none, they tell nothing). Memory: the definitions of two firmwares, and what find() needs.
void symbol_history(store::Reader& reader, const std::vector<record::Firmware>& firmwares, const std::string& symbol,
                    const HistoryOptions& options, const OnStep& on_step);

/// Names of builds for the sentence at the end: "first seen in ..., gone in ..., back in ...".
struct HistorySummary {
    std::vector<std::string> first;  ///< one for each line of versions
    std::vector<std::string> last;
    std::vector<std::string> gone;
    std::vector<std::string> back;
    std::vector<std::string> changed;  ///< and reverted

    void add(const record::Firmware& firmware, Step step);
};

}  // namespace strata::query
