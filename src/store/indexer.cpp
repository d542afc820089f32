#include "store/indexer.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <variant>

#include "base/ordered_queue.h"
#include "strata/version.h"

namespace strata::store {
namespace {

constexpr uint64_t kQueueBytes = 24U << 20;
// Images that all point at the same tables would make the work images x tables. Real images share no bytes, so what
// their headers declare adds up to the size of the files at most. Neither do real records add up to more than what they
// were made from; those of hostile images, which can name one long text a million times, may not either.
constexpr uint64_t kWorkPerInputByte = 4;
constexpr uint64_t kWorkSlack = 64U << 20;
constexpr uint64_t kHeadBytes = 4096;  // a head's share of the queue's bound

/// What workers send: chunks as they come, then the head. A sequence without a head was given up.
using Item = std::variant<record::Chunk, record::Head>;

record::Head failed_head(const base::Error& error) {
    record::Head head;
    head.failure = record::Failure::from(error);
    return head;
}

class Run {
  public:
    Run(Writer& writer, const extract::Source& source, const IndexOptions& options)
        : writer_(writer), source_(source), options_(options), queue_(kQueueBytes) {}

    IndexResult run() {
        find_firmware();
        find_pending();
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
        queue_.close();
        for (auto& worker : workers) worker.join();
        if (failure) std::rethrow_exception(failure);
        finish();
        return std::move(result_);
    }

  private:
    void find_firmware() {
        const auto& info = source_.info();
        const std::string identity(info.identity.view());
        std::string name = options_.name;
        if (name.empty()) name = known_name(identity).value_or(info.name);
        auto found = writer_.find(name);
        if (found && found->identity != identity) {
            if (!options_.name.empty())
                throw base::Error::usage("firmware \"" + name + "\" was indexed from other content (" +
                                         found->source_path +
                                         "): choose another --name, or remove it first (strata remove " + name + ")");
            name += "-" + info.identity.hex().substr(0, 8);
            found = writer_.find(name);
        }
        if (found) {
            firmware_ = *found;
            return;
        }
        firmware_.name = name;
        firmware_.id = writer_.new_firmware_id();
        describe();
        writer_.put_firmware(firmware_);
    }

    /// The same content may be in the store under a name that the user gave it.
    std::optional<std::string> known_name(const std::string& identity) {
        for (const auto& firmware : writer_.firmwares())
            if (firmware.identity == identity) return firmware.name;
        return std::nullopt;
    }

    void describe() {
        const auto& info = source_.info();
        firmware_.identity = info.identity.view();
        firmware_.source_path = info.path;
        firmware_.kind = info.kind;
        firmware_.arch = info.arch;
        firmware_.platform = info.platform;
        firmware_.os_version = info.os_version;
        firmware_.uuid = info.uuid;
        firmware_.files = info.files;
        firmware_.images = source_.image_count();
        firmware_.warnings = info.warnings;
        firmware_.tool_version = kVersion;
        firmware_.schema_version = record::kSchemaVersion;
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
        if (!stopped_ && declared_ <= work_limit())
            declared_ += std::min(source_.declared_bytes(image), UINT64_MAX - declared_);
        return Claim{sequence, image, declared_ > work_limit()};
    }

    uint64_t work_limit() const { return source_.info().bytes * kWorkPerInputByte + kWorkSlack; }

    void work() {
        while (const auto next = claim()) {
            if (!stopped()) push_image(*next);
            queue_.finish(next->sequence);
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
        record::Head head = next.over_limit || over_output_ ? failed_head(over_limit()) : extract(next);
        queue_.push(next.sequence, std::move(head), kHeadBytes);
    }

    static base::Error over_limit() {
        return base::Error(
            base::ErrorKind::kInput,
            "images of this source claim more bytes than it has: they overlap, and this one is over the limit");
    }

    record::Head extract(const Claim& next) {
        try {
            return source_.extract(next.image, [&](record::Chunk chunk) {
                const uint64_t bytes = chunk.message.size();
                queue_.push(next.sequence, std::move(chunk), bytes);
            });
        } catch (const base::Error& error) {
            return failed_head(error);
        } catch (const std::bad_alloc&) {
            return failed_head(base::Error(base::ErrorKind::kInput, "does not fit into memory"));
        } catch (const std::exception& error) {
            return failed_head(base::Error(base::ErrorKind::kInput, std::string("cannot be encoded: ") + error.what()));
        }
    }

    void store_all() {
        IndexProgress progress{result_.resumed, source_.image_count(), 0};
        std::unordered_map<std::string, uint64_t> ids;  // of the chunks of the image being stored
        for (uint64_t done = 0; done < pending_.size();) {
            auto popped = queue_.pop();
            if (!popped) return;
            if (!popped->item) {
                ids.clear();
                ++done;
                continue;
            }
            // Decided here, where images are in order, so that it does not depend on threads either.
            if (extracted_bytes_ > work_limit()) over_output_ = true;
            if (auto* chunk = std::get_if<record::Chunk>(&*popped->item)) {
                if (over_output_) continue;
                ids[std::string(chunk->digest.view())] = writer_.put_chunk(*chunk);
                extracted_bytes_ += chunk->message.size();
                continue;
            }
            auto& head = std::get<record::Head>(*popped->item);
            if (over_output_ && !head.failure) head = failed_head(over_limit());
            for (auto& column : head.columns)
                for (auto& ref : column.chunks) ref.id = ids.at(std::string(ref.digest.view()));
            writer_.put_head(firmware_.id, source_.image_key(pending_[popped->sequence]), head);
            ++result_.extracted;
            ++progress.done;
            if (head.failure) ++failed_;
            progress.bytes = source_.info().bytes * progress.done / std::max<uint64_t>(progress.total, 1);
            if (options_.progress) options_.progress(progress);
        }
    }

    void finish() {
        writer_.commit();
        result_.interrupted = stopped();
        if (!result_.interrupted && (!pending_.empty() || !firmware_.complete)) {
            const uint64_t extracted_before = firmware_.extracted_bytes;
            describe();
            firmware_.extracted_bytes = extracted_before + extracted_bytes_;
            firmware_.failed = failed_;
            firmware_.complete = true;
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

    Writer& writer_;
    const extract::Source& source_;
    const IndexOptions& options_;
    base::OrderedQueue<Item> queue_;
    record::Firmware firmware_;
    std::vector<uint64_t> pending_;
    std::mutex claim_mutex_;
    uint64_t claimed_ = 0;
    uint64_t declared_ = 0;
    bool stopped_ = false;
    uint64_t extracted_bytes_ = 0;
    std::atomic<bool> over_output_ = false;
    uint64_t failed_ = 0;
    IndexResult result_;
};

}  // namespace

IndexResult index_source(Writer& writer, const extract::Source& source, const IndexOptions& options) {
    return Run(writer, source, options).run();
}

}  // namespace strata::store
