#include "truth.h"

#include "code_edits.h"
#include "macho.h"
#include "objc.h"

#include <map>

namespace dscgen {

namespace {

std::string to_string(const u8* p, std::size_t n) {
    return {reinterpret_cast<const char*>(p), n};
}

std::string name_of(u64 seed, Item item, u32 ordinal) {
    u8 name[kMaxName];
    return to_string(name, symbol_name(name, seed, item, ordinal));
}

std::string text_of(u64 seed, Pool pool, u32 number) {
    u8 text[kMaxName];
    return to_string(text, string_text(text, seed, pool, number));
}

// Length of the UTF-8 sequence at p, 0 when it is none.
std::size_t utf8_length(const std::string& s, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<u8>(at + i < s.size() ? s[at + i] : 0); };
    const u8 b = byte(0);
    if (b < 0x80) return 1;
    const std::size_t n = b >= 0xC2 && b < 0xE0 ? 2 : b >= 0xE0 && b < 0xF0 ? 3 : b >= 0xF0 && b < 0xF5 ? 4 : 0;
    for (std::size_t i = 1; i < n; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    return n;
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

void put_escape(std::string& out, u8 byte) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
}

// Text as reports show it: bytes that are no UTF-8 as \xHH, and a backslash that looks like such an escape as \x5C.
std::string printable(const std::string& s) {
    std::string out;
    for (std::size_t i = 0; i < s.size();) {
        const std::size_t n = utf8_length(s, i);
        const bool looks_escaped =
            s[i] == '\\' && i + 3 < s.size() && s[i + 1] == 'x' && is_hex(s[i + 2]) && is_hex(s[i + 3]);
        if (n == 0 || looks_escaped)
            put_escape(out, static_cast<u8>(s[i++]));
        else {
            out.append(s, i, n);
            i += n;
        }
    }
    return out;
}

class FactList {
  public:
    explicit FactList(std::ostream& out) : out_(out) {}
    std::ostream& begin(const char* fact) {
        out_ << (first_ ? "" : ",") << "{\"fact\":\"" << fact << '"';
        first_ = false;
        return out_;
    }
    void end() { out_ << '}'; }

  private:
    std::ostream& out_;
    bool first_ = true;
};

class ChangeWriter {
  public:
    ChangeWriter(std::ostream& out, const Scale& scale, const Change& change)
        : facts_(out), scale_(scale), old_(scale, change.before), new_(scale, change.after), seed_(change.after.seed) {}

    void write() {
        functions();
        tables();
        strings();
        data();
        imports();
        sections();
        objc();
    }

  private:
    void text(std::ostream& o, const char* key, const std::string& value) {
        o << ",\"" << key << "\":" << json_string(printable(value));
    }

    const char* kind(Item item, u32 ordinal) const {
        if (item == Item::local_function || item == Item::local_data) return "local";
        return is_weak_definition(seed_, item, ordinal) ? "weak" : "export";
    }

    void symbol(const char* fact, Item item, u32 ordinal) {
        std::ostream& o = facts_.begin(fact);
        text(o, "name", name_of(seed_, item, ordinal));
        o << ",\"kind\":\"" << kind(item, ordinal) << '"';
        facts_.end();
    }

    static Item item_of(const FunctionName& name) {
        return name.naming == Naming::exported ? Item::exported_function : Item::local_function;
    }

    void function(const char* fact, const Content& content, u32 slot) {
        const FunctionName name = content.naming(slot);
        std::ostream& o = facts_.begin(fact);
        text(o, "name", name_of(seed_, item_of(name), name.ordinal));
        o << ",\"size\":" << content.function_size(slot);
        facts_.end();
    }

    void functions() {
        const Mutations& a = old_.mutations();
        const Mutations& b = new_.mutations();
        for (std::size_t i = a.functions_added.size(); i < b.functions_added.size(); ++i) {
            const u32 slot = new_.counts().functions + static_cast<u32>(i);
            const FunctionName name = new_.naming(slot);
            function("function_added", new_, slot);
            symbol("symbol_added", item_of(name), name.ordinal);
        }
        for (const u32 number : b.functions_removed) {
            if (contains(a.functions_removed, number)) continue;
            const FunctionName name = old_.naming(number);
            function("function_removed", old_, number);
            symbol("symbol_removed", item_of(name), name.ordinal);
        }
        for (std::size_t i = a.functions_grown.size(); i < b.functions_grown.size(); ++i) {
            const u32 slot = b.functions_grown[i].first;
            const FunctionName name = new_.naming(slot);
            std::ostream& o = facts_.begin("function_resized");
            text(o, "name", name_of(seed_, item_of(name), name.ordinal));
            o << ",\"old\":" << old_.function_size(slot) << ",\"new\":" << new_.function_size(slot);
            facts_.end();
        }
        for (std::size_t i = a.functions_patched.size(); i < b.functions_patched.size(); ++i)
            function("function_patched", new_, b.functions_patched[i].first);
        for (std::size_t i = a.calls_shifted.size(); i < b.calls_shifted.size(); ++i)
            function("function_call", new_, b.calls_shifted[i].first);
        for (std::size_t i = a.strings_shifted.size(); i < b.strings_shifted.size(); ++i)
            function("function_string", new_, b.strings_shifted[i].first);
    }

