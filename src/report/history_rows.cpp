#include "report/history_rows.h"

#include <array>
#include <cstdio>

#include "base/count_text.h"
#include "base/text.h"
#include "macho/names.h"
#include "report/json.h"

namespace strata::report {
namespace {

using base::terminal_safe;
using query::Step;

std::string os_text(const record::Firmware& firmware) {
    const auto version = firmware.os_version == 0 ? std::string() : base::version_text(firmware.os_version);
    const auto platform = macho::platform_name(firmware.platform);
    return platform.empty() || version.empty() ? platform + version : platform + " " + version;
}

void write_firmware(JsonWriter& json, const record::Firmware& firmware) {
    json.field("firmware", firmware.name).field("arch", firmware.arch);
    json.field("platform", macho::platform_name(firmware.platform));
    json.field("os_version", firmware.os_version == 0 ? "" : base::version_text(firmware.os_version));
}

std::string hex64(uint64_t value) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
    return text.data();
}

/// "A", "B", ..., "Z", "AA", ...: contents in the order of their appearance.
std::string letters(uint32_t number) {
    std::string text;
    for (; number != 0; number = (number - 1) / 26)
        text.insert(text.begin(), static_cast<char>('A' + (number - 1) % 26));
    return text;
}

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + terminal_safe(word);
    return text;
}

std::string columns_text(const std::vector<record::ColumnKind>& kinds) {
    std::vector<std::string> names;
    for (const auto kind : kinds) names.emplace_back(record::column_name(kind));
    return join(names);
}

void write_columns(JsonWriter& json, const char* key, const std::vector<record::ColumnKind>& kinds) {
    if (kinds.empty()) return;
    json.key(key).begin_array();
    for (const auto kind : kinds) json.text(record::column_name(kind));
    json.end_array();
}

void write_cell(JsonWriter& json, const query::Cell& cell) {
    if (cell.failed) {
        json.key("failed").boolean(true);
        return;
    }
    json.field("uuid", base::uuid_text(cell.uuid));
    json.field("source_version", cell.source_version ? base::source_version_text(*cell.source_version) : "");
    json.field("content", cell.content);
    json.key("counts").begin_object();
    for (const auto kind : record::kColumnKinds)
        if (kind != record::ColumnKind::kLayout && kind != record::ColumnKind::kPlaces)
            json.field(record::column_name(kind), cell.counts[static_cast<size_t>(kind)]);
    json.end_object().key("contents").begin_object();
    for (const auto kind : record::kColumnKinds)
        if (query::is_content(kind)) json.field(record::column_name(kind), cell.kinds[static_cast<size_t>(kind)]);
    json.end_object();
}

/// "changed (symbols, strings)", "reverted to 26.0 (symbols)".
std::string what_happened(const std::vector<record::Firmware>& firmwares, const query::CellStep& step) {
    std::string text = query::step_name(step.step);
    if (step.reverted_to) text += " to " + terminal_safe(firmwares[*step.reverted_to].name);
    return step.changed.empty() ? text : text + " (" + columns_text(step.changed) + ")";
}

void write_step(JsonWriter& json, const std::vector<record::Firmware>& firmwares, const query::CellStep& step) {
    json.field("step", query::step_name(step.step));
    write_columns(json, "changed", step.changed);
    if (step.reverted_to) json.field("reverted_to", firmwares[*step.reverted_to].name);
}

size_t longest_name(const std::vector<record::Firmware>& firmwares) {
    size_t longest = 8;
    for (const auto& firmware : firmwares) longest = std::max(longest, terminal_safe(firmware.name).size());
    return longest;
}

std::string padded(std::string text, size_t size, bool right = false) {
    if (text.size() < size) text.insert(right ? 0 : text.size(), size - text.size(), ' ');
    return text;
}

/// " (size, code)".
std::string changes_text(const std::vector<query::SymbolChange>& changes) {
    if (changes.empty()) return {};
    std::vector<std::string> names;
    for (const auto change : changes) names.emplace_back(query::change_name(change));
    return " (" + join(names) + ")";
}

void write_names(JsonWriter& json, const char* key, const std::vector<std::string>& names) {
    json.key(key).begin_array();
    for (const auto& name : names) json.text(name);
    json.end_array();
}

}  // namespace

std::string symbol_step_json(const query::SymbolStep& step) {
    JsonWriter json;
    json.begin_object().field("type", "step");
    write_firmware(json, *step.firmware);
    json.field("step", query::step_name(step.step));
    if (!step.changed.empty()) {
        json.key("changed").begin_array();
        for (const auto change : step.changed) json.text(query::change_name(change));
        json.end_array();
    }
    json.key("images").begin_array();
    for (const auto& definition : step.definitions) {
        json.begin_object().field("image", definition.image).field("kind", definition.kind);
        if (definition.size) json.field("size", *definition.size);
        if (!definition.target.empty()) json.field("target", definition.target);
        if (definition.code != 0) json.field("code", hex64(definition.code));
        if (definition.references != 0) json.field("references", hex64(definition.references));
        json.end_object();
    }
    json.end_array().field("importers", step.importers).end_object();
    return json.drain() + "\n";
}

