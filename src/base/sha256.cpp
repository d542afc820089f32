#include "base/sha256.h"

#include <openssl/evp.h>

#include "base/error.h"

namespace strata::base {

struct Sha256::Context {
    EVP_MD_CTX* md = EVP_MD_CTX_new();
    Context() = default;
    ~Context() { EVP_MD_CTX_free(md); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
};

namespace {
const EVP_MD* algorithm() {
    // Fetched once: a look-up by name on every hash costs more than hashing a short string.
    static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return md;
}
void check(int ok) {
    if (ok != 1) throw Error(ErrorKind::kIo, "SHA-256 is not available in libcrypto");
}
}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) {
    check(EVP_DigestInit_ex2(context_->md, algorithm(), nullptr));
}
Sha256::~Sha256() = default;

Sha256& Sha256::update(const void* data, size_t size) {
    check(EVP_DigestUpdate(context_->md, data, size));
    return *this;
}

Digest Sha256::finish() {
    Digest digest;
    unsigned size = 0;
    check(EVP_DigestFinal_ex(context_->md, digest.bytes.data(), &size));
    check(EVP_DigestInit_ex2(context_->md, algorithm(), nullptr));
    return digest;
}

Digest Sha256::peek() const {
    const Context copy;
    check(EVP_MD_CTX_copy_ex(copy.md, context_->md));
    Digest digest;
    unsigned size = 0;
    check(EVP_DigestFinal_ex(copy.md, digest.bytes.data(), &size));
    return digest;
}

Digest sha256(const void* data, size_t size) {
    thread_local Sha256 hash;
    return hash.update(data, size).finish();
}

std::string Digest::hex() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const uint8_t byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

}  // namespace strata::base
