#include "base/file_content.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "base/xxh3.h"

namespace strata::base {
namespace {

constexpr uint64_t kBlock = 1U << 20;
/// Memory is not faster for more.
constexpr unsigned kMaxThreads = 8;

using BlockHash = std::array<uint8_t, sizeof(XXH128_canonical_t)>;

/// Goes through one block of the mapping and gives its pages back: mapping them takes half as long as copying the
/// bytes.
BlockHash hash_block(const MappedFile& file, uint64_t offset, uint64_t size) {
    if (offset > file.size() || size > file.size() - offset)
        throw Error::io(file.path().string(), "the file shrank while it was in use");
    file.check_intact();  // each missing page would be a signal
    file.prefetch(offset + size, kBlock);
    BlockHash hash;
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(file.view().data() + offset, size));
    file.release_pages(offset, size);
    file.check_intact();  // a page that is not there reads as zeros
    std::copy(std::begin(canonical.digest), std::end(canonical.digest), hash.begin());
    return hash;
}

Digest digest_of(uint64_t size, const std::vector<BlockHash>& blocks) {
    Sha256 hash;
    hash.update(&size, sizeof size);
    for (const auto& block : blocks) hash.update(block.data(), block.size());
    return hash.finish();
}

Error stopped() {
    return Error(ErrorKind::kInterrupted,
                 "stopped while the input was read for the first time: the store is as it was");
}

struct File {
    std::vector<BlockHash> blocks;
    std::shared_ptr<const Error> error;  ///< the one at the lowest offset
    uint64_t error_block = UINT64_MAX;
};

class Digester {
  public:
    Digester(const FileList& list, const Reading& reading) : list_(list), reading_(reading), files_(list.sizes.size()) {
        for (size_t i = 0; i < files_.size(); ++i) {
            const uint64_t blocks = (list.sizes[i] + kBlock - 1) / kBlock;
            files_[i].blocks.resize(blocks);
            total_ += list.sizes[i];
            starts_.push_back(block_count_);
            block_count_ += blocks;
        }
    }

    std::vector<FileDigest> run() {
        unsigned jobs = reading_.jobs != 0 ? reading_.jobs : std::max(1U, std::thread::hardware_concurrency());
        jobs = static_cast<unsigned>(std::min<uint64_t>({jobs, kMaxThreads, std::max<uint64_t>(block_count_, 1)}));
        {
            std::vector<std::jthread> threads;
            for (unsigned i = 1; i < jobs; ++i) threads.emplace_back([this] { work(); });
            work();
        }
        if (failure_) std::rethrow_exception(failure_);
        if (stopped_) throw stopped();
        return digests();
    }

  private:
    /// On each thread.
    void work() {
        try {
            read_blocks();
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            stopped_ = true;
        }
    }

    void read_blocks() {
        std::shared_ptr<const MappedFile> open;
        size_t open_index = SIZE_MAX;
        for (uint64_t block; (block = next_.fetch_add(1)) < block_count_;) {
            if (reading_.stop != nullptr && reading_.stop->requested()) stopped_ = true;
            if (stopped_) return;
            const auto after = std::upper_bound(starts_.begin(), starts_.end(), block);
            const auto index = static_cast<size_t>(after - starts_.begin() - 1);
            const uint64_t in_file = block - starts_[index];
            const uint64_t size = std::min(kBlock, list_.sizes[index] - in_file * kBlock);
            try {
                if (open_index != index) {
                    open_index = SIZE_MAX;
                    open = list_.open(index);
                    open_index = index;
                }
                files_[index].blocks[in_file] = hash_block(*open, in_file * kBlock, size);
            } catch (const Error& error) {
                fail(files_[index], in_file, error);
            }
            tell(size);
        }
    }

    void fail(File& file, uint64_t block, const Error& error) {
        const std::lock_guard lock(mutex_);
        if (block >= file.error_block) return;
        file.error = std::make_shared<const Error>(error);
        file.error_block = block;
    }

    void tell(uint64_t size) {
        if (!reading_.progress) return;
        const std::lock_guard lock(mutex_);
        done_ += size;
        reading_.progress(done_, total_);
    }

    std::vector<FileDigest> digests() {
        std::vector<FileDigest> result;
        for (size_t i = 0; i < files_.size(); ++i)
            result.push_back({digest_of(list_.sizes[i], files_[i].blocks), files_[i].error});
        return result;
    }

    const FileList& list_;
    const Reading& reading_;
    std::vector<File> files_;
    std::vector<uint64_t> starts_;  ///< first block of each file
    uint64_t block_count_ = 0;
    uint64_t total_ = 0;
    std::atomic<uint64_t> next_{0};
    std::atomic<bool> stopped_{false};
    std::mutex mutex_;
    std::exception_ptr failure_;  ///< what is no file's fault: no memory
    uint64_t done_ = 0;
};

}  // namespace

Digest digest_file(const MappedFile& file, const StopFlag* stop) {
    const uint64_t size = file.size();
    std::vector<BlockHash> blocks;
    for (uint64_t at = 0; at < size; at += kBlock) {
        if (stop != nullptr && stop->requested()) throw stopped();
        blocks.push_back(hash_block(file, at, std::min(kBlock, size - at)));
    }
    return digest_of(size, blocks);
}

std::vector<FileDigest> digest_files(const FileList& files, const Reading& reading) {
    return Digester(files, reading).run();
}

}  // namespace strata::base
