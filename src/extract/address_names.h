// The names of an image's addresses, for whoever has to say what an operand or a pointer leads to.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace strata::extract {

/// Filled while symbols are extracted. 16 bytes for each half of a slot a symbol, 24 a data symbol, and the names that
/// only the exports trie has. Where several symbols name one address an exported one wins, then the one that sorts
/// first (as in diff/functions_of.h).
class AddressNames {
  public:
    struct DataSymbol {
        uint64_t address = 0;
        std::string_view name;
        bool exported = false;
    };

    /// Room for `symbols` names.
    void reserve(size_t symbols);

    /// Call in the bytewise order of names. `name` must live as long as this object. `data`: not in code.
    void add(uint64_t address, std::string_view name, bool exported, bool data);

    /// Call after the last add().
    void finish();

    /// A hash of the name at exactly `address`, compilers' counters (".cold.1") left out; 0 when there is none.
    uint64_t find(uint64_t address) const;

    /// By address, each address once.
    const std::vector<DataSymbol>& data() const { return data_; }

    /// Keeps texts as long as this object lives.
    std::pmr::memory_resource& texts() { return texts_; }

  private:
    struct Slot {
        uint64_t address = 0;
        uint64_t meaning = 0;  // bit 0: of an exported name; 0 = free
    };
    size_t slot_of(uint64_t address) const;

    std::vector<Slot> slots_;
    std::vector<DataSymbol> data_;
    std::pmr::monotonic_buffer_resource texts_;
};

/// The hash that stands for a symbol's name in fingerprints; never 0, bit 0 is clear.
uint64_t name_meaning(std::string_view name);

}  // namespace strata::extract
