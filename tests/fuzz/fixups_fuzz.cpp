// Chained fixups over made-up pages, and rebase and bind opcodes.
#include <cstring>
#include <set>

#include "base/error.h"
#include "fuzz_check.h"
#include "macho/fixups.h"

namespace {

using strata::macho::ChainedFixups;

constexpr uint64_t kBase = 0x100000000;
constexpr uint64_t kData = kBase + 0x4000;

class Pages : public strata::macho::AddressSpace {
  public:
    explicit Pages(strata::base::ByteView bytes) : bytes_(bytes) {}
    strata::base::ByteView rest(uint64_t address, const char* what) const override {
        if (address < kData || address - kData >= bytes_.size()) throw bytes_.error(0, what, "an address of the pages");
        return bytes_.from(address - kData, what);
    }
    uint64_t decode_pointer(uint64_t raw, uint64_t) const override { return raw; }

  private:
    strata::base::ByteView bytes_;
};

void read_chains(const strata::macho::Image& image, strata::base::ByteView fixups_data, const Pages& pages) {
    const ChainedFixups fixups(image, fixups_data);
    // Names overlay each other at will: only the readers of imports bound their sum.
    for (uint32_t i = 0; i < fixups.import_count() && i < 1000; ++i)
        STRATA_FUZZ_CHECK(fixups.import(i).name.size() < fixups_data.size());
    std::set<uint64_t> segments;
    for (const auto& segment : fixups.segments()) segments.insert(segment.address);
    std::set<uint64_t> seen;
    fixups.walk(pages, [&](uint64_t address, const ChainedFixups::Pointer& pointer) {
        STRATA_FUZZ_CHECK(!pointer.bind || pointer.import < fixups.import_count());
        STRATA_FUZZ_CHECK(fixups.segment_of(address) != nullptr);
        seen.insert(address);
    });
    // Piece by piece it is the same.
    std::set<uint64_t> pieces;
    for (uint64_t at = kData; at < kData + 0x8000; at += 0x1234)
        fixups.walk_range(pages, at, 0x1234, [&](uint64_t address, const ChainedFixups::Pointer&) {
            STRATA_FUZZ_CHECK(address - at < 0x1234);
            pieces.insert(address);
        });
    for (const uint64_t address : seen)
        STRATA_FUZZ_CHECK(address < kData || address >= kData + 0x8000 || pieces.contains(address));
}

template <typename Call>
void guarded(Call&& call) {
    try {
        call();
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kInput);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 8) return 0;
    const strata::base::ByteSource source{"fixups", data};
    const strata::base::ByteView file(&source, data, size);
    strata::macho::Image image;
    image.address = kBase;
    image.is_64 = (data[0] & 1) == 0;
    image.segments = {{"__TEXT", kBase, 0x4000, 0, 0x4000, 5, 5, 0},
                      {"__DATA", kData, 0x8000, 0x4000, 0x8000, 3, 3, 0}};
    const uint64_t length = std::min<uint64_t>(file.u16(2, "size"), size - 8);
    const auto fixups = file.sub(8, length, "fixups");
    const Pages pages(file.from(8 + length, "pages"));
    guarded([&] { read_chains(image, fixups, pages); });
    for (const auto kind :
         {strata::macho::BindKind::kBind, strata::macho::BindKind::kWeak, strata::macho::BindKind::kLazy})
        guarded([&] {
            uint64_t count = 0;
            strata::macho::walk_binds(image, fixups, kind, [&](const strata::macho::Bind& bind) {
                STRATA_FUZZ_CHECK(++count <= fixups.size());
                STRATA_FUZZ_CHECK(bind.threaded || bind.segment < image.segments.size());
            });
        });
    guarded([&] {
        uint64_t imports = 0;
        strata::macho::walk_threaded(
            pages, image, fixups, [&](const strata::macho::Bind& bind) { imports += bind.threaded ? 1 : 0; },
            [&](uint64_t address, const strata::macho::ChainedFixups::Pointer& pointer) {
                STRATA_FUZZ_CHECK(address >= kBase);
                STRATA_FUZZ_CHECK(!pointer.bind || pointer.import < imports);
            });
    });
    guarded([&] {
        uint64_t count = 0;
        strata::macho::walk_rebases(image, fixups, [&](const strata::macho::Rebase& rebase) {
            STRATA_FUZZ_CHECK(++count <= fixups.size());
            STRATA_FUZZ_CHECK(rebase.segment < image.segments.size());
            const uint64_t room = image.segments[rebase.segment].size;
            STRATA_FUZZ_CHECK(rebase.offset + (rebase.count - 1) * rebase.stride < room);
        });
    });
    return 0;
}
