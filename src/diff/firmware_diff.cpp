#include "diff/firmware_diff.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/ordered_queue.h"
#include "diff/moves.h"

namespace strata::diff {
namespace {

constexpr uint64_t kQueueBytes = 4U << 20;
// As much as half an export: a move of something that stayed the same is soon told.
constexpr uint32_t kMoveScore = 5;

/// An image that has to be looked at: on one side only, moved, or with heads that differ.
struct Work {
    uint64_t sequence = 0;
    std::string path;
    std::string from;  ///< only moved images
    std::optional<record::Head> before;
    std::optional<record::Head> after;
};

/// Merge walk over the heads of two firmwares. What is unchanged is counted and passed over.
class Walk {
  public:
    Walk(store::Reader& reader, const record::Firmware& before, const record::Firmware& after, const PathFilter& paths,
         Moves moves)
        : reader_(reader),
          old_firmware_(before.id),
          before_(reader.heads(before.id)),
          after_(reader.heads(after.id)),
          paths_(paths),
          moves_(std::move(moves)) {}

    std::optional<Work> next() {
        while (before_->valid() || after_->valid()) {
            auto work = take();
            ++walked_;
            if (!work) continue;
            if (work->before && work->after && work->from.empty() && is_unchanged(*work->before, *work->after)) {
                ++unchanged_;
                continue;
            }
            work->sequence = sequence_++;
            return work;
        }
        before_->check();
        after_->check();
        return std::nullopt;
    }

    uint64_t unchanged() const { return unchanged_; }
    uint64_t skipped() const { return skipped_; }
    uint64_t walked() const { return walked_; }

  private:
    /// The next image; empty when it is passed over.
    std::optional<Work> take() {
        const int order = !before_->valid() ? 1 : !after_->valid() ? -1 : before_->path().compare(after_->path());
        Work work;
        work.path = order <= 0 ? before_->path() : after_->path();
        const bool moved_away = order < 0 && moves_.moved_away(work.path);
        if (const auto* from = order > 0 ? moves_.origin(work.path) : nullptr) work.from = *from;
        const bool selected = paths_.selects(work.path) || (!work.from.empty() && paths_.selects(work.from));
        const bool wanted = selected && !moved_away;  // what moved away comes at its new path
        if (order <= 0) {
            if (wanted) work.before = before_->head();
            before_->next();
        }
        if (order >= 0) {
            if (wanted) work.after = after_->head();
            after_->next();
        }
        if (!selected && !moved_away) ++skipped_;
        if (!wanted) return std::nullopt;
        if (!work.from.empty()) work.before = reader_.head(old_firmware_, work.from);
        return work;
    }

    store::Reader& reader_;
    const uint32_t old_firmware_;
    std::unique_ptr<store::HeadCursor> before_;
    std::unique_ptr<store::HeadCursor> after_;
    const PathFilter& paths_;
    const Moves moves_;
    uint64_t sequence_ = 0;
    uint64_t unchanged_ = 0;
    uint64_t skipped_ = 0;
    uint64_t walked_ = 0;
};

/// An image that only one side has.
ImageDiff one_sided(Work& work) {
    ImageDiff diff;
    diff.path = std::move(work.path);
    diff.status = work.before ? Status::kRemoved : Status::kAdded;
    const record::Head& head = work.before ? *work.before : *work.after;
    if (head.failure) {
        diff.status = Status::kFailed;
        diff.failure = head.failure;
        diff.failed_side = work.before ? "old" : "new";
    } else {
        diff.relevance = relevance_of_whole(head);
    }
    return diff;
}

Moves moves_of(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
               const DiffOptions& options) {
    return options.find_moves ? find_moves(reader, before, after, options.stop) : Moves();
}

class Run {
  public:
    Run(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
        const DiffOptions& options, const RenderImage& render, const EmitImage& emit)
        : reader_(reader),
          walk_(reader, before, after, options.paths, moves_of(reader, before, after, options)),
          total_(std::max(before.images, after.images)),
          options_(options),
          render_(render),
          emit_(emit),
          queue_(kQueueBytes) {}

