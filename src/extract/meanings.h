// What an address of an image means, said without addresses: the symbol there, the text of a string, the selector, the
// section. Two builds of a cache give the same meaning however they are laid out; an edit elsewhere in the image does
// not change it either, which is why an unnamed address inside code or constants means no more than its section.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "code/fingerprint.h"
#include "extract/address_names.h"
#include "extract/image_facts.h"
#include "macho/indirect_symbols.h"

namespace strata::extract {

/// What a string means: its text, without build paths. Never 0.
uint64_t text_meaning(std::string_view text);

/// For one image; not to be shared by threads. About 200 KiB, and 8 bytes for each stub, symbol pointer, selector
/// reference and CFString that is asked for (at most 8 MiB a section).
class Meanings {
  public:
    /// All must outlive this.
    Meanings(const ImageContext& context, const AddressNames& names);

    /// What an instruction refers to. Never 0.
    uint64_t of_reference(const code::Reference& reference);

    /// What a pointer in data leads to. An unnamed place in data is told by the symbol before it, or by its offset in
    /// its section. Never 0.
    uint64_t of_pointer(uint64_t target);

  private:
    enum class Sort : uint8_t { kCode, kSlots, kObjcStubs, kCStrings, kCfStrings, kSelectors, kText, kData };
    struct Place {
        uint64_t begin = 0;
        uint64_t end = 0;
        uint64_t hash = 0;  ///< of "segment,section"
        Sort sort = Sort::kData;
        base::ByteView bytes;  ///< empty when it has none in the file
        macho::IndirectSymbols::Slots slots;
        std::vector<uint64_t> known;  ///< meanings of its slots; 0 = not asked for yet
    };
    struct Memo {
        uint64_t address = 0;
        uint64_t meaning = 0;
    };

    static Sort sort_of(const macho::Section& section);
    Place* find(uint64_t address);
    uint64_t in_section(Place& place, uint64_t address, uint64_t size);
    uint64_t slot(Place& place, uint64_t address);
    uint64_t read_slot(const Place& place, uint64_t index);
    uint64_t objc_stub(Place& place, uint64_t address);
    uint64_t c_string(const Place& place, uint64_t address);
    uint64_t cf_string(const Place& place, uint64_t at) const;
    uint64_t text_behind(uint64_t raw, uint64_t where) const;
    uint64_t beside_symbol(const Place& place, uint64_t address) const;
    uint64_t outside(uint64_t address);

    const ImageContext& context_;
    const AddressNames& names_;
    macho::IndirectSymbols indirect_;
    std::vector<Place> places_;  ///< by address
    Place* last_ = nullptr;
    std::vector<Memo> memo_;
    std::unique_ptr<code::Fingerprinter> stub_reader_;  ///< for __objc_stubs; made when first needed
    std::vector<code::Reference> stub_references_;
};

}  // namespace strata::extract
