// SHA-256 by OpenSSL's libcrypto (hardware instructions where there are any).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace strata::base {

/// 32 bytes; equal digests are taken as equal content everywhere in strata. Value type.
struct Digest {
    std::array<uint8_t, 32> bytes{};
    auto operator<=>(const Digest&) const = default;
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
    std::string hex() const;
};

/// One running hash; reusable after finish(). Not thread-safe; about 400 bytes.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    Sha256& update(const void* data, size_t size);
    Sha256& update(std::string_view text) { return update(text.data(), text.size()); }
    /// Ends the hash and starts a new one.
    Digest finish();
    /// The digest of what was added so far; more may follow.
    Digest peek() const;

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

Digest sha256(const void* data, size_t size);

}  // namespace strata::base
