#include "store/spill.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"

namespace strata::store {
namespace {

/// A file that goes with its descriptor, also when this process is killed; -1 when there can be none.
int open_nameless(const std::filesystem::path& directory) {
    const int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) return file;
    // Not every file system has files without names.
    std::string path = (directory / "spill-XXXXXX").string();
    const int named = ::mkostemp(path.data(), O_CLOEXEC);
    if (named >= 0) ::unlink(path.c_str());
    return named;
}

bool write(int file, std::string_view bytes, uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<size_t>(written));
        offset += static_cast<uint64_t>(written);
    }
    return true;
}

/// Whoever writes beyond what a file may have is ended by a signal.
uint64_t most_a_file_may_have() {
    struct rlimit most {};
    return ::getrlimit(RLIMIT_FSIZE, &most) == 0 ? most.rlim_cur : RLIM_INFINITY;
}

}  // namespace

ChunkSpill::ChunkSpill(std::filesystem::path directory, uint64_t limit)
    : directory_(std::move(directory)), limit_(std::min(limit, most_a_file_may_have())) {}

ChunkSpill::~ChunkSpill() {
    if (file_ >= 0) ::close(file_);
}

bool ChunkSpill::is_usable() {
    if (file_ < 0 && !unusable_) file_ = open_nameless(directory_);
    unusable_ = unusable_ || file_ < 0;
    return !unusable_;
}

std::optional<ChunkSpill::Place> ChunkSpill::put(std::string_view message) {
    Place place{0, message.size()};
    int target = -1;
    {
        const std::lock_guard lock(mutex_);
        if (message.size() > limit_ || end_ > limit_ - message.size() || !is_usable()) return std::nullopt;
        target = file_;
        place.offset = end_;
        end_ += place.size;
        waiting_ += place.size;
    }
    if (write(target, message, place.offset)) return place;
    give_back(place.size);
    // The disk is full: what is left of it is the store's.
    const std::lock_guard lock(mutex_);
    unusable_ = true;
    return std::nullopt;
}

record::Message ChunkSpill::take(Place place) {
    std::vector<uint64_t> words((place.size + sizeof(uint64_t) - 1) / sizeof(uint64_t));
    auto* bytes = reinterpret_cast<char*>(words.data());
    for (uint64_t done = 0; done < place.size;) {
        const ssize_t got = ::pread(file_, bytes + done, place.size - done, static_cast<off_t>(place.offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            throw base::Error::io(directory_.string(), std::string("cannot read back what waited there: ") +
                                                           (got < 0 ? ::strerror(errno) : "the file is shorter"));
        done += static_cast<uint64_t>(got);
    }
    give_back(place.size);
    return record::Message(std::move(words));
}

/// What nobody waits for any more need not reach the disk.
void ChunkSpill::give_back(uint64_t size) {
    const std::lock_guard lock(mutex_);
    waiting_ -= size;
    if (waiting_ != 0) return;
    end_ = 0;
    (void)!::ftruncate(file_, 0);
}

}  // namespace strata::store
