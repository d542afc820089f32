// Machine code: the first byte says which architecture, the next seven where it lies, the rest is a function.
#include <cstring>
#include <vector>

#include "code/fingerprint.h"
#include "fuzz_check.h"

namespace {

constexpr size_t kHead = 8;
constexpr uint32_t kCpuTypes[] = {0x0100000c, 0x01000007, 0x0200000c, 12};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < kHead) return 0;
    const auto maker = strata::code::make_fingerprinter(kCpuTypes[data[0] % std::size(kCpuTypes)]);
    if (!maker) return 0;
    uint64_t address = 0;
    std::memcpy(&address, data, sizeof address);
    address &= ~uint64_t{0xff};
    const std::vector<uint8_t> code(data + kHead, data + size);
    std::vector<strata::code::Reference> references;
    const uint64_t fingerprint = maker->fingerprint(code, address, references);
    STRATA_FUZZ_CHECK(fingerprint != 0 && references.size() <= code.size());
    for (const auto& reference : references) {
        STRATA_FUZZ_CHECK(reference.offset < code.size());
        const bool known = reference.kind != strata::code::ReferenceKind::kUnknown;
        STRATA_FUZZ_CHECK(known || reference.address == 0);
    }
    // The same again, with the scratch memory as the first call left it; and elsewhere, whatever that gives.
    const size_t count = references.size();
    STRATA_FUZZ_CHECK(maker->fingerprint(code, address, references) == fingerprint && references.size() == 2 * count);
    (void)maker->fingerprint(code, address + 0x12340, references);
    // Side by side, parts of it get what they get alone.
    std::vector<strata::code::Function> parts;
    for (size_t part = 0; part <= 8; ++part)
        parts.push_back({std::span(code).subspan(0, code.size() * part / 8), address + 0x1000 * part});
    maker->fingerprint_all(parts, [&](size_t i, uint64_t found, std::span<const strata::code::Reference> refers) {
        references.clear();
        const auto alone = strata::code::make_fingerprinter(kCpuTypes[data[0] % std::size(kCpuTypes)]);
        STRATA_FUZZ_CHECK(alone->fingerprint(parts[i].code, parts[i].address, references) == found);
        STRATA_FUZZ_CHECK(references.size() == refers.size());
    });
    return 0;
}
