// Text put aside until its place in a report is known: a summary comes first, but is known last.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string_view>

namespace strata::report {

/// An unnamed temporary file in $TMPDIR (else /tmp) that goes away with this object, whatever ends the process. Memory:
/// one C library buffer, whatever is put aside.
class Spool {
  public:
    using Write = std::function<void(std::string_view)>;

    /// Throws base::Error(kIo) when no temporary file can be made.
    Spool();

    /// Throws base::Error(kIo) when the disk is full.
    void append(std::string_view text);
    uint64_t size() const { return size_; }

    /// Everything put aside so far, in pieces of at most 64 KiB.
    void copy_to(const Write& write) { copy_range(0, size_, write); }
    /// A part of it. Throws base::Error(kIo) when it cannot be read back.
    void copy_range(uint64_t offset, uint64_t size, const Write& write);

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_;
    uint64_t size_ = 0;
};

}  // namespace strata::report
