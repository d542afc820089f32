// Records are Cap'n Proto messages of one segment with the standard framing, 8-byte aligned, read where they lie.
#pragma once

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace strata::record {

/// One encoded message in memory of its own: what extraction hands to the store. Movable.
class Message {
  public:
    Message() = default;
    explicit Message(std::vector<uint64_t> words) : words_(std::move(words)) {}
    uint64_t size() const { return words_.size() * sizeof(uint64_t); }
    std::string_view bytes() const { return {reinterpret_cast<const char*>(words_.data()), size()}; }

  private:
    std::vector<uint64_t> words_;
};

/// Turns a finished builder into a Message. The builder must have stayed in its first segment (size it generously).
Message encode(capnp::MessageBuilder& builder);

/// A builder whose first segment holds `bytes` of payload besides `structure` words of structs and lists' headers.
capnp::MallocMessageBuilder sized_builder(uint64_t bytes);

/// How often a message is gone through. A damaged one can point at the same text a million times, or hold a list of
/// half a billion elements that take no space: whoever decodes a message as a whole must not follow it there.
enum class Access : uint8_t {
    kRepeated,  ///< fields are looked at where they lie, again and again: no limit
    kOnce,      ///< everything is copied out once: reading more than the message holds is damage
};

/// A message read in place. The bytes must stay valid and be 8-byte aligned. Throws Error(kStore) naming `what` when
/// they are no message; accessors throw kj::Exception on damage, which guarded() turns into Error(kStore).
class MessageView {
  public:
    MessageView(std::string_view bytes, const char* what, Access access = Access::kRepeated);
    template <typename Root>
    typename Root::Reader root() {
        return reader_->getRoot<Root>();
    }

  private:
    std::optional<capnp::FlatArrayMessageReader> reader_;
};

/// The error of a damaged record.
[[noreturn]] void fail_record(const char* what, const std::string& why);

/// Runs `read`, turning Cap'n Proto's exceptions into Error(kStore).
template <typename Read>
auto guarded(const char* what, Read&& read) {
    try {
        return read();
    } catch (const kj::Exception& exception) {
        fail_record(what, exception.getDescription().cStr());
    }
}

inline std::string_view view_of(capnp::Text::Reader text) {
    return {text.begin(), text.size()};
}
inline std::string_view view_of(capnp::Data::Reader data) {
    return {reinterpret_cast<const char*>(data.begin()), data.size()};
}
inline capnp::Data::Reader data_of(std::string_view bytes) {
    return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}
/// Text fields take any bytes without NUL; capnp wants a NUL after them, so this copies through `set`.
inline kj::String text_of(std::string_view text) {
    return kj::heapString(text.data(), text.size());
}

}  // namespace strata::record
