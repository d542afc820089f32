#include "query/find.h"

#include <algorithm>
#include <array>
#include <exception>
#include <thread>
#include <utility>

#include "diff/functions_of.h"
#include "macho/names.h"
#include "query/chunk_hits.h"
#include "query/heads.h"
#include "query/image_functions.h"
#include "query/parallel.h"
#include "query/scan.h"
#include "record/facts.h"
#include "record/layout.h"
#include "record/sorted_texts.h"
#include "record/strings.h"
#include "record/symbols.h"
#include "store/references.h"

namespace strata::query {
namespace {

using record::ColumnKind;

constexpr uint64_t kFiltersOfATask = 8192;
constexpr size_t kScannedBatch = 512;
constexpr size_t kMostWalks = 8;  // begun at once

struct AreaInfo {
    Area area;
    const char* name;
    std::optional<ColumnKind> column;  ///< images are in no column
};
constexpr std::array kAreas{AreaInfo{Area::kImages, "images", std::nullopt},
                            AreaInfo{Area::kDependencies, "dependencies", ColumnKind::kLayout},
                            AreaInfo{Area::kSections, "sections", ColumnKind::kLayout},
                            AreaInfo{Area::kSymbols, "symbols", ColumnKind::kSymbols},
                            AreaInfo{Area::kFunctions, "functions", ColumnKind::kSymbols},
                            AreaInfo{Area::kStrings, "strings", ColumnKind::kStrings},
                            AreaInfo{Area::kImports, "imports", ColumnKind::kImports},
                            AreaInfo{Area::kSignature, "signature", ColumnKind::kSignature},
                            AreaInfo{Area::kObjc, "objc", ColumnKind::kObjc},
                            AreaInfo{Area::kSwift, "swift", ColumnKind::kSwift}};

const AreaInfo& info_of(Area area) {
    return kAreas[static_cast<size_t>(area)];
}

bool is_sorted_texts(ColumnKind kind) {
    return kind == ColumnKind::kSymbols || kind == ColumnKind::kStrings;
}

std::string section_text(const record::Layout::Section& section) {
    return std::string(section.segment) + "," + std::string(section.name);
}

bool matches_section(const Pattern& pattern, const record::Layout::Section& section) {
    return pattern.matches(section.name) || pattern.matches(section_text(section));
}

bool matches_fact(const Pattern& pattern, const record::FactView& fact) {
    return pattern.matches(fact.name) || pattern.matches(fact.owner) || pattern.matches(fact.value);
}

/// Where a chunk is looked at: its own entries only, without regard to the image.
class ChunkSearch {
  public:
    ChunkSearch(store::Reader& reader, const Pattern& pattern) : reader_(reader), pattern_(pattern) {}

    std::vector<uint32_t> search(ColumnKind kind, uint64_t id) const {
        if (is_sorted_texts(kind)) return search_texts(kind, id);
        const store::Lease lease = reader_.column(id);
        return kind == ColumnKind::kLayout ? search_layout(lease) : search_facts(lease);
    }

  private:
    std::vector<uint32_t> search_texts(ColumnKind kind, uint64_t id) const {
        // A binary search does not read the chunk: nor must its checksum.
        const store::Lease lease = pattern_.prefix().empty() ? reader_.column(id) : reader_.peek(id);
        const record::SortedTexts texts(kind, lease.message());
        std::vector<uint32_t> entries;
        for_each_match(texts.blob(), pattern_, [&](uint64_t i) { entries.push_back(static_cast<uint32_t>(i)); });
        return entries;
    }

    std::vector<uint32_t> search_layout(const store::Lease& lease) const {
        const auto layout = record::decode_layout(lease.message());
        const bool found = std::any_of(layout.dependencies.begin(), layout.dependencies.end(),
                                       [&](const auto& d) { return pattern_.matches(d.name); }) ||
                           std::any_of(layout.sections.begin(), layout.sections.end(),
                                       [&](const auto& s) { return matches_section(pattern_, s); });
        return found ? std::vector<uint32_t>{0} : std::vector<uint32_t>{};
    }