    void tables() {
        const SectionName name = section_name(scale_.spec(), kConst);
        const Mutations& b = new_.mutations();
        for (std::size_t i = old_.mutations().table_edits.size(); i < b.table_edits.size(); ++i) {
            const u32 slot = b.table_edits[i].first;
            const bool number = table_entry(profile(scale_.spec()), slot) == TableEntry::number;
            facts_.begin(number ? "table_number" : "table_pointer")
                << ",\"segment\":\"" << name.segment << "\",\"section\":\"" << name.section << "\",\"slot\":" << slot;
            facts_.end();
        }
    }

    void string(const char* fact, u32 number) {
        std::ostream& o = facts_.begin(fact);
        text(o, "value", text_of(seed_, Pool::cstring, number));
        o << ",\"section\":\"__TEXT,__cstring\"";
        facts_.end();
    }

    void strings() {
        const Mutations& a = old_.mutations();
        const Mutations& b = new_.mutations();
        for (std::size_t i = a.strings_added.size(); i < b.strings_added.size(); ++i)
            string("string_added", b.strings_added[i]);
        for (const u32 number : b.strings_removed) {
            if (!contains(a.strings_removed, number)) string("string_removed", number);
        }
    }

    void data() {
        const Mutations& a = old_.mutations();
        const Mutations& b = new_.mutations();
        for (std::size_t i = a.data_added.size(); i < b.data_added.size(); ++i)
            symbol("symbol_added", Item::exported_data, b.data_added[i]);
        for (const u32 number : b.data_removed) {
            if (!contains(a.data_removed, number)) symbol("symbol_removed", Item::exported_data, number);
        }
    }

    std::string path_of(u32 id) const {
        return install_name(scale_.spec().seed, id, 0, scale_.spec().platform, scale_.has_dyld());
    }

    void imports() {
        for (std::size_t i = old_.imports().size(); i < new_.imports().size(); ++i) {
            const Import& import = new_.imports()[i];
            const u32 id = new_.dependencies()[import.dependency].id;
            std::ostream& o = facts_.begin("symbol_added");
            text(o, "name", name_of(new_image(scale_.spec(), id).seed, Item::exported_function, import.popular));
            o << ",\"kind\":\"import\"";
            text(o, "dylib", path_of(id));
            facts_.end();
        }
        const Mutations& b = new_.mutations();
        for (std::size_t i = old_.mutations().dependencies_added.size(); i < b.dependencies_added.size(); ++i) {
            std::ostream& o = facts_.begin("dependency_added");
            text(o, "name", path_of(b.dependencies_added[i]));
            o << ",\"kind\":\"load\"";
            facts_.end();
        }
    }

    void sections() {
        const Mutations& b = new_.mutations();
        TrieBuilder trie;
        const bool share = shares_pool(scale_.spec());
        const ImageShape before = measure(old_, "/x", share, trie);
        const ImageShape after = measure(new_, "/x", share, trie);
        for (u32 s = 0; s < kSectionCount; ++s) {
            if (before.size[s] == after.size[s]) continue;
            const SectionName name = section_name(scale_.spec(), static_cast<Section>(s));
            const bool added = before.size[s] == 0;
            std::ostream& o = facts_.begin(added ? "section_added" : "section_resized");
            o << ",\"segment\":\"" << name.segment << "\",\"section\":\"" << name.section << '"';
            if (added)
                o << ",\"size\":" << after.size[s];
            else
                o << ",\"old\":" << before.size[s] << ",\"new\":" << after.size[s];
            facts_.end();
        }
        for (std::size_t i = old_.mutations().sections_added.size(); i < b.sections_added.size(); ++i) {
            std::ostream& o = facts_.begin("section_added");
            o << ",\"segment\":\"__TEXT\",\"section\":\"" << extra_section_name(static_cast<u32>(i))
              << "\",\"size\":" << b.sections_added[i];
            facts_.end();
        }
    }

