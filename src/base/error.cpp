#include "base/error.h"

#include <array>
#include <charconv>

namespace strata::base {
namespace {

std::string full_text(const std::string& file, std::optional<uint64_t> offset, const std::string& message,
                      const std::string& expected) {
    std::string text = file;
    if (offset) text += " at offset " + hex(*offset);
    if (!text.empty()) text += ": ";
    text += message;
    if (!expected.empty()) text += "; expected " + expected;
    return text;
}

}  // namespace

Error::Error(ErrorKind kind, std::string file, std::optional<uint64_t> offset, std::string message,
             std::string expected)
    : std::runtime_error(full_text(file, offset, message, expected)),
      kind_(kind),
      file_(std::move(file)),
      offset_(offset),
      message_(std::move(message)),
      expected_(std::move(expected)) {}

std::string hex(uint64_t value) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return "0x" + std::string(digits.data(), end);
}

}  // namespace strata::base
