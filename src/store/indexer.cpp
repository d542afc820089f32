#include "store/indexer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "base/ordered_queue.h"
#include "base/sha256.h"
#include "base/text.h"
#include "store/spill.h"
#include "strata/version.h"

namespace strata::store {
namespace {

// Of images of a tree one often takes as long as ten others. What does not fit while that one is made waits on disk:
// when workers waited instead, indexing real trees took a sixth longer.
constexpr uint64_t kQueueBytes = 24U << 20;
constexpr uint64_t kSpillBytes = 256U << 20;
constexpr uint64_t kSpilledBytes = 256;  // what one on disk takes of the queue
// Mostly the queue is full because the writer is busy for a moment, not because an image takes long.
constexpr std::chrono::milliseconds kSpillAfter{10};
// Images that all point at the same tables would make the work images x tables. Real images share no bytes, so what
// their headers declare adds up to the size of the files at most. Neither do real records add up to more than what they
// were made from; those of hostile images, which can name one long text a million times, may not either.
constexpr uint64_t kWorkPerInputByte = 4;
constexpr uint64_t kWorkSlack = 64U << 20;
constexpr uint64_t kHeadBytes = 4096;  // a head's share of the queue's bound

/// A chunk whose message waits on disk.
struct SpilledChunk {
    record::Chunk chunk;
    ChunkSpill::Place place;
};

/// What workers send: chunks as they come, then the head. A sequence without a head was given up.
using Item = std::variant<record::Chunk, SpilledChunk, record::Head>;

record::Head failed_head(const base::Error& error) {
    record::Head head;
    head.failure = record::Failure::from(error);
    return head;
}

/// One source's own; of several, over all of them in their order.
std::string identity_of(const std::vector<record::FirmwareSource>& sources) {
    if (sources.size() == 1) return sources.front().identity;
    base::Sha256 hash;
    hash.update("strata sources 1");
    for (const auto& source : sources) hash.update(source.identity);
    return std::string(hash.finish().view());
}

class Run {
  public:
    Run(Writer& writer, const extract::Source& source, const IndexOptions& options)
        : writer_(writer), source_(source), options_(options), spill_(writer.staging_directory(), kSpillBytes) {}

    IndexResult run() {
        find_firmware();
        return go();
    }

    IndexResult extend(extract::Source& source) {
        find_extended();
        if (part_ != 0) source.avoid([this](const std::string& key) { return is_taken(key); });
        for (uint64_t i = 0; part_ != 0 && i < source.image_count(); ++i)
            if (is_taken(source.image_key(i)))
                throw base::Error::usage("firmware \"" + firmware_.name + "\" has an image " +
                                         base::printable(source.image_key(i)) + " already");
        return go();
    }

  private:
    /// Keys of the other sources are; those of this source's own images, from a run that was stopped, are not.
    bool is_taken(const std::string& key) {
        const auto owner = writer_.source_of(firmware_.id, key);
        return owner && *owner != part_;
    }

    IndexResult go() {
        find_pending();
        read_pending();
        if (!stopped() && !without_original_.empty()) {
            pending_ = std::exchange(without_original_, {});
            alone_ = true;
            read_pending();
        }
        finish();
        return std::move(result_);
    }

    void read_pending() {
        claimed_ = 0;
        queue_.emplace(kQueueBytes);
        const unsigned jobs = options_.jobs != 0 ? options_.jobs : std::max(1U, std::thread::hardware_concurrency());
        std::vector<std::thread> workers;
        for (unsigned i = 0; i < jobs; ++i) workers.emplace_back([this] { work(); });
        std::exception_ptr failure;
        try {
            store_all();
        } catch (...) {
            failure = std::current_exception();
            stop();
        }
        queue_->close();
        for (auto& worker : workers) worker.join();
        if (failure) std::rethrow_exception(failure);
    }

    void find_firmware() {
        const auto& info = source_.info();
        const std::string identity(info.identity.view());
        std::string name = options_.name;
        if (name.empty()) name = known_name(identity).value_or(info.name);
        auto found = writer_.find(name);
        if (found && !is_first_source(*found, identity)) {
            if (!options_.name.empty())
                throw base::Error::usage("firmware \"" + name + "\" was indexed from other content (" +
                                         found->source_path +
                                         "): choose another --name, or remove it first (strata remove " + name + ")");
            name += "-" + info.identity.hex().substr(0, 8);
            found = writer_.find(name);
        }
        if (found) {
            take(std::move(*found));
            return;
        }
        firmware_.name = name;
        firmware_.id = writer_.new_firmware_id();
        firmware_.sources.emplace_back();
        describe();
        writer_.put_firmware(firmware_);
    }

    static bool is_first_source(const record::Firmware& firmware, const std::string& identity) {
        return firmware.identity == identity ||
               (!firmware.sources.empty() && firmware.sources.front().identity == identity);
    }