std::string symbol_step_text(const query::SymbolStep& step) {
    std::string text = terminal_safe(step.firmware->name) + "\t" + os_text(*step.firmware) + "\t" +
                       query::step_name(step.step) + changes_text(step.changed) + "\t" +
                       std::to_string(step.importers) + " importers\n";
    const bool told = step.step == Step::kFirst || step.step == Step::kChanged || step.step == Step::kBack;
    if (!told) return text;
    for (const auto& definition : step.definitions) {
        text += "  " + terminal_safe(definition.image) + "\t" + definition.kind;
        if (definition.size) text += "\t" + base::count_text(*definition.size, "byte");
        if (!definition.target.empty()) text += "\tas " + terminal_safe(definition.target);
        text += "\n";
    }
    return text;
}

std::string matrix_row_json(const std::vector<record::Firmware>& firmwares, const query::MatrixRow& row) {
    JsonWriter json;
    json.begin_object().field("image", row.path).key("firmwares").begin_array();
    for (size_t i = 0; i < firmwares.size(); ++i) {
        json.begin_object().field("firmware", firmwares[i].name);
        write_step(json, firmwares, row.steps[i]);
        if (row.cells[i].present) write_cell(json, row.cells[i]);
        json.end_object();
    }
    json.end_array().end_object();
    return json.drain() + "\n";
}

std::string matrix_row_text(const std::vector<record::Firmware>& firmwares, const query::MatrixRow& row) {
    using record::ColumnKind;
    static constexpr ColumnKind kCounted[] = {ColumnKind::kSymbols, ColumnKind::kFunctions, ColumnKind::kStrings};
    const size_t name_size = longest_name(firmwares);
    std::string text = terminal_safe(row.path) + "\n  " + padded("firmware", name_size) + "  content";
    for (const auto kind : kCounted) text += "  " + padded(record::column_name(kind), 9, true);
    text += "\n";
    for (size_t i = 0; i < firmwares.size(); ++i) {
        const auto& cell = row.cells[i];
        const bool known = cell.present && !cell.failed;
        text += "  " + padded(terminal_safe(firmwares[i].name), name_size) + "  " +
                padded(known          ? letters(cell.content)
                       : cell.present ? "failed"
                                      : "-",
                       7);
        for (const auto kind : kCounted)
            text += "  " + padded(known ? std::to_string(cell.counts[static_cast<size_t>(kind)]) : "", 9, true);
        text += "  " + what_happened(firmwares, row.steps[i]) + "\n";
    }
    return text;
}

std::string image_history_json(const std::vector<record::Firmware>& firmwares, const query::MatrixRow& row) {
    std::string text;
    for (size_t i = 0; i < firmwares.size(); ++i) {
        JsonWriter json;
        json.begin_object().field("type", "step").field("image", row.path);
        write_firmware(json, firmwares[i]);
        write_step(json, firmwares, row.steps[i]);
        if (row.cells[i].present) write_cell(json, row.cells[i]);
        json.end_object();
        text += json.drain() + "\n";
    }
    return text;
}

std::string image_history_text(const std::vector<record::Firmware>& firmwares, const query::MatrixRow& row) {
    std::string text;
    for (size_t i = 0; i < firmwares.size(); ++i) {
        const auto& cell = row.cells[i];
        text += terminal_safe(firmwares[i].name) + "\t" + os_text(firmwares[i]) + "\t" +
                what_happened(firmwares, row.steps[i]);
        if (cell.present && cell.source_version) text += "\t" + base::source_version_text(*cell.source_version);
        text += "\n";
    }
    return text;
}

std::string history_summary_json(const query::HistorySummary& summary) {
    JsonWriter json;
    json.begin_object().field("type", "summary");
    write_names(json, "first", summary.first);
    write_names(json, "last", summary.last);
    write_names(json, "gone", summary.gone);
    write_names(json, "back", summary.back);
    write_names(json, "changed", summary.changed);
    json.end_object();
    return json.drain() + "\n";
}

std::string history_summary_text(const query::HistorySummary& summary) {
    if (summary.first.empty()) return "never seen\n";
    std::string text = "first seen in " + join(summary.first);
    if (!summary.changed.empty()) text += "; changed in " + join(summary.changed);
    if (!summary.gone.empty()) text += "; gone in " + join(summary.gone);
    if (!summary.back.empty()) text += "; back in " + join(summary.back);
    return text + "; last seen in " + join(summary.last) + "\n";
}

}  // namespace strata::report
