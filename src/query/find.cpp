#include "query/find.h"

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

#include "query/chunk_filter.h"
#include "query/chunk_hits.h"
#include "query/chunk_search.h"
#include "query/crew.h"
#include "query/heads.h"
#include "query/hit_buffer.h"
#include "query/image_hits.h"
#include "query/scan.h"
#include "record/sorted_texts.h"
#include "store/filters.h"
#include "store/references.h"

namespace strata::query {
namespace {

using record::ColumnKind;

constexpr uint64_t kFiltersOfATask = 8192;
constexpr size_t kScannedBatch = 512;
constexpr size_t kMostWalks = 8;  // begun at once
// Hits are told by one thread; those of images with few are gathered before by all of them.
constexpr size_t kToldTogether = 64;  // images
constexpr uint64_t kFewHits = 512;

class Finder {
  public:
    Finder(store::Reader& reader, const Pattern& pattern, const FindOptions& options, const OnHit& on_hit)
        : reader_(reader),
          pattern_(pattern),
          chunk_filter_(pattern),
          options_(options),
          crew_(options.jobs),
          areas_(options.areas),
          hits_(store::end_of_column_ids(reader.database())),
          search_(reader, pattern),
          found_{reader, pattern, hits_, areas_, options.fingerprints},
          on_hit_(on_hit) {
        std::sort(areas_.begin(), areas_.end());
        areas_.erase(std::unique(areas_.begin(), areas_.end()), areas_.end());
        for (const Area area : areas_) {
            const auto column = column_of(area);
            if (column && std::find(kinds_.begin(), kinds_.end(), *column) == kinds_.end()) kinds_.push_back(*column);
        }
        plan_filters();
    }

    void find(const std::vector<record::Firmware>& firmwares) {
        const size_t at_once = std::min<size_t>(crew_.size(), kMostWalks);
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

        /// Heads are read ahead: what is wrong with one waits until the hits of all before it are told.
        void read(std::vector<ImageColumns>& into) {
            try {
                if (failure) into.clear();
                more = !failure && batches.next(into);
            } catch (...) {
                failure = std::current_exception();
                more = !into.empty();
            }
        }

        const record::Firmware& firmware;
        HeadBatches batches;
        std::vector<ImageColumns> batch;
        bool more = false;
        std::exception_ptr failure;  // comes after the last batch
    };

    HeadBatches head_batches(const record::Firmware& firmware) {
        // Where columns are scanned, small batches keep the first heads from being read with nothing else to do.
        const bool scans = !chunk_filter_.says_anything();
        return {reader_, firmware.id, kinds_, scans ? kScannedBatch : HeadBatches::kMostImages};
    }

    void plan_filters() {
        if (!chunk_filter_.says_anything()) return;
        const uint64_t end = store::end_of_column_ids(reader_.database());
        for (const ColumnKind kind : kinds_) {
            if (!store::has_filter(kind)) continue;
            for (uint64_t id = 0; id < end; id += kFiltersOfATask)
                filter_tasks_.push_back({kind, {id, std::min(id + kFiltersOfATask, end)}});
        }
    }

    /// The first heads are read while the filters are looked through: nothing is searched before all that is done.
    void begin_walks(std::vector<Walk>& walks) {
        const auto tasks = std::exchange(filter_tasks_, {});
        crew_.for_each(walks.size() + tasks.size(), [&](uint64_t i) {
            if (i < walks.size()) {
                walks[i].read(walks[i].batch);
            } else {
                const auto& [kind, ids] = tasks[i - walks.size()];
                rule_out_chunks(reader_, kind, chunk_filter_, ids, [&](uint64_t id) { hits_.rule_out(id); });
            }
        });
    }

    void find(Walk& walk) {
        std::vector<ImageColumns> next;
        for (; walk.more; std::swap(walk.batch, next)) {
            const auto& batch = walk.batch;
            crew_.for_each(batch.size() + 1, [&](uint64_t i) {
                if (i == 0) {
                    walk.read(next);
                } else {
                    search(batch[i - 1]);
                }
            });
            tell(walk);
        }
        walk.batch = {};
        if (walk.failure) std::rethrow_exception(walk.failure);
    }

