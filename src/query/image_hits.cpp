#include "query/image_hits.h"

#include <optional>

#include "diff/functions_of.h"
#include "macho/names.h"
#include "query/image_functions.h"
#include "query/scan.h"
#include "record/facts.h"
#include "record/layout.h"
#include "record/sorted_texts.h"
#include "record/strings.h"
#include "record/symbols.h"

namespace strata::query {
namespace {

using record::ColumnKind;

class ImageHits {
  public:
    ImageHits(const Found& found, const record::Firmware& firmware, const ImageColumns& image, const OnHit& on_hit)
        : reader_(found.reader),
          pattern_(found.pattern),
          fingerprints_(found.fingerprints),
          hits_(found.hits),
          image_(image),
          on_hit_(on_hit),
          head_(found.reader.head(firmware.id, image.path)) {
        hit_.firmware = firmware.name;
        hit_.image = image.path;
    }

    void tell(const std::vector<Area>& areas) {
        if (!head_) return;
        for (const Area area : areas) {
            hit_.area = area;
            if (area == Area::kImages) {
                tell_paths();
                continue;
            }
            const auto& chunks = head_->column(*column_of(area)).chunks;
            for (size_t i = 0; i < chunks.size(); ++i)
                if (hits_.has_hits(chunks[i].id)) tell_chunk(area, i, chunks[i].id);
        }
    }

  private:
    void emit(std::string_view text, std::string_view kind, std::string_view from, std::string_view value,
              std::optional<uint64_t> address, std::optional<uint64_t> size) {
        hit_.text = text;
        hit_.kind = kind;
        hit_.from = from;
        hit_.value = value;
        hit_.address = address;
        hit_.size = size;
        on_hit_(hit_);
    }

    void tell_paths() {
        const auto address = head_->failure ? std::nullopt : std::optional(head_->address);
        if (pattern_.matches(image_.path)) emit(image_.path, "path", {}, {}, address, {});
        for (const auto& alias : image_.aliases)
            if (pattern_.matches(alias)) emit(alias, "alias", {}, {}, address, {});
    }

    void tell_chunk(Area area, size_t index, uint64_t id) {
        const auto found = hits_.found(id);
        if (found && !found->texts.empty()) {
            tell_texts(area, index, *found);
            return;
        }
        const store::Lease lease = reader_.column(id);
        const auto* entries = found ? &found->entries : nullptr;
        switch (area) {
            case Area::kDependencies:
            case Area::kSections:
                return tell_layout(area, record::decode_layout(lease.message()));
            case Area::kSymbols:
            case Area::kFunctions:
                return tell_symbols(area, index, entries, lease);
            case Area::kStrings:
                return tell_strings(entries, lease);
            default:
                return tell_facts(entries, lease);
        }
    }

    /// What the search copied out of the chunk.
    void tell_texts(Area area, size_t index, const SearchedChunk& found) {
        if (area == Area::kStrings) {
            for (const auto& string : found.texts) emit(string.text, {}, string.from, {}, {}, {});
            return;
        }
        const PlacesOf places(*this, index, found.size);
        for (const auto& symbol : found.texts)
            tell_symbol(area, places.view.place(symbol.entry), symbol.text, symbol.kind, symbol.from, symbol.value);
    }

    void tell_layout(Area area, const record::Layout& layout) {
        if (area == Area::kDependencies) {
            for (const auto& dependency : layout.dependencies)
                if (pattern_.matches(dependency.name))
                    emit(dependency.name,
                         macho::dependency_kind_name(static_cast<macho::DependencyKind>(dependency.kind)), {}, {}, {},
                         {});
            return;
        }
        for (size_t i = 0; i < layout.sections.size(); ++i) {
            const auto& section = layout.sections[i];
            if (!matches_section(pattern_, section)) continue;
            const auto address =
                i < head_->section_addresses.size() ? std::optional(head_->section_addresses[i]) : std::nullopt;
            emit(section_text(section), {}, {}, {}, address, section.size);
        }
    }

    using Entries = std::vector<uint32_t>;

