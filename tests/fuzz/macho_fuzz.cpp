// One Mach-O image in flat memory. Everything is in one mapping; pointers are stored plain.
#include <string>

#include "base/error.h"
#include "chunk_checks.h"
#include "extract/image_facts.h"
#include "fuzz_check.h"
#include "macho/image.h"

namespace {

/// All bytes in one mapping, where the seeds' headers are linked to (MiniCache::base() + headers_at).
class FlatSpace : public strata::macho::AddressSpace {
  public:
    FlatSpace(const uint8_t* data, size_t size)
        : base_(data[0] == 0xce ? 0x1a000500 : 0x180000500), source_{"image", data}, view_(&source_, data, size) {}

    uint64_t base() const { return base_; }
    strata::base::ByteView rest(uint64_t address, const char* what) const override {
        if (address < base_ || address - base_ >= view_.size())
            throw view_.error(0, what, "an address inside the image");
        return view_.from(address - base_, what);
    }
    uint64_t decode_pointer(uint64_t raw, uint64_t) const override { return raw; }

  private:
    uint64_t base_;
    strata::base::ByteSource source_;
    strata::base::ByteView view_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const FlatSpace space(data, size);
    try {
        const auto image = strata::macho::read_image(space, space.base());
        STRATA_FUZZ_CHECK(image.header.size() <= size && image.nlists.size() <= size &&
                          image.exports_trie.size() <= size);
        for (const uint64_t address : {space.base(), space.base() + size - 1, uint64_t{0}, UINT64_MAX})
            STRATA_FUZZ_CHECK(image.section_of(address) <= image.sections.size());
        // Sections may overlap and all be as large as the file: the indexer's work limit is not in play here.
        if (image.declared_bytes() > size * 16) return 0;
        strata::fuzz::ChunkChecker checker;
        // The same table again as unmapped locals: both ways into the symbols column.
        const strata::macho::SymbolTable locals(image.nlists, image.string_pool, image.is_64);
        const auto nothing = [](uint64_t) {};
        checker.finish(strata::extract::extract_image({space, image, locals, nothing}, checker.sink()));
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(!error.message().empty());
    }
    return 0;
}