    void check_stop() const {
        if (options_.stop != nullptr && options_.stop->requested())
            throw base::Error(base::ErrorKind::kInterrupted, "interrupted");
    }

    void search(const ImageColumns& image) {
        check_stop();
        for (size_t kind = 0; kind < kinds_.size(); ++kind) {
            auto ids = image.chunks(kind);
            if (std::all_of(ids.begin(), ids.end(), [&](uint64_t id) { return hits_.is_without_hits(id); })) continue;
            ids = chunks_to_search(kinds_[kind], ids);
            for (const uint64_t id : ids)
                if (hits_.claim(id)) search_chunk(kinds_[kind], id);
        }
    }

    /// All of them where their order cannot be read: searching the damaged one tells.
    std::span<const uint64_t> chunks_to_search(ColumnKind kind, std::span<const uint64_t> ids) {
        if (!record::has_sorted_texts(kind)) return ids;
        try {
            return chunks_of_range(reader_, kind, ids, pattern_);
        } catch (const base::Error& error) {
            if (error.kind() != base::ErrorKind::kStore) throw;
            return ids;
        }
    }

    /// What is wrong with a chunk is told where its hits would be: gathering them reads it again.
    void search_chunk(ColumnKind kind, uint64_t id) {
        try {
            hits_.put(id, search_.search(kind, id));
        } catch (const base::Error& error) {
            if (error.kind() != base::ErrorKind::kStore) throw;
            hits_.put_unread(id);
        }
    }

    /// Hits of one image, gathered before it is their turn.
    struct Gathered {
        HitBuffer hits;
        std::exception_ptr failure;  // comes after `hits`
        bool done = false;
    };

    void tell(const Walk& walk) {
        std::vector<const ImageColumns*> images;
        for (const auto& image : walk.batch)
            if (is_hit(image)) images.push_back(&image);
        for (size_t begin = 0; begin < images.size(); begin += kToldTogether) {
            const size_t count = std::min(kToldTogether, images.size() - begin);
            std::vector<Gathered> gathered(count);
            if (crew_.size() > 1)
                crew_.for_each(count, [&](uint64_t i) { gather(walk.firmware, *images[begin + i], gathered[i]); });
            for (size_t i = 0; i < count; ++i) {
                check_stop();
                if (!gathered[i].done) tell_hits(found_, walk.firmware, *images[begin + i], on_hit_);
                gathered[i].hits.tell(on_hit_);
                if (gathered[i].failure) std::rethrow_exception(gathered[i].failure);
            }
        }
    }

    void gather(const record::Firmware& firmware, const ImageColumns& image, Gathered& gathered) {
        if (!has_few_hits(image)) return;
        gathered.done = true;
        try {
            tell_hits(found_, firmware, image, [&](const Hit& hit) { gathered.hits.add(hit); });
        } catch (...) {
            gathered.failure = std::current_exception();
        }
    }

    bool has_few_hits(const ImageColumns& image) {
        uint64_t hits = 0;
        for (const uint64_t id : image.ids) {
            if (!hits_.has_hits(id)) continue;
            const auto found = hits_.found(id);
            if (!found) return false;  // it may have any number
            hits += found->entries.size();
        }
        return hits <= kFewHits;
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
    const ChunkFilter chunk_filter_;
    const FindOptions& options_;
    Crew crew_;
    std::vector<Area> areas_;
    std::vector<ColumnKind> kinds_;
    ChunkHits hits_;
    ChunkSearch search_;
    const Found found_;
    const OnHit& on_hit_;
    std::vector<FilterTask> filter_tasks_;  // not looked through yet
};

}  // namespace

store::Database::Mode mode_for(const Pattern& pattern, const std::vector<Area>& areas) {
    const bool reads_columns =
        std::any_of(areas.begin(), areas.end(), [](Area area) { return column_of(area).has_value(); });
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
