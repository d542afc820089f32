// Hand-assembled arm64: encodings after the Arm Architecture Reference Manual, none taken from the code under test.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "code/arm64.h"

namespace strata::test {

inline constexpr uint32_t kRet = 0xd65f03c0;
inline constexpr uint32_t kNop = 0xd503201f;
inline constexpr uint32_t kBlr8 = 0xd63f0100;
inline constexpr uint32_t kBr8 = 0xd61f0100;

inline uint32_t field(int64_t value, unsigned low, unsigned count) {
    return (static_cast<uint32_t>(value) & ((1U << count) - 1)) << low;
}
inline uint32_t mov(uint32_t to, uint32_t from) {
    return 0xaa0003e0 | from << 16 | to;
}
inline uint32_t movz(uint32_t to, uint32_t value) {
    return 0xd2800000 | value << 5 | to;
}
inline uint32_t load(uint32_t to, uint32_t base, uint32_t offset) {  // ldr x, [x, #offset]
    return 0xf9400000 | (offset / 8) << 10 | base << 5 | to;
}

/// A function in the making, at one address.
class Program {
  public:
    explicit Program(uint64_t address) : address_(address) {}

    uint64_t here() const { return address_ + words_.size() * 4; }
    uint64_t at(uint64_t index) const { return address_ + index * 4; }
    Program& word(uint32_t w) {
        words_.push_back(w);
        return *this;
    }
    Program& adrp(uint32_t reg, uint64_t target) {
        const auto pages = static_cast<int64_t>(target >> 12) - static_cast<int64_t>(here() >> 12);
        return word(0x90000000 | field(pages, 29, 2) | field(pages >> 2, 5, 19) | reg);
    }
    Program& add(uint32_t to, uint32_t base, uint64_t target) {
        return word(0x91000000 | static_cast<uint32_t>(target & 0xfff) << 10 | base << 5 | to);
    }
    Program& ldr(uint32_t to, uint32_t base, uint64_t target) {
        return word(load(to, base, static_cast<uint32_t>(target & 0xff8)));
    }
    Program& str(uint32_t from, uint32_t base, uint64_t target) {
        return word(0xf9000000 | static_cast<uint32_t>((target & 0xff8) / 8) << 10 | base << 5 | from);
    }
    Program& bl(uint64_t target) { return word(0x94000000 | field(distance(target) / 4, 0, 26)); }
    Program& b(uint64_t target) { return word(0x14000000 | field(distance(target) / 4, 0, 26)); }
    Program& beq(uint64_t target) { return word(0x54000000 | field(distance(target) / 4, 5, 19)); }
    Program& cbz(uint32_t reg, uint64_t target) { return word(0xb4000000 | field(distance(target) / 4, 5, 19) | reg); }
    Program& tbz(uint32_t reg, uint64_t target) { return word(0x36000000 | field(distance(target) / 4, 5, 14) | reg); }
    Program& adr(uint32_t reg, uint64_t target) {
        return word(0x10000000 | field(distance(target), 29, 2) | field(distance(target) >> 2, 5, 19) | reg);
    }
    Program& literal(uint32_t reg, uint64_t target) {
        return word(0x58000000 | field(distance(target) / 4, 5, 19) | reg);
    }

    /// Lives as long as the program.
    code::Function function() const {
        return {{reinterpret_cast<const uint8_t*>(words_.data()), words_.size() * 4}, address_};
    }
    /// By a fingerprinter that has seen no other function.
    uint64_t fingerprint(std::vector<code::Reference>& references) const {
        code::Arm64Fingerprinter fingerprinter;
        references.clear();
        return fingerprinter.fingerprint(function().code, address_, references);
    }
    uint64_t fingerprint() const {
        std::vector<code::Reference> references;
        return fingerprint(references);
    }
    std::vector<uint32_t>& words() { return words_; }

  private:
    int64_t distance(uint64_t target) const { return static_cast<int64_t>(target - here()); }

    uint64_t address_;
    std::vector<uint32_t> words_;
};

/// Two layouts of one program: where the function is, where its data, where other code.
struct Place {
    uint64_t code;
    uint64_t data;
    uint64_t other;
};
inline constexpr Place kHere{0x180001000, 0x1e0004018, 0x180200000};
inline constexpr Place kThere{0x184563008, 0x1f7778ff0, 0x199990040};

/// Whether `make(place)` gives the same fingerprint at both, and the same number of references.
template <typename Make>
bool same_everywhere(const Make& make) {
    std::vector<code::Reference> a, b;
    return make(kHere).fingerprint(a) == make(kThere).fingerprint(b) && a.size() == b.size();
}

}  // namespace strata::test
