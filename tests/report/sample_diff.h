// A diff put together by hand, with names that want to break out of their report.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diff/firmware_diff.h"
#include "report/diff_report.h"

namespace strata::report {

/// Views in it look at string literals.
inline diff::ImageDiff sample_diff() {
    using record::SymbolKind;
    diff::ImageDiff diff;
    diff.status = diff::Status::kUpdated;
    diff.path = "/usr/lib/\"<script>alert(1)</script>\".dylib";
    diff.relevance = {42, {"1 new import", "1 new function"}};
    diff.suppressed = {0, 3};
    diff.left_out = {{diff::Rule::kCounters, true, "symbol", "_a\x1b.cold.1", "local"}};
    diff.shared_pool = {{"__TEXT", "__objc_methname", true, 0x40, 7}};
    diff.scalars = {{"uuid", "AAAA", "BBBB"}, {"sdk", "", "14.2.0"}};
    diff.sections.added = {{"__TEXT", "__new", 0, 0x10, {}}};
    diff.sections.removed = {{"__TEXT", "__old", 0x20, 0, {}}};
    diff.sections.resized = {{"__TEXT", "__text", 0x100, 0x200, {}}};
    diff.sections.changed = {{"__TEXT", "__cstring", 8, 8, {{"flags", "0x0", "0x2"}, {"content", "", ""}}}};
    diff.dependencies.added = {{"/new\x1b[2J", "weak", {}}};
    diff.dependencies.removed = {{"/old", "load", {}}};
    diff.dependencies.changed = {{"/both", "load", {{"current_version", "1.0.0", "2.0.0"}}}};
    diff.load_commands.added = {{"LC_RPATH", "@\xff", {}}};
    diff.load_commands.changed = {{"LC_SEGMENT", "__DATA", {{"max_prot", "rw-", "r--"}}}};
    diff.symbols.added = {{"_new\n+ _forged", SymbolKind::kImport, "/lib\"x\"", ""}};
    diff.symbols.removed = {{"_\xff\xfe", SymbolKind::kReexport, "", "_target"}, {"\\x41", SymbolKind::kLocal, "", ""}};
    diff.symbols.changed = {{{"_both", SymbolKind::kImport, "/lib", "", record::kSymbolWeak},
                             {"_both", SymbolKind::kExport, "", "", record::kSymbolExported}}};
    diff.functions.added = {{"_f", 0x1000, 0, 0, 16}};
    diff.functions.removed = {{"", 0x2000, 0x2000, 8, 0}};
    diff.functions.resized = {{"_g\t", 0x3000, 0x3100, 16, 20}};
    diff.strings.added = {{"say \"hi\"\r\n\xc3\xa4", "__TEXT,__cstring"}};
    diff.strings.removed = {{"\xc2\x9b", "__TEXT,__os_log"}};
    return diff;
}

inline diff::ImageDiff failed_diff() {
    diff::ImageDiff diff;
    diff.status = diff::Status::kFailed;
    diff.path = "/broken";
    diff.failed_side = "new";
    diff.failure = record::Failure{"cache.01", 0x40, "bad \x1b magic", "feedfacf"};
    return diff;
}

inline record::Firmware sample_firmware(std::string name) {
    record::Firmware firmware;
    firmware.name = std::move(name);
    firmware.complete = true;
    firmware.images = 3;
    return firmware;
}

inline diff::DiffSummary sample_summary() {
    diff::DiffSummary summary;
    summary.by_status = {1, 2, 3, 4, 5, 6, 7};  // in the order of Status: moved comes last
    summary.suppressed = {0, 7};
    summary.shown = 23;
    return summary;
}

/// Diffs cannot be copied, so a list in braces will not do.
template <typename... Diffs>
std::vector<diff::ImageDiff> list_of(Diffs... diffs) {
    std::vector<diff::ImageDiff> list;
    (list.push_back(std::move(diffs)), ...);
    return list;
}

}  // namespace strata::report