    DiffSummary run() {
        const unsigned jobs = options_.jobs != 0 ? options_.jobs : std::max(1U, std::thread::hardware_concurrency());
        std::vector<std::thread> workers;
        running_ = jobs;
        for (unsigned i = 0; i < jobs; ++i) workers.emplace_back([this] { work(); });
        try {
            consume();
        } catch (...) {
            fail(std::current_exception());
        }
        queue_.close();
        for (auto& worker : workers) worker.join();
        if (failure_) std::rethrow_exception(failure_);
        summary_.by_status[static_cast<size_t>(Status::kUnchanged)] += walk_.unchanged();
        summary_.skipped = walk_.skipped();
        return summary_;
    }

  private:
    void work() {
        try {
            while (auto next = claim()) {
                const uint64_t sequence = next->sequence;
                RenderedImage rendered = compare(*next);
                const uint64_t bytes = rendered.text.size() + sizeof rendered;
                queue_.push(sequence, std::move(rendered), bytes);
                queue_.finish(sequence);
            }
        } catch (...) {
            fail(std::current_exception());
        }
        const std::lock_guard lock(mutex_);
        // The last worker ends the stream with an empty sequence, which tells the consumer that nothing follows.
        if (--running_ == 0) queue_.finish(claimed_);
    }

    std::optional<Work> claim() {
        const std::lock_guard lock(mutex_);
        if (failure_) return std::nullopt;
        if (options_.stop != nullptr && options_.stop->requested())
            throw base::Error(base::ErrorKind::kInterrupted, "interrupted");
        auto next = walk_.next();
        if (next) claimed_ = next->sequence + 1;
        walked_ = walk_.walked();
        return next;
    }

    ImageDiff difference(Work& work) {
        if (!work.before || !work.after) return one_sided(work);
        ImageDiff diff = diff_image(reader_, std::move(work.path), *work.before, *work.after, options_.comparison);
        if (!work.from.empty() && diff.status != Status::kFailed) {
            diff.status = Status::kMoved;
            diff.from = std::move(work.from);
            diff.relevance.score += kMoveScore;
            diff.relevance.reasons.emplace_back("moved");
        }
        return diff;
    }

    RenderedImage compare(Work& work) {
        ImageDiff diff = difference(work);
        diff.before = work.before ? &*work.before : nullptr;
        diff.after = work.after ? &*work.after : nullptr;
        RenderedImage rendered{diff.status, diff.relevance.score, diff.suppressed, {}};
        if (diff.status != Status::kUnchanged && options_.parts.apply(diff)) rendered.text = render_(diff);
        return rendered;
    }

    void consume() {
        bool open = true;  // whether the current sequence has had no item yet
        while (auto popped = queue_.pop()) {
            if (!popped->item) {
                if (open) return;
                open = true;
                continue;
            }
            open = false;
            ++summary_.by_status[static_cast<size_t>(popped->item->status)];
            for (size_t i = 0; i < summary_.suppressed.size(); ++i)
                summary_.suppressed[i] += popped->item->suppressed[i];
            if (!popped->item->text.empty()) {
                ++summary_.shown;
                emit_(*popped->item);
            }
            if (options_.progress) options_.progress(walked_, total_);
        }
    }

    void fail(std::exception_ptr failure) {
        {
            const std::lock_guard lock(mutex_);
            if (!failure_) failure_ = std::move(failure);
        }
        queue_.close();
    }

    store::Reader& reader_;
    Walk walk_;
    const uint64_t total_;
    const DiffOptions& options_;
    const RenderImage& render_;
    const EmitImage& emit_;
    base::OrderedQueue<RenderedImage> queue_;
    std::mutex mutex_;
    std::exception_ptr failure_;
    unsigned running_ = 0;
    uint64_t claimed_ = 0;
    std::atomic<uint64_t> walked_{0};
    DiffSummary summary_;
};

}  // namespace

DiffSummary diff_firmwares(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                           const DiffOptions& options, const RenderImage& render, const EmitImage& emit) {
    return Run(reader, before, after, options, render, emit).run();
}

}  // namespace strata::diff