    // The facts of both sides as sorted lists; what one alone has was added, removed or changed.
    void objc() {
        std::map<std::string, std::string> before = objc_facts(old_);
        std::map<std::string, std::string> after = objc_facts(new_);
        for (const auto& [key, value] : before) {
            const auto now = after.find(key);
            if (now == after.end()) {
                objc_fact("objc_removed", key, "value", value);
                facts_.end();
            } else if (now->second != value) {
                text(objc_fact("objc_changed", key, "old", value), "new", now->second);
                facts_.end();
            }
        }
        for (const auto& [key, value] : after) {
            if (before.contains(key)) continue;
            objc_fact("objc_added", key, "value", value);
            facts_.end();
        }
        if (scale_.spec().objc_strings == ObjcStrings::pool) return;  // no string of the image
        const ObjcPlan plan(new_);
        for (const ObjcThing& thing : plan.things()) {
            const auto& added = old_.mutations().objc.classes_added;
            if (thing.kind != ObjcKind::cls || thing.number < kAddedBase + added.size()) continue;
            std::ostream& o = facts_.begin("string_added");
            text(o, "value", plan.name_of(thing));
            o << ",\"section\":\"__TEXT,__objc_classname\"";
            facts_.end();
        }
    }

    static std::map<std::string, std::string> objc_facts(const Content& content) {
        std::map<std::string, std::string> facts;
        for (const ObjcFact& f : ObjcPlan(content).facts()) facts[f.owner + '\n' + f.name] = f.value;
        return facts;
    }

    std::ostream& objc_fact(const char* fact, const std::string& key, const char* value_key, const std::string& value) {
        std::ostream& o = facts_.begin(fact);
        const std::size_t end = key.find('\n');
        text(o, "owner", key.substr(0, end));
        text(o, "name", key.substr(end + 1));
        text(o, value_key, value);
        return o;
    }

    FactList facts_;
    const Scale& scale_;
    Content old_;
    Content new_;
    u64 seed_;
};

std::string uuid_of(const ImageRecord& image) {
    u8 uuid[16];
    image_uuid(uuid, image);
    return uuid_text(uuid);
}

std::string path_of(const Scale& scale, const ImageRecord& image) {
    return install_name(scale.spec().seed, image.id, image.place, scale.spec().platform, scale.has_dyld());
}

}  // namespace

std::string json_string(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<u8>(c) < 0x20) {
            constexpr char kDigits[] = "0123456789abcdef";
            out += "\\u00";
            out += kDigits[static_cast<u8>(c) >> 4];
            out += kDigits[static_cast<u8>(c) & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

u64 symbol_count(const ImageShape& s) {
    const u64 locals = s.unmapped_locals != 0 ? s.unmapped_locals : s.own_locals;
    return locals + s.exports + s.trie_only + s.reexports + s.imports;
}

void write_counts(std::ostream& out, const Scale& scale, const Image& image) {
    const ImageShape& s = image.shape;
    const bool redacted = scale.spec().locals != Locals::kept;
    const u64 locals = s.unmapped_locals != 0 ? s.unmapped_locals : s.own_locals;
    out << "{\"path\":" << json_string(image.path) << ",\"uuid\":\"" << uuid_of(image.record)
        << "\",\"source_version\":\"" << source_version_text(source_version(image.record))
        << "\",\"address\":" << s.segment_address[kSegText] << ",\"symbols\":" << symbol_count(s)
        << ",\"strings\":" << s.strings << ",\"functions\":" << s.functions << ",\"objc\":" << s.objc_facts
        << ",\"sections\":" << s.sections << ",\"dependencies\":" << dependencies(scale.spec(), image.record).size()
        << ",\"nlist\":" << s.own_locals + s.exports + s.imports << ",\"locals\":" << locals
        << ",\"redacted\":" << (redacted ? s.own_locals : 0) << ",\"imports\":" << s.imports
        << ",\"trie\":" << s.trie_names << ",\"reexports\":" << s.reexports << ",\"aliases\":[";
    if (!image.alias.empty()) out << json_string(image.alias);
    out << "]}\n";
}

void write_change(std::ostream& out, const Scale& scale, const Change& change) {
    constexpr const char* kNames[] = {"same", "changed", "added", "removed", "moved"};
    const ImageRecord& shown = change.status == Status::removed ? change.before : change.after;
    out << "{\"path\":" << json_string(path_of(scale, shown)) << ",\"status\":\""
        << kNames[static_cast<u32>(change.status)] << "\",\"uuid\":\"" << uuid_of(shown) << '"';
    if (change.status == Status::moved) out << ",\"old_path\":" << json_string(path_of(scale, change.before));
    if (change.status == Status::changed) {
        out << ",\"old_uuid\":\"" << uuid_of(change.before) << "\",\"source_version\":\""
            << source_version_text(source_version(change.after)) << "\",\"old_source_version\":\""
            << source_version_text(source_version(change.before)) << "\",\"facts\":[";
        ChangeWriter(out, scale, change).write();
        out << ']';
    }
    out << "}\n";
}

}  // namespace dscgen
