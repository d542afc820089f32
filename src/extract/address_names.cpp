#include "extract/address_names.h"

#include <algorithm>
#include <bit>
#include <random>
#include <tuple>

#include "code/fingerprint.h"

namespace strata::extract {
namespace {

constexpr uint64_t kNameSeed = 0x6e616d65;

/// `(\.cold|\.[0-9]+)+$` is numbered anew on every build.
std::string_view without_counters(std::string_view name) {
    for (;;) {
        if (name.ends_with(".cold")) {
            name.remove_suffix(5);
            continue;
        }
        const size_t last = name.find_last_not_of("0123456789");
        if (last == std::string_view::npos || last + 1 == name.size() || name[last] != '.' || last == 0) return name;
        name = name.substr(0, last);
    }
}

}  // namespace

uint64_t name_meaning(std::string_view name) {
    return (code::hash_text(without_counters(name), kNameSeed) & ~uint64_t{1}) | 2;
}

void AddressNames::reserve(size_t symbols) {
    slots_.assign(std::bit_ceil(symbols + symbols / 2 + 2), {});
}

size_t AddressNames::slot_of(uint64_t address) const {
    // Addresses may be chosen to fall into one place of the table: the place depends on numbers that no file knows, and
    // nothing but the place depends on them.
    const auto random = [] { return uint64_t{std::random_device{}()} << 32 | std::random_device{}(); };
    static const uint64_t mask = random();
    static const uint64_t factor = random() | 1;
    const int shift = std::countl_zero(slots_.size()) + 1;  // the upper bits of a product depend on all of its factors
    size_t slot = ((address ^ mask) * factor) >> shift;
    while (slots_[slot].meaning != 0 && slots_[slot].address != address) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
}

void AddressNames::add(uint64_t address, std::string_view name, bool exported, bool data) {
    if (data) data_.push_back({address, name, exported});
    Slot& slot = slots_[slot_of(address)];
    if (slot.meaning == 0 || (exported && (slot.meaning & 1) == 0))
        slot = {address, name_meaning(name) | static_cast<uint64_t>(exported)};
}

void AddressNames::finish() {
    std::sort(data_.begin(), data_.end(), [](const DataSymbol& a, const DataSymbol& b) {
        return std::tuple(a.address, !a.exported, a.name) < std::tuple(b.address, !b.exported, b.name);
    });
    const auto same = [](const DataSymbol& a, const DataSymbol& b) { return a.address == b.address; };
    data_.erase(std::unique(data_.begin(), data_.end(), same), data_.end());
}

uint64_t AddressNames::find(uint64_t address) const {
    if (slots_.empty()) return 0;
    return slots_[slot_of(address)].meaning & ~uint64_t{1};
}

}  // namespace strata::extract
