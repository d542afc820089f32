#include "extract/signature_facts.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/sha256.h"
#include "base/text.h"
#include "macho/code_signature.h"
#include "macho/plist.h"
#include "record/facts.h"

namespace strata::extract {
namespace {

using base::ByteView;
using macho::CodeDirectory;
using macho::CodeSignature;
using macho::Plist;

using PlistReader = Plist (*)(ByteView);

struct PlistSection {
    std::string_view name;  ///< in __TEXT
    const char* owner;
    PlistReader read;
};
constexpr std::array<PlistSection, 4> kPlistSections{
    {{"__info_plist", "info plist", macho::read_plist},
     {"__entitlements", "section entitlements", macho::read_plist},
     {"__ents_der", "section entitlements (DER)", macho::read_der_plist},
     {"__launchd_plist", "launchd plist", macho::read_plist}}};

const PlistSection* find_section(std::string_view segment, std::string_view section) {
    const auto found = std::find_if(kPlistSections.begin(), kPlistSections.end(),
                                    [&](const PlistSection& known) { return known.name == section; });
    return segment != "__TEXT" || found == kPlistSections.end() ? nullptr : &*found;
}

constexpr const char* kSignatureOwner = "code signature";
/// Sections are hashed only when they cannot be read; a longer one is no list, and its beginning will do.
constexpr uint64_t kMaxHashed = macho::kMaxPlistBytes;

std::string hex_text(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += kDigits[static_cast<uint8_t>(c) >> 4];
        text += kDigits[static_cast<uint8_t>(c) & 15];
    }
    return text;
}

class SignatureCollector {
  public:
    explicit SignatureCollector(const ImageContext& context) : context_(context), image_(context.image) {}

    void run(const record::ChunkSink& sink) {
        if (!image_.code_signature.empty()) guarded(kSignatureOwner, image_.code_signature, [&] { add_signature(); });
        for (const auto& section : image_.sections) {
            const PlistSection* list = find_section(section.segment, section.name);
            if (list != nullptr && section.has_bytes()) add_section(*list, section);
        }
        record::encode_facts(record::ColumnKind::kSignature, facts_, sink);
    }

  private:
    void add(std::string_view owner, std::string_view name, std::string value) {
        facts_.push_back({std::string(owner), std::string(name), std::move(value)});
    }

    /// Runs `read`; when the bytes do not obey their format, that is the fact.
    template <typename Read>
    void guarded(const char* owner, ByteView bytes, const Read& read) {
        try {
            read();
        } catch (const base::Error& error) {
            if (error.kind() != base::ErrorKind::kInput) throw;
            add(owner, "unreadable", error.message());
            add(owner, "sha256", base::sha256(bytes.data(), std::min(bytes.size(), kMaxHashed)).hex());
        }
        context_.touched(bytes.size());
    }

    void add_list(std::string_view owner, Plist list) {
        for (auto& entry : list) add(owner, entry.key, std::move(entry.json));
    }

    void add_section(const PlistSection& list, const macho::Section& section) {
        const auto bytes = context_.space.at(section.address, section.size, list.owner);
        guarded(list.owner, bytes, [&] { add_list(list.owner, list.read(bytes)); });
    }

    void add_signature() {
        const CodeSignature signature = macho::read_code_signature(image_.code_signature);
        add_directory(signature.best());
        add_hashes(signature);
        add(kSignatureOwner, "signature",
            signature.has_cms                    ? "cms"
            : (signature.best().flags & 2U) != 0 ? "adhoc"
                                                 : "none");
        add_entitlements(signature);
        for (const auto which : {macho::Constraint::kSelf, macho::Constraint::kParent, macho::Constraint::kResponsible,
                                 macho::Constraint::kLibrary})
            add_constraint(which, signature.constraints[static_cast<size_t>(which)]);
    }

    void add_directory(const CodeDirectory& directory) {
        add(kSignatureOwner, "identifier", std::string(directory.identifier));
        if (!directory.team.empty()) add(kSignatureOwner, "team", std::string(directory.team));
        add(kSignatureOwner, "flags", macho::signature_flags_text(directory.flags));
        add(kSignatureOwner, "version", base::hex(directory.version));
        add(kSignatureOwner, "page size", std::to_string(directory.page_size));
        if (directory.platform != 0) add(kSignatureOwner, "platform identifier", std::to_string(directory.platform));
        if (directory.exec_segment_flags != 0)
            add(kSignatureOwner, "executable segment flags",
                macho::exec_segment_flags_text(directory.exec_segment_flags));
        if (directory.runtime_version != 0)
            add(kSignatureOwner, "runtime version", base::version_text(directory.runtime_version));
    }

    void add_hashes(const CodeSignature& signature) {
        const CodeDirectory& best = signature.best();
        add(kSignatureOwner, "cdhash", hex_text(best.cdhash()));
        std::string types;
        for (const auto& directory : signature.directories) {
            const std::string name = macho::hash_type_name(directory.hash_type);
            types += (types.empty() ? "" : ",") + name;
            if (&directory != &best) add(kSignatureOwner, "cdhash " + name, hex_text(directory.cdhash()));
        }
        add(kSignatureOwner, "hash type", types);
    }

    void add_constraint(macho::Constraint which, ByteView bytes) {
        if (bytes.empty()) return;
        const std::string owner = "launch constraints " + std::string(macho::constraint_name(which));
        guarded(owner.c_str(), bytes, [&] { add_list(owner, macho::read_der_plist(bytes)); });
    }

    void add_entitlements(const CodeSignature& signature) {
        Plist xml;
        Plist der;
        bool has_xml = false;
        bool has_der = false;
        if (!signature.entitlements.empty())
            guarded("entitlements", signature.entitlements, [&] {
                xml = macho::read_plist(signature.entitlements);
                has_xml = true;
            });
        if (!signature.der_entitlements.empty())
            guarded("entitlements (DER)", signature.der_entitlements, [&] {
                der = macho::read_der_plist(signature.der_entitlements);
                has_der = true;
            });
        if (has_xml && has_der) add_disagreement(xml, der);
        add_list("entitlements", std::move(has_xml ? xml : der));
    }

    void add_disagreement(const Plist& xml, const Plist& der) {
        if (xml == der) return;
        std::map<std::string, std::pair<std::vector<std::string>, std::vector<std::string>>> keys;
        for (const auto& entry : xml) keys[entry.key].first.push_back(entry.json);
        for (const auto& entry : der) keys[entry.key].second.push_back(entry.json);
        std::vector<std::string> names;
        for (const auto& [key, values] : keys) {
            if (values.first == values.second) continue;
            names.push_back(macho::plist::json_string(key));
            for (const auto& value : values.second) add("entitlements (DER)", key, value);
        }
        add(kSignatureOwner, "entitlements disagree", macho::plist::json_array(names));
    }

    const ImageContext& context_;
    const macho::Image& image_;
    std::vector<record::FactRecord> facts_;
};

}  // namespace

bool holds_property_list(std::string_view segment, std::string_view section) {
    return find_section(segment, section) != nullptr;
}

void extract_signature(const ImageContext& context, const record::ChunkSink& sink) {
    SignatureCollector(context).run(sink);
}

}  // namespace strata::extract