    /// The entries that were found. They may come from a search without checksum: each is looked at again.
    template <typename TextAt, typename Use>
    void for_each_entry(const Entries* known, ColumnKind kind, const store::Lease& lease, uint64_t size,
                        const TextAt& text_at, const Use& use) {
        if (known != nullptr) {
            for (const uint32_t i : *known)
                if (i < size && pattern_.matches(text_at(i))) use(i);
            return;
        }
        const record::SortedTexts texts(kind, lease.message());
        for_each_match(texts.blob(), pattern_, use);
    }

    /// Where the symbols of one chunk are.
    struct PlacesOf {
        PlacesOf(const ImageHits& image, size_t index, uint64_t symbols)
            : lease(image.reader_.column(image.places_id(index))), view(lease.message()) {
            if (symbols != view.size()) record::fail_record("places column", "is not as long as its symbols");
        }

        const store::Lease lease;
        const record::PlacesView view;
    };

    uint64_t places_id(size_t index) const {
        const auto& chunks = head_->column(ColumnKind::kPlaces).chunks;
        if (index >= chunks.size()) record::fail_record("image head", "symbols and places differ in chunks");
        return chunks[index].id;
    }

    void tell_symbols(Area area, size_t index, const Entries* entries, const store::Lease& lease) {
        const record::SymbolsView symbols(lease.message());
        const PlacesOf places(*this, index, symbols.size());
        for_each_entry(
            entries, ColumnKind::kSymbols, lease, symbols.size(), [&](uint64_t i) { return symbols.name(i); },
            [&](uint64_t i) {
                tell_symbol(area, places.view.place(i), symbols.name(i), record::symbol_kind_name(symbols.kind(i)),
                            symbols.dylib(i), symbols.target(i));
            });
    }

    void tell_symbol(Area area, const record::Place& place, std::string_view name, std::string_view kind,
                     std::string_view dylib, std::string_view target) {
        std::optional<uint64_t> address;
        if (place.section != record::kNoPlace) address = diff::address_of(*head_, place.section, place.offset);
        std::optional<uint64_t> size;
        hit_.code = {};
        if (area == Area::kFunctions) {
            const auto function = function_at(address);
            if (!function) return;
            size = function->size;
            if (fingerprints_) hit_.code = functions_->code(*function);
        }
        emit(name, kind, dylib, target, address, size);
    }

    std::optional<ImageFunctions::Function> function_at(std::optional<uint64_t> address) {
        if (!address) return std::nullopt;
        if (!functions_) functions_.emplace(reader_, *head_);
        return functions_->starting_at(*address);
    }

    void tell_strings(const Entries* entries, const store::Lease& lease) {
        const record::StringsView strings(lease.message());
        for_each_entry(
            entries, ColumnKind::kStrings, lease, strings.size(), [&](uint64_t i) { return strings.value(i); },
            [&](uint64_t i) { emit(strings.value(i), {}, strings.section(i), {}, {}, {}); });
    }

    void tell_facts(const Entries* entries, const store::Lease& lease) {
        const record::FactsView facts(lease.message());
        const auto use = [&](uint64_t i) {
            const auto fact = facts[i];
            if (matches_fact(pattern_, fact)) emit(fact.name, {}, fact.owner, fact.value, {}, {});
        };
        if (entries != nullptr) {
            for (const uint32_t i : *entries)
                if (i < facts.size()) use(i);
        } else {
            for (uint64_t i = 0; i < facts.size(); ++i) use(i);
        }
    }

    store::Reader& reader_;
    const Pattern& pattern_;
    const bool fingerprints_;
    ChunkHits& hits_;
    const ImageColumns& image_;
    const OnHit& on_hit_;
    const std::optional<record::Head> head_;
    std::optional<ImageFunctions> functions_;
    Hit hit_;
};

}  // namespace

void tell_hits(const Found& found, const record::Firmware& firmware, const ImageColumns& image, const OnHit& on_hit) {
    ImageHits(found, firmware, image, on_hit).tell(found.areas);
}

}  // namespace strata::query
