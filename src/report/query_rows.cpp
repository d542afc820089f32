#include "report/query_rows.h"

#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "query/demangle.h"
#include "report/json.h"

namespace strata::report {
namespace {

using base::terminal_safe;

/// Fields joined by tabs; an empty one is "-", so that the number of columns stays the same.
class TextLine {
  public:
    TextLine& add(std::string_view field) {
        if (!text_.empty()) text_ += '\t';
        text_ += field.empty() ? "-" : terminal_safe(field);
        return *this;
    }
    TextLine& address(const std::optional<uint64_t>& address) { return add(address ? base::hex(*address) : ""); }
    std::string end() { return text_ + "\n"; }

  private:
    std::string text_;
};

void optional_field(JsonWriter& json, std::string_view name, std::string_view value) {
    if (!value.empty()) json.field(name, value);
}

bool is_facts(query::Area area) {
    return area >= query::Area::kImports;
}

}  // namespace

std::string hit_json(const query::Hit& hit) {
    JsonWriter json;
    json.begin_object().field("firmware", hit.firmware).field("image", hit.image);
    json.field("in", query::area_name(hit.area));
    if (is_facts(hit.area)) {
        optional_field(json, "owner", hit.from);
        optional_field(json, "name", hit.text);
        optional_field(json, "value", hit.value);
    } else if (hit.area == query::Area::kStrings) {
        json.field("value", hit.text).field("section", hit.from);
    } else {
        json.field("name", hit.text);
        optional_field(json, "kind", hit.kind);
        if (hit.address) json.field("address", *hit.address);
        if (hit.size) json.field("size", *hit.size);
        optional_field(json, "dylib", hit.from);
        optional_field(json, "target", hit.value);
    }
    json.end_object();
    return json.drain() + "\n";
}

std::string hit_text(const query::Hit& hit) {
    TextLine line;
    line.add(hit.firmware).add(hit.image);
    if (is_facts(hit.area)) {
        line.add(query::area_name(hit.area)).add(hit.from);
        return line
            .add(hit.value.empty() ? std::string(hit.text) : std::string(hit.text) + " = " + std::string(hit.value))
            .end();
    }
    if (hit.area == query::Area::kStrings) return line.add("string").add(hit.from).add(hit.text).end();
    static constexpr const char* kWords[] = {"", "dependency", "section", "", "function"};
    const auto word = hit.area == query::Area::kSymbols || hit.area == query::Area::kImages
                          ? std::string(hit.kind)
                          : std::string(kWords[static_cast<size_t>(hit.area)]);
    return line.add(word).address(hit.address).add(hit.text).end();
}

std::string symbol_json(std::string_view firmware, std::string_view image, const query::Symbol& symbol, bool demangle) {
    JsonWriter json;
    json.begin_object().field("firmware", firmware).field("image", image).field("name", symbol.name);
    json.field("kind", record::symbol_kind_name(symbol.kind));
    if (symbol.address) json.field("address", *symbol.address);
    optional_field(json, "dylib", symbol.dylib);
    optional_field(json, "target", symbol.target);
    if ((symbol.flags & record::kSymbolExported) != 0) json.key("exported").boolean(true);
    if ((symbol.flags & record::kSymbolWeak) != 0) json.key("weak").boolean(true);
    if (demangle) optional_field(json, "demangled", query::demangle(symbol.name));
    json.end_object();
    return json.drain() + "\n";
}

std::string symbol_text(std::string_view image, const query::Symbol& symbol, bool with_image, bool demangle) {
    TextLine line;
    if (with_image) line.add(image);
    line.address(symbol.address).add(record::symbol_kind_name(symbol.kind));
    const std::string readable = demangle ? query::demangle(symbol.name) : std::string();
    line.add(readable.empty() ? symbol.name : std::string_view(readable));
    if (!symbol.dylib.empty()) line.add(symbol.dylib);
    return line.end();
}

std::string location_json(std::string_view firmware, uint64_t given, uint64_t address,
                          const std::optional<query::Location>& location) {
    JsonWriter json;
    json.begin_object().field("firmware", firmware).field("given", given).field("address", address);
    json.key("found").boolean(location.has_value());
    if (location) {
        json.field("image", location->image).field("uuid", base::uuid_text(location->uuid));
        json.field("image_offset", address - location->image_address);
        if (!location->section.empty())
            json.field("section", location->section).field("section_offset", address - location->section_address);
        if (!location->symbol.empty())
            json.field("symbol", location->symbol).field("symbol_offset", address - location->symbol_address);
        if (location->function_address)
            json.field("function_address", *location->function_address).field("function_size", location->function_size);
    }
    json.end_object();
    return json.drain() + "\n";
}

std::string location_text(uint64_t given, const std::optional<query::Location>& location, bool demangle) {
    TextLine line;
    line.add(base::hex(given));
    if (!location) return line.add("nothing is there").end();
    std::string symbol = location->symbol;
    if (demangle)
        if (auto readable = query::demangle(symbol); !readable.empty()) symbol = std::move(readable);
    const uint64_t address = location->address;
    if (!symbol.empty() && address != location->symbol_address)
        symbol += " + " + std::to_string(address - location->symbol_address);
    line.add(location->image).add(location->section).add(symbol);
    if (!location->function_address) return line.add("").end();
    return line
        .add("function " + base::hex(*location->function_address) + "-" +
             base::hex(*location->function_address + location->function_size))
        .end();
}

std::string user_json(const query::User& user) {
    JsonWriter json;
    json.begin_object().field("image", user.image);
    optional_field(json, "dependency", user.dependency);
    json.field("imports", user.imports);
    optional_field(json, "via", user.via);
    json.end_object();
    return json.drain() + "\n";
}

std::string user_text(const query::User& user) {
    TextLine line;
    line.add(user.image).add(user.dependency).add(std::to_string(user.imports) + " imports");
    if (!user.via.empty()) line.add("through " + std::string(user.via));
    return line.end();
}

std::string similar_json(std::string_view firmware, const query::SimilarImage& image) {
    JsonWriter json;
    json.begin_object().field("firmware", firmware).field("image", image.path);
    json.key("similarity").real(image.similarity);
    json.field("shared", image.shared).field("entries", image.entries).end_object();
    return json.drain() + "\n";
}

std::string similar_text(const query::SimilarImage& image) {
    char percent[16];
    std::snprintf(percent, sizeof percent, "%5.1f %%", image.similarity * 100);
    return TextLine()
        .add(percent)
        .add(image.path)
        .add(std::to_string(image.shared) + " of " + std::to_string(image.entries))
        .end();
}

}  // namespace strata::report
