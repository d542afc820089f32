#include "code/fingerprint.h"

#include <xxhash.h>

#include "code/arm64.h"
#include "code/x86_64.h"

namespace strata::code {

namespace {
constexpr uint32_t kCpuTypeX86_64 = 0x01000007;
constexpr uint32_t kCpuTypeArm64 = 0x0100000c;
constexpr uint32_t kCpuTypeArm64_32 = 0x0200000c;
}  // namespace

uint64_t hash_bytes(const void* data, size_t size, uint64_t seed) {
    return XXH3_64bits_withSeed(data, size, seed);
}

void Fingerprinter::fingerprint_all(std::span<const Function> functions, const Take& take) {
    std::vector<Reference> references;
    for (size_t i = 0; i < functions.size(); ++i) {
        references.clear();
        const uint64_t found = fingerprint(functions[i].code, functions[i].address, references);
        take(i, found, references);
    }
}

void Fingerprinter::bound(std::vector<Reference>& references, size_t first) {
    if (references.size() - first <= kMaxReferences) return;
    references.resize(first + kMaxReferences + 1);
    references.back() = {0, references.back().offset, ReferenceKind::kUnknown, 0};
}

std::unique_ptr<Fingerprinter> make_fingerprinter(uint32_t cpu_type) {
    switch (cpu_type) {
        case kCpuTypeArm64:
        case kCpuTypeArm64_32:
            return std::make_unique<Arm64Fingerprinter>();
        case kCpuTypeX86_64:
            return std::make_unique<X86Fingerprinter>();
        default:
            return nullptr;
    }
}

}  // namespace strata::code
