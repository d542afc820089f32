// The one error type that crosses layers.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace strata::base {

/// What went wrong, as far as a caller must tell apart. Closed on purpose: exit codes follow from it.
enum class ErrorKind : uint8_t {
    kUsage,        ///< the request makes no sense (unknown name, contradictory options)
    kInput,        ///< bytes of an input that do not obey their format
    kIo,           ///< the operating system refused: missing file, read error, disk full
    kStore,        ///< the store is locked, corrupt, or of a newer schema
    kInterrupted,  ///< the user asked to stop
};

/// Thrown by readers and by the store; caught once per image (the run goes on) or once per command.
/// `file` and `offset` say where the offending bytes are; `expected` says what would have been right.
class Error : public std::runtime_error {
  public:
    Error(ErrorKind kind, std::string message)
        : std::runtime_error(message), kind_(kind), message_(std::move(message)) {}

    /// A format error at `offset` bytes into `file`.
    static Error input(std::string file, uint64_t offset, std::string message, std::string expected) {
        return Error(ErrorKind::kInput, std::move(file), offset, std::move(message), std::move(expected));
    }
    static Error io(std::string file, std::string message) {
        return Error(ErrorKind::kIo, std::move(file), std::nullopt, std::move(message), {});
    }
    static Error store(std::string file, std::string message) {
        return Error(ErrorKind::kStore, std::move(file), std::nullopt, std::move(message), {});
    }
    static Error usage(std::string message) { return Error(ErrorKind::kUsage, std::move(message)); }

    ErrorKind kind() const { return kind_; }
    const std::string& file() const { return file_; }
    std::optional<uint64_t> offset() const { return offset_; }
    const std::string& message() const { return message_; }
    const std::string& expected() const { return expected_; }

  private:
    Error(ErrorKind kind, std::string file, std::optional<uint64_t> offset, std::string message, std::string expected);

    ErrorKind kind_;
    std::string file_;
    std::optional<uint64_t> offset_;
    std::string message_;
    std::string expected_;
};

/// "0x1f" form used in every message.
std::string hex(uint64_t value);

}  // namespace strata::base
