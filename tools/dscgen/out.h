#pragma once
// Sequential output file with one big buffer. Not memory-mapped: written pages of a mapping would count as our own
// memory, and the generator promises to stay small for any size of cache.

#include "signature.h"

#include <string>
#include <vector>

namespace dscgen {

class Out {
  public:
    Out(const std::string& path, Arch arch);
    ~Out();
    Out(const Out&) = delete;
    Out& operator=(const Out&) = delete;

    // Room for n bytes (n <= kMaxReserve), to be followed by commit() of at most as many.
    u8* reserve(std::size_t n) {
        if (used_ + n > buffer_.size()) flush();
        return buffer_.data() + used_;
    }
    void commit(std::size_t n) { used_ += n; }

    void bytes(const void* data, std::size_t n);
    void text(const std::string& s) { bytes(s.data(), s.size()); }
    void w8(u64 v) {
        *reserve(1) = static_cast<u8>(v);
        commit(1);
    }
    void w16(u64 v) {
        put16(reserve(2), v);
        commit(2);
    }
    void w32(u64 v) {
        put32(reserve(4), v);
        commit(4);
    }
    void w64(u64 v) {
        put64(reserve(8), v);
        commit(8);
    }
    // Zeros up to a file offset. Throws std::logic_error when the file is already longer: a sizing mistake.
    void zero_to(u64 target, const char* what);
    u64 offset() const { return flushed_ + used_; }
    // The code signature of everything so far; what follows is not signed.
    std::vector<u8> end_code();
    // Writes what is left and reports errors; the destructor only closes.
    void close();

    static constexpr std::size_t kMaxReserve = 1U << 19;

  private:
    void flush();

    std::string path_;
    int fd_ = -1;
    std::vector<u8> buffer_;
    std::size_t used_ = 0;
    u64 flushed_ = 0;
    std::unique_ptr<PageHashes> hashes_;  // null after end_code()
};

// Removes cache files of an earlier run from a directory: a leftover sub-cache would make up for a missing one.
void remove_stale_caches(const std::string& directory);

}  // namespace dscgen
