// Random input that is the same on every run and every machine.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace strata::test {

class Random {
  public:
    explicit Random(uint64_t seed) : engine_(seed) {}

    uint64_t word() { return engine_(); }
    /// 0 to n - 1; the tiny bias of the remainder does not matter here.
    uint64_t below(uint64_t n) { return engine_() % n; }
    bool one_in(uint64_t n) { return below(n) == 0; }

    /// Any bytes, `size` of them.
    std::string bytes(uint64_t size) {
        std::string text(size, '\0');
        for (char& c : text) c = static_cast<char>(engine_());
        return text;
    }
    /// Bytes without NUL, as names in files are.
    std::string name(uint64_t size) {
        std::string text = bytes(size);
        for (char& c : text)
            if (c == '\0') c = '\x01';
        return text;
    }
    /// A name over few letters: collisions, common prefixes, prefixes of each other.
    std::string crowded_name(uint64_t max_size) {
        static constexpr std::string_view kLetters = "_ab.0\xff";
        std::string text(below(max_size + 1), '\0');
        for (char& c : text) c = kLetters[below(kLetters.size())];
        return text;
    }

  private:
    std::mt19937_64 engine_;
};

}  // namespace strata::test
