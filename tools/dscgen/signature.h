#pragma once
// The code signature at a file's end: a code directory with the SHA-256 of every page before it, as dyld's builder
// signs caches ad hoc. Readers that take it for the file's identity, as strata does, then see every changed byte.

#include "spec.h"

#include <memory>
#include <vector>

namespace dscgen {

// Bytes of the signature of `code_size` bytes, and of the room a file has for it (whole pages of 16 KiB).
u64 signature_size(Arch arch, u64 code_size);
u64 signature_room(Arch arch, u64 code_size);

// Hashes bytes page by page as they come; keeps 32 bytes a page.
class PageHashes {
  public:
    explicit PageHashes(Arch arch);
    ~PageHashes();
    PageHashes(const PageHashes&) = delete;
    PageHashes& operator=(const PageHashes&) = delete;

    void add(const u8* data, u64 size);
    // The whole signature of all that was added.
    std::vector<u8> sign();

  private:
    struct State;  // OpenSSL's
    void end_page();

    Arch arch_;
    u64 page_;
    u64 size_ = 0;
    std::vector<u8> hashes_;
    std::unique_ptr<State> state_;
};

}  // namespace dscgen
