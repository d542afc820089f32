// Fingerprints of machine code that stay the same when code is only laid out elsewhere.
//
// A function's `code` fingerprint is a hash of its bytes in which every operand that a linker or a cache builder
// computes from addresses is masked: what leaves the function counts as "a call", "the address of something". What such
// an operand leads to is handed out as a Reference, so that a caller who knows symbols and strings can make a second
// fingerprint of it. docs/decisions.md says which operands are masked and why.
//
// The hash is XXH3 (64 bits): fast, not cryptographic. It tells builds apart, it proves nothing about hostile code.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace strata::code {

enum class ReferenceKind : uint8_t {
    kBranch,   ///< a call or jump that leaves the function
    kAddress,  ///< an address is computed
    kAccess,   ///< bytes at an address are read or written
    kUnknown,  ///< a masked operand whose target cannot be told
};

/// One masked operand. 16 bytes.
struct Reference {
    uint64_t address = 0;  ///< unslid; 0 for kUnknown
    uint32_t offset = 0;   ///< of the instruction, bytes from the function's start
    ReferenceKind kind = ReferenceKind::kUnknown;
    uint8_t size = 0;  ///< of an access in bytes; 0 = not known
};

/// The bytes of one function, and the unslid address that they lie at.
struct Function {
    std::span<const uint8_t> code;
    uint64_t address = 0;
};

/// XXH3 of some bytes; `seed` keeps hashes of different sorts apart.
uint64_t hash_bytes(const void* data, size_t size, uint64_t seed = 0);
inline uint64_t hash_text(std::string_view text, uint64_t seed = 0) {
    return hash_bytes(text.data(), text.size(), seed);
}

/// Makes fingerprints of one architecture's functions. Keeps scratch memory of about 10 MiB at most (up to 36 bytes for
/// each 4 of the largest function up to 1 MiB; larger ones are taken in pieces), and one for x86-64 the room for the
/// references of the function that had most: 16 bytes each, about 12 MiB at most. Not to be shared by threads.
class Fingerprinter {
  public:
    /// Of one function: as many as 1 MiB of arm64 calls. A single kUnknown stands for all further ones, so 100 MiB of
    /// calls do not take 400 MiB.
    static constexpr size_t kMaxReferences = 1U << 18;

    Fingerprinter() = default;
    Fingerprinter(const Fingerprinter&) = delete;
    Fingerprinter& operator=(const Fingerprinter&) = delete;
    virtual ~Fingerprinter() = default;

    /// The fingerprint of the function whose bytes are `code` and which lies at unslid `address`. What it refers to is
    /// appended to `references` in the order of its instructions, at most kMaxReferences and one for the rest. Any
    /// bytes are taken as code: nothing throws. The result is never 0, which stands for "not known".
    virtual uint64_t fingerprint(std::span<const uint8_t> code, uint64_t address,
                                 std::vector<Reference>& references) = 0;

    /// Gets the index of a function, its fingerprint and its references, which live until the call returns.
    using Take = std::function<void(size_t, uint64_t, std::span<const Reference>)>;
    /// The same of many functions, each once, in any order. Faster where several can be read side by side.
    virtual void fingerprint_all(std::span<const Function> functions, const Take& take);

  protected:
    /// To be called after each piece of a function whose references begin at index `first`: puts one kUnknown for
    /// those behind kMaxReferences.
    static void bound(std::vector<Reference>& references, size_t first);
};

/// Null when code of this architecture (CPU_TYPE_* of mach/machine.h) is not understood.
std::unique_ptr<Fingerprinter> make_fingerprinter(uint32_t cpu_type);

}  // namespace strata::code
