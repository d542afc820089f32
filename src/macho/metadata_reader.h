// Runtime metadata (Objective-C, Swift) is a web of small records joined by pointers: this follows them through an
// address space, each step checked, and keeps count of the work, because a small file can describe a huge web by
// letting many pointers lead to the same place.
//
// What is wrong with a record is told apart from what is wrong with the file: a class with one bad pointer costs that
// class, not the image. So problems are `MetadataDamage`, in words that hold no address and no offset: the same damage
// in a cache that was laid out afresh reads the same.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "macho/address_space.h"

namespace strata::macho {

/// Why one record of the metadata cannot be read. Both texts are literals.
struct MetadataDamage {
    const char* what;     ///< the thing: "method list"
    const char* problem;  ///< "is in no mapping"
};

/// Thrown when the metadata of one image asks for more work than any real image does: reading stops there.
struct MetadataLimit {
    const char* what;
};

/// How much of an image's metadata was read; the rest is never passed over in silence.
struct MetadataSummary {
    uint64_t items = 0;       ///< records that the image lists
    uint64_t unreadable = 0;  ///< of them, those not read in full
    std::string first;        ///< what is wrong with the first of those, without addresses; a name may hold any bytes
    bool stopped = false;     ///< a limit was reached: what comes after `first` was not looked at

    /// One line for people and for comparing: "2 of 120, first: class Foo: method list is in no mapping". Empty when
    /// everything was read.
    std::string text() const;
};

/// Reads words, pointers and texts at unslid addresses. Keeps some views, so that following a pointer rarely costs a
/// search of the mappings. One thread. Throws MetadataDamage or MetadataLimit only.
class MetadataReader {
  public:
    /// No name, type encoding or attribute list is longer.
    static constexpr uint64_t kLongestText = 1U << 20;

    /// At most `text_limit` bytes of text are read in all, and `entry_limit` entries of lists counted.
    MetadataReader(const AddressSpace& space, bool is_64, uint64_t text_limit, uint64_t entry_limit)
        : space_(space), is_64_(is_64), text_left_(text_limit), entries_left_(entry_limit) {}

    uint64_t pointer_size() const { return is_64_ ? 8 : 4; }
    const AddressSpace& space() const { return space_; }

    /// Everything from `address` to the end of its mapping; not empty.
    base::ByteView rest(uint64_t address, const char* what);
    /// `size` bytes at `address`.
    base::ByteView at(uint64_t address, uint64_t size, const char* what);

    uint32_t u32(uint64_t address, const char* what);
    /// The pointer stored at `address`, decoded; 0 for null.
    uint64_t pointer(uint64_t address, const char* what);
    /// The same, but null is damage.
    uint64_t pointer_to(uint64_t address, const char* what);
    /// A word of pointer size, as it lies.
    uint64_t word(uint64_t address, const char* what);
    /// The address that the signed 32-bit field at `address` is relative to itself; 0 when the field is 0.
    uint64_t relative(uint64_t address, const char* what);
    /// NUL-terminated text. Views the mapping.
    std::string_view text(uint64_t address, const char* what);

    /// Counts entries of a list before they are read.
    void count_entries(uint64_t count);

    /// Bytes of text read so far and since this was last asked.
    uint64_t take_text_bytes();

  private:
    struct Window {
        uint64_t address = 0;
        base::ByteView bytes;
    };
    base::ByteView find(uint64_t address, const char* what);

    const AddressSpace& space_;
    bool is_64_;
    uint64_t text_left_;
    uint64_t entries_left_;
    uint64_t text_bytes_ = 0;
    std::array<Window, 8> windows_;
    size_t next_window_ = 0;
};

}  // namespace strata::macho
