#include "extract/import_facts.h"

#include <algorithm>
#include <tuple>

#include "extract/limits.h"
#include "macho/fixups.h"
#include "record/facts.h"

namespace strata::extract {
namespace {

using macho::BindKind;
using macho::Import;

/// The largest programs have some 60,000. A hostile file may name one long text again and again, so their sum is
/// bounded too.
constexpr size_t kMaxImports = 1U << 18;

enum Way : uint8_t { kBind = 1, kLazyBind = 2, kWeakBind = 4, kWeakImport = 8 };

struct Use {
    std::string_view name;
    int32_t ordinal = 0;
    uint8_t ways = 0;
};

std::string ways_text(uint8_t ways) {
    std::string text;
    const auto add = [&](Way way, const char* name) {
        if ((ways & way) != 0) text += (text.empty() ? "" : ",") + std::string(name);
    };
    add(kBind, "bind");
    add(kLazyBind, "lazy bind");
    add(kWeakBind, "weak bind");
    return (ways & kWeakImport) != 0 ? text + " weak" : text;
}

class ImportCollector {
  public:
    explicit ImportCollector(const ImageContext& context) : context_(context), image_(context.image) {}

    std::vector<record::FactRecord> run() {
        std::vector<record::FactRecord> facts;
        try {
            add_chained();
            add_program(image_.binds, BindKind::kBind, kBind);
            add_program(image_.lazy_binds, BindKind::kLazy, kLazyBind);
            add_program(image_.weak_binds, BindKind::kWeak, kWeakBind);
            merge();
            name_bytes_ = 0;
            for (const Use& use : uses_) count_name(use.name);
        } catch (const base::Error& error) {
            if (error.kind() != base::ErrorKind::kInput) throw;
            facts.push_back({"@unreadable", "", error.message()});
            return facts;
        }
        facts.reserve(uses_.size());
        for (const Use& use : uses_)
            facts.push_back({owner_of(use.ordinal), std::string(use.name), ways_text(use.ways)});
        return facts;
    }

  private:
    void add_chained() {
        if (image_.chained_fixups.empty()) return;
        // Only the table of imports is read, not the chains through all data: no linker lists what it does not bind.
        const macho::ChainedFixups fixups(image_, image_.chained_fixups);
        for (uint32_t i = 0; i < fixups.import_count(); ++i) {
            const Import import = fixups.import(i);
            count_name(import.name);
            add(import, kBind);
        }
        context_.touched(image_.chained_fixups.size());
    }

    void add_program(base::ByteView program, BindKind kind, Way way) {
        macho::walk_binds(image_, program, kind, [&](const macho::Bind& bind) { add(bind.import, way); });
        context_.touched(program.size());
    }

    void add(const Import& import, Way way) {
        const bool weak_lookup = import.ordinal == macho::kOrdinalWeak;
        const auto ways = static_cast<uint8_t>((weak_lookup ? kWeakBind : way) | (import.weak ? kWeakImport : 0));
        // Programs bind one symbol in many places, one after another.
        if (!uses_.empty() && uses_.back().name.data() == import.name.data() &&
            uses_.back().ordinal == import.ordinal && uses_.back().ways == ways)
            return;
        if (uses_.size() == kMaxImports) merge();
        if (uses_.size() == kMaxImports)
            throw image_.header.error(0, "more than " + std::to_string(kMaxImports) + " imports", "fewer in one image");
        uses_.push_back({import.name, import.ordinal, ways});
    }

    /// Sorts and makes one use of each symbol of a library.
    void merge() {
        std::sort(uses_.begin(), uses_.end(), [](const Use& a, const Use& b) {
            return std::tie(a.ordinal, a.name, a.ways) < std::tie(b.ordinal, b.name, b.ways);
        });
        size_t kept = 0;
        for (const Use& use : uses_) {
            if (kept != 0 && uses_[kept - 1].name == use.name && uses_[kept - 1].ordinal == use.ordinal) {
                uses_[kept - 1].ways |= use.ways;
            } else {
                uses_[kept++] = use;
            }
        }
        uses_.resize(kept);
        // Merging must make room for many more, or a program that repeats itself is sorted for each symbol.
        if (uses_.size() > kMaxImports / 2) merged_too_often_ += 1;
        if (merged_too_often_ > 16)
            throw image_.header.error(0, "more than " + std::to_string(kMaxImports / 2) + " imports, repeated",
                                      "fewer");
    }

    /// Names of chained imports overlay each other: each is looked for and sorted by, so they are counted as they come.
    void count_name(std::string_view name) {
        name_bytes_ += name.size();
        if (name_bytes_ > kMaxNameBytes)
            throw image_.header.error(0, "names of imports add up to more than " + base::hex(kMaxNameBytes) + " bytes",
                                      "fewer in one image");
    }

    std::string owner_of(int32_t ordinal) const {
        switch (ordinal) {
            case macho::kOrdinalSelf:
                return "@self";
            case macho::kOrdinalMain:
                return "@main";
            case macho::kOrdinalFlat:
                return "@flat";
            case macho::kOrdinalWeak:
                return "@weak";
            default:
                break;
        }
        const auto& libraries = image_.dependencies;
        if (ordinal < 0 || static_cast<size_t>(ordinal) > libraries.size()) return {};
        return std::string(libraries[static_cast<size_t>(ordinal) - 1].name);
    }

    const ImageContext& context_;
    const macho::Image& image_;
    std::vector<Use> uses_;
    uint64_t name_bytes_ = 0;
    unsigned merged_too_often_ = 0;
};

}  // namespace

void extract_imports(const ImageContext& context, const record::ChunkSink& sink) {
    auto facts = ImportCollector(context).run();
    record::encode_facts(record::ColumnKind::kImports, facts, sink);
}

}  // namespace strata::extract