    void take(record::Firmware found) {
        firmware_ = std::move(found);
        if (firmware_.sources.empty())
            firmware_.sources.push_back({firmware_.identity, firmware_.kind, firmware_.source_path, firmware_.images,
                                         firmware_.failed, firmware_.complete});
    }

    /// The same content may be in the store under a name that the user gave it.
    std::optional<std::string> known_name(const std::string& identity) {
        for (const auto& firmware : writer_.firmwares())
            if (firmware.identity == identity) return firmware.name;
        return std::nullopt;
    }

    /// Finds the firmware to extend, and the source in it: one that was added already goes on where it stopped.
    void find_extended() {
        const auto& info = source_.info();
        auto found = writer_.find(options_.name);
        if (!found)
            throw base::Error::usage("no firmware named \"" + options_.name + "\" to extend (strata list shows them)");
        take(std::move(*found));
        for (part_ = 0; part_ < firmware_.sources.size(); ++part_)
            if (firmware_.sources[part_].identity == info.identity.view()) return;
        for (const auto& source : firmware_.sources)
            if (!source.complete)
                throw base::Error::usage("firmware \"" + firmware_.name + "\" is not finished: index " + source.path +
                                         " first, then extend it");
        if (part_ > UINT16_MAX) throw base::Error::usage("firmware \"" + firmware_.name + "\" has too many sources");
        firmware_.sources.emplace_back();
        firmware_.files.insert(firmware_.files.end(), info.files.begin(), info.files.end());
        firmware_.warnings.insert(firmware_.warnings.end(), info.warnings.begin(), info.warnings.end());
        firmware_.complete = false;
        describe();
        writer_.put_firmware(firmware_);
    }

    /// What the source says about itself goes to its entry; of several, the first that knows speaks for the firmware.
    void describe() {
        const auto& info = source_.info();
        auto& source = firmware_.sources[part_];
        source.identity = info.identity.view();
        source.kind = info.kind;
        source.path = info.path;
        source.images = source_.image_count();
        if (part_ == 0) {
            firmware_.source_path = info.path;
            firmware_.arch = info.arch;
            firmware_.platform = info.platform;
            firmware_.os_version = info.os_version;
            firmware_.uuid = info.uuid;
        } else {
            if (firmware_.arch.empty()) firmware_.arch = info.arch;
            if (firmware_.platform == 0) firmware_.platform = info.platform;
            if (firmware_.os_version == 0) firmware_.os_version = info.os_version;
            if (firmware_.uuid.empty()) firmware_.uuid = info.uuid;
        }
        if (firmware_.sources.size() == 1) {
            firmware_.files = info.files;
            firmware_.warnings = info.warnings;
        }
        firmware_.kind = firmware_.sources.size() == 1 ? info.kind : "composite";
        firmware_.identity = identity_of(firmware_.sources);
        firmware_.tool_version = kVersion;
        firmware_.schema_version = record::kSchemaVersion;
        count_images();
    }

    void count_images() {
        firmware_.images = 0;
        firmware_.failed = 0;
        for (const auto& source : firmware_.sources) {
            firmware_.images += source.images;
            firmware_.failed += source.failed;
        }
    }

    /// Resume: what has a whole head is done. Failed images are tried again: what could not be read may be
    /// readable now (a disk that came back, a newer strata).
    void find_pending() {
        for (uint64_t i = 0; i < source_.image_count(); ++i) {
            const auto state = writer_.head_state(firmware_.id, source_.image_key(i));
            if (state != Writer::HeadState::kWhole) pending_.push_back(i);
        }
        result_.resumed = source_.image_count() - pending_.size();
    }

    struct Claim {
        uint64_t sequence;
        uint64_t image;
        bool over_limit;
    };

    /// Images are claimed one after another, so that which of them are over the work limit does not depend on threads.
    /// Once over it, not even headers are read any more.
    std::optional<Claim> claim() {
        const std::lock_guard lock(claim_mutex_);
        if (claimed_ == pending_.size()) return std::nullopt;
        const uint64_t sequence = claimed_++;
        const uint64_t image = pending_[sequence];
        if (options_.stop != nullptr && options_.stop->requested()) stopped_ = true;
        if (alone_) return Claim{sequence, image, false};  // claimed before, and counted
        if (!stopped_ && declared_ <= work_limit())
            declared_ += std::min(source_.declared_bytes(image), UINT64_MAX - declared_);
        return Claim{sequence, image, declared_ > work_limit()};
    }

    uint64_t work_limit() const { return source_.info().bytes * kWorkPerInputByte + kWorkSlack; }

    void work() {
        while (const auto next = claim()) {
            if (!stopped()) push_image(*next);
            queue_->finish(next->sequence);
        }
    }

