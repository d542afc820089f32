#include "base/text.h"
#include "report/diff_report.h"
#include "report/facts_json.h"
#include "report/json.h"

namespace strata::report {
namespace {

using diff::ImageDiff;
using diff::ScalarChange;

void write_pair(JsonWriter& json, const ScalarChange& change) {
    json.key(change.fact).begin_object().field("old", change.before).field("new", change.after).end_object();
}

void write_details(JsonWriter& json, const std::vector<ScalarChange>& details) {
    for (const auto& detail : details) {
        // What a digest says: that the content differs, not what it is.
        if (detail.before.empty() && detail.after.empty()) {
            json.key(detail.fact).boolean(true);
        } else {
            write_pair(json, detail);
        }
    }
}

template <typename Item, typename Write>
void write_list(JsonWriter& json, const char* name, const std::vector<Item>& items, const Write& write) {
    if (items.empty()) return;
    json.key(name).begin_array();
    for (const auto& item : items) {
        json.begin_object();
        write(item);
        json.end_object();
    }
    json.end_array();
}

void write_sections(JsonWriter& json, const diff::Changes<diff::SectionChange>& sections) {
    if (sections.empty()) return;
    const auto name = [&](const diff::SectionChange& s) {
        json.field("segment", s.segment).field("section", s.section);
    };
    json.key("sections").begin_object();
    write_list(json, "added", sections.added, [&](const auto& s) {
        name(s);
        json.field("size", s.after);
    });
    write_list(json, "removed", sections.removed, [&](const auto& s) {
        name(s);
        json.field("size", s.before);
    });
    write_list(json, "resized", sections.resized, [&](const auto& s) {
        name(s);
        json.field("old", s.before).field("new", s.after);
    });
    write_list(json, "changed", sections.changed, [&](const auto& s) {
        name(s);
        write_details(json, s.details);
    });
    json.end_object();
}

void write_dependencies(JsonWriter& json, const diff::Changes<diff::DependencyChange>& dependencies) {
    if (dependencies.empty()) return;
    const auto write = [&](const diff::DependencyChange& d) {
        json.field("name", d.name).field("kind", d.kind);
        write_details(json, d.details);
    };
    json.key("dependencies").begin_object();
    write_list(json, "added", dependencies.added, write);
    write_list(json, "removed", dependencies.removed, write);
    write_list(json, "changed", dependencies.changed, write);
    json.end_object();
}

void write_load_commands(JsonWriter& json, const diff::Changes<diff::LoadCommandChange>& commands) {
    if (commands.empty()) return;
    const auto write = [&](const diff::LoadCommandChange& c) {
        json.field("command", c.command);
        if (!c.text.empty()) json.field("text", c.text);
        write_details(json, c.details);
    };
    json.key("load_commands").begin_object();
    write_list(json, "added", commands.added, write);
    write_list(json, "removed", commands.removed, write);
    write_list(json, "changed", commands.changed, write);
    json.end_object();
}

/// All of a symbol but its name and flags.
void write_symbol(JsonWriter& json, const diff::SymbolFact& s) {
    json.field("kind", record::symbol_kind_name(s.kind));
    if (!s.dylib.empty()) json.field("dylib", s.dylib);
    if (!s.target.empty()) json.field("target", s.target);
}

/// One side of a symbol that changed: what may have changed is there.
void write_symbol_side(JsonWriter& json, const char* side, const diff::SymbolFact& s) {
    json.key(side).begin_object();
    write_symbol(json, s);
    if ((s.flags & record::kSymbolExported) != 0) json.key("exported").boolean(true);
    if ((s.flags & record::kSymbolWeak) != 0) json.key("weak").boolean(true);
    if ((s.flags & record::kSymbolPrivate) != 0) json.key("private").boolean(true);
    json.end_object();
}

void write_symbols(JsonWriter& json, const diff::SymbolDifference& symbols) {
    if (symbols.empty()) return;
    const auto write = [&](const diff::SymbolFact& s) {
        json.field("name", s.name);
        write_symbol(json, s);
    };
    json.key("symbols").begin_object();
    write_list(json, "added", symbols.added, write);
    write_list(json, "removed", symbols.removed, write);
    write_list(json, "changed", symbols.changed, [&](const diff::SymbolChange& change) {
        json.field("name", change.after.name);
        write_symbol_side(json, "old", change.before);
        write_symbol_side(json, "new", change.after);
    });
    json.end_object();
}

void write_functions(JsonWriter& json, const diff::FunctionChanges& functions) {
    if (functions.empty() && functions.moved == 0) return;
    const auto named = [&](const diff::FunctionChange& f) {
        if (!f.name.empty()) json.field("name", f.name);
        json.field("address", f.address);
    };
    json.key("functions").begin_object();
    write_list(json, "added", functions.added, [&](const auto& f) {
        named(f);
        json.field("size", f.after);
    });
    write_list(json, "removed", functions.removed, [&](const auto& f) {
        named(f);
        json.field("size", f.before);
    });
    write_list(json, "resized", functions.resized, [&](const auto& f) {
        named(f);
        json.field("old_address", f.old_address).field("old_size", f.before).field("new_size", f.after);
    });
    write_list(json, "changed", functions.changed, [&](const auto& f) {
        named(f);
        json.field("old_address", f.old_address).field("size", f.after).field("what", f.what);
    });
    write_list(json, "renamed", functions.renamed, [&](const auto& f) {
        json.field("old", f.old_name).field("new", f.name).field("address", f.address).field("size", f.after);
    });
    if (functions.moved != 0) json.field("moved", functions.moved);
    json.end_object();
}

void write_strings(JsonWriter& json, const diff::SetDifference<diff::StringFact>& strings) {
    if (strings.empty()) return;
    const auto write = [&](const diff::StringFact& s) { json.field("value", s.value).field("section", s.section); };
    json.key("strings").begin_object();
    write_list(json, "added", strings.added, write);
    write_list(json, "removed", strings.removed, write);
    json.end_object();
}

void write_facts(JsonWriter& json, const diff::FactGroup& group) {
    const auto key = [&](const auto& fact) {
        if (!fact.owner.empty()) json.field("owner", fact.owner);
        if (!fact.name.empty()) json.field("name", fact.name);
    };
    const auto whole = [&](const record::FactView& fact) {
        key(fact);
        if (!fact.value.empty()) json.field("value", fact.value);
    };
    json.key(record::column_name(group.kind)).begin_object();
    write_list(json, "added", group.added, whole);
    write_list(json, "removed", group.removed, whole);
    write_list(json, "changed", group.changed, [&](const diff::ChangedFact& fact) {
        key(fact);
        json.field("old", fact.before).field("new", fact.after);
    });
    json.end_object();
}

void write_shared_pool(JsonWriter& json, const std::vector<diff::PooledSection>& sections) {
    if (sections.empty()) return;
    json.key("shared_pool").begin_object();
    for (const bool to_pool : {true, false}) {
        std::vector<diff::PooledSection> moved;
        for (const auto& section : sections)
            if (section.to_pool == to_pool) moved.push_back(section);
        write_list(json, to_pool ? "to" : "from", moved, [&](const diff::PooledSection& s) {
            json.field("segment", s.segment).field("section", s.section);
            json.field("size", s.size).field("strings", s.strings);
        });
    }
    json.end_object();
}

void write_relevance(JsonWriter& json, const diff::Relevance& relevance) {
    json.key("relevance").begin_object().field("score", relevance.score).key("reasons").begin_array();
    for (const auto& reason : relevance.reasons) json.text(reason);
    json.end_array().end_object();
}

/// Rules that took nothing out are absent.
void write_suppressed(JsonWriter& json, const diff::Suppressed& suppressed) {
    if (suppressed == diff::Suppressed{}) return;
    json.key("suppressed").begin_object();
    for (const auto& info : diff::kRules)
        if (const auto count = suppressed[static_cast<size_t>(info.rule)]; count != 0) json.field(info.name, count);
    json.end_object();
}

void write_left_out(JsonWriter& json, const std::vector<diff::LeftOutText>& facts) {
    write_list(json, "suppressed_facts", facts, [&](const diff::LeftOutText& fact) {
        json.field("rule", diff::rule_info(fact.rule).name).field("side", fact.added ? "new" : "old");
        json.field("fact", fact.sort).field("text", fact.text);
        if (!fact.detail.empty()) json.field("detail", fact.detail);
    });
}

/// About how long the texts of some facts will be: room that is made at once is not filled twice.
template <typename Item, typename Texts>
size_t room_for(const std::vector<Item>& items, const Texts& texts) {
    constexpr size_t kAround = 100;  // keys, numbers, punctuation
    size_t room = items.size() * kAround;
    for (const auto& item : items) room += texts(item);
    return room;
}

size_t room_for(const ImageDiff& diff) {
    const auto symbol = [](const diff::SymbolFact& s) { return s.name.size() + s.dylib.size() + s.target.size(); };
    const auto function = [](const diff::FunctionChange& f) { return f.name.size() + f.old_name.size(); };
    const auto string = [](const diff::StringFact& s) { return s.value.size() + s.section.size(); };
    const auto fact = [](const record::FactView& f) { return f.owner.size() + f.name.size() + f.value.size(); };
    size_t room = room_for(diff.symbols.added, symbol) + room_for(diff.symbols.removed, symbol) +
                  room_for(diff.symbols.changed, [&](const auto& c) { return symbol(c.before) + symbol(c.after); }) +
                  room_for(diff.strings.added, string) + room_for(diff.strings.removed, string);
    const auto& functions = diff.functions;
    for (const auto* list :
         {&functions.added, &functions.removed, &functions.resized, &functions.changed, &functions.renamed})
        room += room_for(*list, function);
    for (const auto& group : diff.facts) room += room_for(group.added, fact) + room_for(group.removed, fact);
    return room;
}

std::string image_object(const ImageDiff& diff) {
    std::string text;
    text.reserve(room_for(diff));
    JsonWriter json;
    json.spill_to(text);
    json.begin_object().field("type", "image").field("status", diff::status_name(diff.status)).field("path", diff.path);
    if (!diff.from.empty()) json.field("from", diff.from);
    if (diff.failure) {
        json.field("side", diff.failed_side).key("error");
        write_failure(json, *diff.failure);
    } else {
        write_relevance(json, diff.relevance);
    }
    json.key("changes").begin_object();
    for (const auto& scalar : diff.scalars) write_pair(json, scalar);
    write_sections(json, diff.sections);
    write_shared_pool(json, diff.shared_pool);
    write_dependencies(json, diff.dependencies);
    write_load_commands(json, diff.load_commands);
    write_symbols(json, diff.symbols);
    write_functions(json, diff.functions);
    write_strings(json, diff.strings);
    for (const auto& group : diff.facts) write_facts(json, group);
    json.end_object();
    write_suppressed(json, diff.suppressed);
    write_left_out(json, diff.left_out);
    json.end_object();
    json.drain_to(text);
    return text;
}

void write_header_fields(JsonWriter& json, const record::Firmware& before, const record::Firmware& after,
                         diff::RuleSet rules) {
    json.field("type", "diff").field("schema", kDiffSchema);
    json.key("old").begin_object();
    write_firmware_fields(json, before);
    json.end_object().key("new").begin_object();
    write_firmware_fields(json, after);
    json.end_object().key("rules").begin_array();
    for (const auto& info : diff::kRules)
        if (rules.has(info.rule)) json.text(info.name);
    json.end_array();
}

std::string summary_object(const diff::DiffSummary& summary) {
    JsonWriter json;
    json.begin_object().field("type", "summary");
    for (const auto status : diff::kStatuses) json.field(diff::status_name(status), summary.count(status));
    json.field("skipped", summary.skipped).field("shown", summary.shown);
    json.key("suppressed").begin_object();
    for (size_t i = 0; i < diff::kRules.size(); ++i) json.field(diff::kRules[i].name, summary.suppressed[i]);
    json.end_object().end_object();
    return json.drain();
}

class JsonLinesReport : public DiffReport {
  public:
    std::string header(const record::Firmware& before, const record::Firmware& after, diff::RuleSet rules) override {
        JsonWriter json;
        json.begin_object();
        write_header_fields(json, before, after, rules);
        json.end_object();
        return json.drain() + "\n";
    }
    std::string image(const ImageDiff& diff) const override { return image_object(diff) + "\n"; }
    std::string summary(const diff::DiffSummary& summary) override { return summary_object(summary) + "\n"; }
};

class JsonReport : public DiffReport {
  public:
    std::string header(const record::Firmware& before, const record::Firmware& after, diff::RuleSet rules) override {
        JsonWriter json;
        json.begin_object();
        write_header_fields(json, before, after, rules);
        json.key("images").begin_array();
        return json.drain();
    }
    std::string image(const ImageDiff& diff) const override { return "\n" + image_object(diff); }
    std::string separator() const override { return ","; }
    std::string summary(const diff::DiffSummary& summary) override {
        return "\n],\"summary\":" + summary_object(summary) + "}\n";
    }
    ChainMarks chain_marks() const override { return {"[\n", ",\n", "]\n"}; }
};

}  // namespace

std::unique_ptr<DiffReport> make_jsonl_report() {
    return std::make_unique<JsonLinesReport>();
}
std::unique_ptr<DiffReport> make_json_report() {
    return std::make_unique<JsonReport>();
}

}  // namespace strata::report
