// Where is it: a text in symbols, strings, functions, images, dependencies, sections, and facts of all firmwares.
//
// Firmwares share columns. Each distinct chunk is searched once, with all cores; what it holds is remembered by its id,
// and then every (firmware, image) that refers to it is named. Exact patterns and prefixes are binary searches that
// touch a dozen places of a chunk, so its checksum is not verified there; a chunk with a hit is read again with it, so
// all that is reported is verified. A bit flipped in the middle of a column can hide a hit: `verify` finds those.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stop.h"
#include "query/pattern.h"
#include "record/code.h"
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

/// Where to look. Hits of one image come in this order.
enum class Area : uint8_t {
    kImages,        ///< paths
    kDependencies,  ///< names of the libraries an image needs
    kSections,      ///< "__TEXT,__text", or "__text" alone
    kSymbols,
    kFunctions,  ///< symbols at which a function starts
    kStrings,
    kImports,  ///< facts columns: owners, names and values
    kSignature,
    kObjc,
    kSwift,
};
/// "images", "dependencies", ...
const char* area_name(Area area);
std::optional<Area> area_of(std::string_view name);

/// One place where something was found; texts are borrowed for the time of the call.
struct Hit {
    std::string_view firmware;
    std::string_view image;
    Area area = Area::kSymbols;
    std::string_view text;   ///< what matched: the symbol's name, the string, ...; of a fact its name
    std::string_view kind;   ///< of a symbol or dependency
    std::string_view from;   ///< symbol: dylib it comes from; string: its section; fact: its owner
    std::string_view value;  ///< of a fact; re-exported symbol: its name there
    std::optional<uint64_t> address;
    std::optional<uint64_t> size;  ///< bytes; functions and sections
    record::CodeRecord code;       ///< functions, when FindOptions::fingerprints says so; else zeros
};
using OnHit = std::function<void(const Hit&)>;

struct FindOptions {
    std::vector<Area> areas{Area::kSymbols};
    unsigned jobs = 0;          ///< 0 = all cores; the hits and their order do not depend on it
    bool fingerprints = false;  ///< of functions: costs their code column
    const base::StopFlag* stop = nullptr;
};

/// How a store is best opened for this search: where whole columns are scanned, mapping their pages costs more than
/// reading them. Hits do not depend on it.
store::Database::Mode mode_for(const Pattern& pattern, const std::vector<Area>& areas);

/// Calls `on_hit` from the calling thread: by firmware in the order given, by path, by area, by position. Memory: nine
/// batches of images (heads.h), 1 byte a column id, and at most some 32 MiB of remembered hits. Throws Error(kStore) on
/// damage, that of a batch after the hits of those before it whatever `jobs` is; Error(kInterrupted).
void find(store::Reader& reader, const std::vector<record::Firmware>& firmwares, const Pattern& pattern,
          const FindOptions& options, const OnHit& on_hit);

}  // namespace strata::query