    bool stopped() {
        const std::lock_guard lock(claim_mutex_);
        return stopped_;
    }

    void stop() {
        const std::lock_guard lock(claim_mutex_);
        stopped_ = true;
    }

    void push_image(const Claim& next) {
        record::Head head;
        if (next.over_limit || over_output_) {
            head = failed_head(over_limit());
        } else if (const auto original = alone_ ? std::nullopt : source_.copy_of(next.image)) {
            note_copy(next.image, *original);
        } else {
            head = extract(next.image, [&](record::Chunk chunk) { push_chunk(next.sequence, std::move(chunk)); });
        }
        queue_->push_small(next.sequence, std::move(head), kHeadBytes);
    }

    void push_chunk(uint64_t sequence, record::Chunk chunk) {
        spilling_ = queue_->is_full(sequence) && (spilling_ || !queue_->wait_for_room(sequence, kSpillAfter));
        if (spilling_) {
            if (const auto place = spill_.put(chunk.message.bytes())) {
                chunk.message = {};
                queue_->push_small(sequence, SpilledChunk{std::move(chunk), *place}, kSpilledBytes);
                return;
            }
        }
        const uint64_t bytes = chunk.message.size();
        queue_->push(sequence, std::move(chunk), bytes);
    }

    void note_copy(uint64_t image, uint64_t original) {
        const std::lock_guard lock(claim_mutex_);
        copies_[image] = original;
    }

    /// The image that one on its way to the store is a copy of.
    std::optional<uint64_t> take_original(uint64_t image) {
        const std::lock_guard lock(claim_mutex_);
        const auto copy = copies_.extract(image);
        return copy.empty() ? std::nullopt : std::optional(copy.mapped());
    }

    static base::Error over_limit() {
        return base::Error(
            base::ErrorKind::kInput,
            "images of this source claim more bytes than it has: they overlap, and this one is over the limit");
    }

    record::Head extract(uint64_t image, const record::ChunkSink& sink) {
        try {
            return source_.extract(image, sink);
        } catch (const base::Error& error) {
            return failed_head(error);
        } catch (const std::bad_alloc&) {
            return failed_head(base::Error(base::ErrorKind::kInput, "does not fit into memory"));
        } catch (const std::exception& error) {
            return failed_head(base::Error(base::ErrorKind::kInput, std::string("cannot be encoded: ") + error.what()));
        }
    }

    void store_all() {
        for (uint64_t done = 0; done < pending_.size();) {
            auto popped = queue_->pop();
            if (!popped) return;
            if (!popped->item) {
                ids_.clear();
                ++done;
                continue;
            }
            // Decided here, where images are in order, so that it does not depend on threads either.
            if (extracted_bytes_ > work_limit()) over_output_ = true;
            if (const auto* chunk = std::get_if<record::Chunk>(&*popped->item)) {
                store_chunk(*chunk);
                continue;
            }
            if (auto* spilled = std::get_if<SpilledChunk>(&*popped->item)) {
                spilled->chunk.message = spill_.take(spilled->place);
                store_chunk(spilled->chunk);
                continue;
            }
            const uint64_t image = pending_[popped->sequence];
            if (const auto original = take_original(image)) {
                store_copy(image, *original);
            } else {
                store_extracted(image, std::get<record::Head>(*popped->item));
            }
        }
    }

    void store_chunk(const record::Chunk& chunk) {
        if (over_output_) return;
        ids_[std::string(chunk.digest.view())] = writer_.put_chunk(chunk);
        extracted_bytes_ += chunk.message.size();
    }

    void store_extracted(uint64_t image, record::Head& head) {
        if (over_output_ && !head.failure) head = failed_head(over_limit());
        for (auto& column : head.columns)
            for (auto& ref : column.chunks) ref.id = ids_.at(std::string(ref.digest.view()));
        store_head(image, head);
    }

    /// The original came before: its head is in the store, unless it failed. Then the copy is left for the workers to
    /// read for itself when all else is done.
    void store_copy(uint64_t image, uint64_t original) {
        auto head = writer_.whole_head(firmware_.id, source_.image_key(original));
        if (!head && !over_output_) {
            without_original_.push_back(image);
            return;
        }
        if (head && !over_output_) {
            for (const auto& column : head->columns) extracted_bytes_ += column.bytes;
            over_output_ = extracted_bytes_ > work_limit();
        }
        if (over_output_) {
            auto failed = failed_head(over_limit());
            return store_head(image, failed);
        }
        writer_.count_shared(*head);
        store_head(image, *head);
    }

