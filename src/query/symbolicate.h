// Crash reports of Apple's systems: frames that are only addresses get symbol and offset.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

/// The most that a report may have; real ones have a few megabytes at most. Both passes need it whole: the list of
/// images comes after the frames.
inline constexpr uint64_t kMostReport = 64U << 20;

struct SymbolicateOptions {
    bool demangle = false;
};

struct Symbolicated {
    std::string text;
    uint64_t frames = 0;    ///< frames that had no symbol
    uint64_t resolved = 0;  ///< of them, those that have one now
    /// Where an .ips report stops being JSON, in bytes; it is copied as it is then.
    std::optional<uint64_t> broken_at;
};

/// A report of either form: .ips (a line of JSON, then JSON) or .crash (text). Frames without a symbol are matched by
/// the uuid of their image as the report lists it, and the offset from where it was loaded; all else is copied byte by
/// byte. Frames whose image the firmware does not have stay as they are. Throws Error(kInput) for a report that is too
/// large, Error(kStore) on damage of the store.
Symbolicated symbolicate(store::Reader& reader, const record::Firmware& firmware, std::string_view report,
                         const SymbolicateOptions& options);

}  // namespace strata::query