    std::vector<uint32_t> search_facts(const store::Lease& lease) const {
        const record::FactsView facts(lease.message());
        const auto holds = [&](std::string_view bytes) {
            return pattern_.literal_search().find(bytes) != std::string_view::npos;
        };
        std::vector<uint32_t> entries;
        if (!holds(facts.keys().bytes()) && !holds(facts.values().bytes())) return entries;
        for (uint64_t i = 0; i < facts.size(); ++i)
            if (matches_fact(pattern_, facts[i])) entries.push_back(static_cast<uint32_t>(i));
        return entries;
    }

    store::Reader& reader_;
    const Pattern& pattern_;
};

/// Says what is found in one image, from the chunks that have hits.
class ImageNaming {
  public:
    ImageNaming(store::Reader& reader, const Pattern& pattern, const FindOptions& options, ChunkHits& hits,
                const OnHit& on_hit)
        : reader_(reader), pattern_(pattern), options_(options), hits_(hits), on_hit_(on_hit) {}

    void name(const record::Firmware& firmware, const ImageColumns& image, const std::vector<Area>& areas) {
        const auto head = reader_.head(firmware.id, image.path);
        if (!head) return;
        head_ = &*head;
        functions_.reset();
        hit_ = {};
        hit_.firmware = firmware.name;
        hit_.image = image.path;
        for (const Area area : areas) {
            hit_.area = area;
            if (area == Area::kImages) {
                name_paths(image);
                continue;
            }
            const auto& chunks = head->column(*info_of(area).column).chunks;
            for (size_t i = 0; i < chunks.size(); ++i)
                if (hits_.has_hits(chunks[i].id)) name_chunk(area, i, chunks[i].id);
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

    void name_paths(const ImageColumns& image) {
        const auto address = head_->failure ? std::nullopt : std::optional(head_->address);
        if (pattern_.matches(image.path)) emit(image.path, "path", {}, {}, address, {});
        for (const auto& alias : image.aliases)
            if (pattern_.matches(alias)) emit(alias, "alias", {}, {}, address, {});
    }

    void name_chunk(Area area, size_t index, uint64_t id) {
        const store::Lease lease = reader_.column(id);
        switch (area) {
            case Area::kDependencies:
            case Area::kSections:
                return name_layout(area, record::decode_layout(lease.message()));
            case Area::kSymbols:
            case Area::kFunctions:
                return name_symbols(area, index, id, lease);
            case Area::kStrings:
                return name_strings(id, lease);
            default:
                return name_facts(id, lease);
        }
    }

    void name_layout(Area area, const record::Layout& layout) {
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

    /// The entries that were found. They may come from a search without checksum: each is looked at again.
    template <typename TextAt, typename Use>
    void for_each_entry(uint64_t id, ColumnKind kind, const store::Lease& lease, uint64_t size, const TextAt& text_at,
                        const Use& use) {
        if (const auto known = hits_.entries(id)) {
            for (const uint32_t i : *known)
                if (i < size && pattern_.matches(text_at(i))) use(i);
            return;
        }
        const record::SortedTexts texts(kind, lease.message());
        for_each_match(texts.blob(), pattern_, use);
    }

    void name_symbols(Area area, size_t index, uint64_t id, const store::Lease& lease) {
        const auto& place_chunks = head_->column(ColumnKind::kPlaces).chunks;
        if (index >= place_chunks.size()) record::fail_record("image head", "symbols and places differ in chunks");
        const store::Lease place_lease = reader_.column(place_chunks[index].id);
        const record::SymbolsView symbols(lease.message());
        const record::PlacesView places(place_lease.message());
        if (symbols.size() != places.size()) record::fail_record("places column", "is not as long as its symbols");
        for_each_entry(
            id, ColumnKind::kSymbols, lease, symbols.size(), [&](uint64_t i) { return symbols.name(i); },
            [&](uint64_t i) {
                const auto place = places.place(i);
                std::optional<uint64_t> address;
                if (place.section != record::kNoPlace) address = diff::address_of(*head_, place.section, place.offset);
                std::optional<uint64_t> size;
                hit_.code = {};
                if (area == Area::kFunctions) {
                    const auto function = function_at(address);
                    if (!function) return;
                    size = function->size;
                    if (options_.fingerprints) hit_.code = functions_->code(*function);
                }
                emit(symbols.name(i), record::symbol_kind_name(symbols.kind(i)), symbols.dylib(i), symbols.target(i),
                     address, size);
            });
    }

    std::optional<ImageFunctions::Function> function_at(std::optional<uint64_t> address) {
        if (!address) return std::nullopt;
        if (!functions_) functions_.emplace(reader_, *head_);
        return functions_->starting_at(*address);
    }

    void name_strings(uint64_t id, const store::Lease& lease) {
        const record::StringsView strings(lease.message());
        for_each_entry(
            id, ColumnKind::kStrings, lease, strings.size(), [&](uint64_t i) { return strings.value(i); },
            [&](uint64_t i) { emit(strings.value(i), {}, strings.section(i), {}, {}, {}); });
    }

    void name_facts(uint64_t id, const store::Lease& lease) {
        const record::FactsView facts(lease.message());
        const auto use = [&](uint64_t i) {
            const auto fact = facts[i];
            if (matches_fact(pattern_, fact)) emit(fact.name, {}, fact.owner, fact.value, {}, {});
        };
        if (const auto known = hits_.entries(id)) {
            for (const uint32_t i : *known)
                if (i < facts.size()) use(i);
        } else {
            for (uint64_t i = 0; i < facts.size(); ++i) use(i);
        }
    }

    store::Reader& reader_;
    const Pattern& pattern_;
    const FindOptions& options_;
    ChunkHits& hits_;
    const OnHit& on_hit_;
    const record::Head* head_ = nullptr;
    std::optional<ImageFunctions> functions_;
    Hit hit_;
};

class Finder {
  public:
    Finder(store::Reader& reader, const Pattern& pattern, const FindOptions& options, const OnHit& on_hit)
        : reader_(reader),
          pattern_(pattern),
          options_(options),
          areas_(options.areas),
          hits_(store::end_of_column_ids(reader.database())),
          search_(reader, pattern),
          naming_(reader, pattern, options, hits_, on_hit) {
        std::sort(areas_.begin(), areas_.end());
        areas_.erase(std::unique(areas_.begin(), areas_.end()), areas_.end());
        for (const Area area : areas_) {
            const auto column = info_of(area).column;
            if (column && std::find(kinds_.begin(), kinds_.end(), *column) == kinds_.end()) kinds_.push_back(*column);
        }
        plan_filters();
    }

    void find(const std::vector<record::Firmware>& firmwares) {
        const size_t at_once = std::min<size_t>(most_threads(), kMostWalks);
        for (size_t begin = 0; begin < firmwares.size(); begin += at_once) {
            std::vector<Walk> walks;
            for (size_t i = begin; i < std::min(begin + at_once, firmwares.size()); ++i)
                walks.emplace_back(firmwares[i], head_batches(firmwares[i]));
            begin_walks(walks);
            for (auto& walk : walks) find(walk);
        }
    }

  private:
    /// Filters that one worker looks through.
    struct FilterTask {
        ColumnKind kind;
        store::IdRange ids;
    };
    /// The images of one firmware, batch by batch.
    struct Walk {
        Walk(const record::Firmware& of, HeadBatches heads) : firmware(of), batches(std::move(heads)) {}

        /// Heads are read ahead: what is wrong with them waits until the hits before them are named.
        void read(std::vector<ImageColumns>& into) {
            try {
                more = batches.next(into);
            } catch (...) {
                more = false;
                failure = std::current_exception();
            }
        }

        const record::Firmware& firmware;
        HeadBatches batches;
        std::vector<ImageColumns> batch;
        bool more = false;
        std::exception_ptr failure;  // comes after `batch`
    };

    unsigned most_threads() const {
        return options_.jobs != 0 ? options_.jobs : std::max(1U, std::thread::hardware_concurrency());
    }

    HeadBatches head_batches(const record::Firmware& firmware) {
        // Where columns are scanned, small batches keep the first heads from being read with nothing else to do.
        const bool scans = pattern_.prefix().empty();
        return {reader_, firmware.id, kinds_, scans ? kScannedBatch : HeadBatches::kMostImages};
    }

    void plan_filters() {
        const uint64_t end = store::end_of_column_ids(reader_.database());
        for (const ColumnKind kind : kinds_)
            for (uint64_t id = 0; is_sorted_texts(kind) && id < end; id += kFiltersOfATask)
                filter_tasks_.push_back({kind, {id, std::min(id + kFiltersOfATask, end)}});
    }

    /// The first heads are read while the filters are looked through: nothing is searched before all that is done.
    void begin_walks(std::vector<Walk>& walks) {
        const auto tasks = std::exchange(filter_tasks_, {});
        for_each_parallel(walks.size() + tasks.size(), options_.jobs, [&](uint64_t i) {
            if (i < walks.size()) {
                walks[i].read(walks[i].batch);
            } else {
                const auto& [kind, ids] = tasks[i - walks.size()];
                rule_out_chunks(reader_, kind, pattern_, ids, [&](uint64_t id) { hits_.rule_out(id); });
            }
        });
    }

    void find(Walk& walk) {
        std::vector<ImageColumns> next;
        for (; walk.more; std::swap(walk.batch, next)) {
            const auto& batch = walk.batch;
            for_each_parallel(batch.size() + 1, options_.jobs, [&](uint64_t i) {
                if (i == 0) {
                    walk.read(next);
                } else {
                    search(batch[i - 1]);
                }
            });
            for (const auto& image : batch)
                if (is_hit(image)) naming_.name(walk.firmware, image, areas_);
        }
        walk.batch = {};
        if (walk.failure) std::rethrow_exception(walk.failure);
    }

    void search(const ImageColumns& image) {
        if (options_.stop != nullptr && options_.stop->requested())
            throw base::Error(base::ErrorKind::kInterrupted, "interrupted");
        for (size_t kind = 0; kind < kinds_.size(); ++kind) {
            auto ids = image.chunks(kind);
            if (std::all_of(ids.begin(), ids.end(), [&](uint64_t id) { return hits_.is_without_hits(id); })) continue;
            if (is_sorted_texts(kinds_[kind])) ids = chunks_of_range(reader_, kinds_[kind], ids, pattern_);
            for (const uint64_t id : ids)
                if (hits_.claim(id)) hits_.put(id, search_.search(kinds_[kind], id));
        }
    }

    bool is_hit(const ImageColumns& image) const {
        const auto has_hits = [&](uint64_t id) { return hits_.has_hits(id); };
        if (std::any_of(image.ids.begin(), image.ids.end(), has_hits)) return true;
        return areas_.front() == Area::kImages &&
               (pattern_.matches(image.path) || std::any_of(image.aliases.begin(), image.aliases.end(),
                                                            [&](const auto& a) { return pattern_.matches(a); }));
    }

    store::Reader& reader_;
    const Pattern& pattern_;
    const FindOptions& options_;
    std::vector<Area> areas_;
    std::vector<ColumnKind> kinds_;
    ChunkHits hits_;
    ChunkSearch search_;
    ImageNaming naming_;
    std::vector<FilterTask> filter_tasks_;  // not looked through yet
};

}  // namespace

const char* area_name(Area area) {
    return info_of(area).name;
}

std::optional<Area> area_of(std::string_view name) {
    for (const auto& info : kAreas)
        if (name == info.name) return info.area;
    return std::nullopt;
}

store::Database::Mode mode_for(const Pattern& pattern, const std::vector<Area>& areas) {
    const bool reads_columns =
        std::any_of(areas.begin(), areas.end(), [](Area area) { return info_of(area).column.has_value(); });
    return pattern.prefix().empty() && reads_columns ? store::Database::Mode::kReadWhole
                                                     : store::Database::Mode::kReadOnly;
}

void find(store::Reader& reader, const std::vector<record::Firmware>& firmwares, const Pattern& pattern,
          const FindOptions& options, const OnHit& on_hit) {
    if (options.areas.empty()) return;
    Finder finder(reader, pattern, options, on_hit);
    finder.find(firmwares);
}

}  // namespace strata::query