    void store_head(uint64_t image, record::Head& head) {
        head.source = static_cast<uint16_t>(part_);
        writer_.put_head(firmware_.id, source_.image_key(image), head);
        if (head.failure) ++failed_;
        ++result_.extracted;
        if (!options_.progress) return;
        IndexProgress progress{result_.resumed + result_.extracted, source_.image_count(), 0};
        progress.bytes = source_.info().bytes * progress.done / std::max<uint64_t>(progress.total, 1);
        options_.progress(progress);
    }

    void finish() {
        writer_.commit();
        result_.interrupted = stopped();
        if (!result_.interrupted && (!pending_.empty() || !firmware_.complete)) {
            const uint64_t extracted_before = firmware_.extracted_bytes;
            describe();
            firmware_.extracted_bytes = extracted_before + extracted_bytes_;
            firmware_.sources[part_].failed = failed_;
            firmware_.sources[part_].complete = true;
            count_images();
            firmware_.complete = !options_.more_follows && all_sources_complete();
            writer_.put_firmware(firmware_);
        } else if (result_.interrupted) {
            firmware_.extracted_bytes += extracted_bytes_;
            writer_.put_firmware(firmware_);
        }
        writer_.flush();
        result_.firmware = firmware_;
        result_.bytes_read = result_.extracted == 0 ? 0 : declared_;
        result_.counters = writer_.counters();
    }

    bool all_sources_complete() const {
        return std::all_of(firmware_.sources.begin(), firmware_.sources.end(),
                           [](const record::FirmwareSource& source) { return source.complete; });
    }

    Writer& writer_;
    const extract::Source& source_;
    const IndexOptions& options_;
    ChunkSpill spill_;
    std::atomic<bool> spilling_ = false;             // whether waiting was in vain, and room has not come since
    std::optional<base::OrderedQueue<Item>> queue_;  // of one read_pending()
    record::Firmware firmware_;
    size_t part_ = 0;  // which of the firmware's sources this run reads
    std::vector<uint64_t> pending_;
    std::vector<uint64_t> without_original_;  // copies of images that failed
    bool alone_ = false;                      // whether those are being read
    std::mutex claim_mutex_;
    uint64_t claimed_ = 0;
    std::unordered_map<uint64_t, uint64_t> copies_;  // on their way to the store, and their originals
    uint64_t declared_ = 0;
    bool stopped_ = false;
    uint64_t extracted_bytes_ = 0;
    std::unordered_map<std::string, uint64_t> ids_;  // of the chunks of the image being stored
    std::atomic<bool> over_output_ = false;
    uint64_t failed_ = 0;
    IndexResult result_;
};

}  // namespace

IndexResult index_source(Writer& writer, const extract::Source& source, const IndexOptions& options) {
    return Run(writer, source, options).run();
}

IndexResult extend_firmware(Writer& writer, extract::Source& source, const IndexOptions& options) {
    return Run(writer, source, options).extend(source);
}

IndexResult index_sources(Writer& writer, const std::vector<std::unique_ptr<extract::Source>>& sources, bool extend,
                          const IndexOptions& options) {
    IndexResult total;
    uint64_t images = 0;
    for (const auto& source : sources) images += source->image_count();
    uint64_t images_before = 0;
    uint64_t bytes_before = 0;
    IndexOptions one = options;
    one.progress = [&](const IndexProgress& at) {
        if (options.progress) options.progress({images_before + at.done, images, bytes_before + at.bytes});
    };
    for (size_t i = 0; i < sources.size(); ++i) {
        one.more_follows = i + 1 < sources.size();
        auto result =
            i == 0 && !extend ? index_source(writer, *sources[i], one) : extend_firmware(writer, *sources[i], one);
        one.name = result.firmware.name;
        total.extracted += result.extracted;
        total.resumed += result.resumed;
        total.bytes_read += result.bytes_read;
        total.interrupted = result.interrupted;
        total.counters = result.counters;  // the writer's own count goes on
        total.firmware = std::move(result.firmware);
        images_before += sources[i]->image_count();
        bytes_before += sources[i]->info().bytes;
        if (total.interrupted) break;
    }
    return total;
}

bool holds_whole(const record::Firmware& firmware, const std::vector<std::unique_ptr<extract::Source>>& sources,
                 bool extend) {
    if (!firmware.complete || firmware.failed != 0) return false;
    if (sources.size() == 1 && !extend) return firmware.identity == sources.front()->info().identity.view();
    const auto matches = [](const record::FirmwareSource& a, const std::unique_ptr<extract::Source>& b) {
        return a.identity == b->info().identity.view();
    };
    if (!extend)
        return std::equal(firmware.sources.begin(), firmware.sources.end(), sources.begin(), sources.end(), matches);
    return std::all_of(sources.begin(), sources.end(), [&](const auto& source) {
        return std::any_of(firmware.sources.begin(), firmware.sources.end(),
                           [&](const record::FirmwareSource& known) { return matches(known, source); });
    });
}

}  // namespace strata::store
