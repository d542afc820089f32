#include "signature.h"

#include <openssl/evp.h>

#include <bit>
#include <stdexcept>

namespace dscgen {

namespace {

constexpr u32 kSuperBlob = 0xFADE0CC0;
constexpr u32 kCodeDirectory = 0xFADE0C02;
constexpr u32 kRequirements = 0xFADE0C01;
constexpr u32 kCms = 0xFADE0B01;
constexpr u32 kHashSize = 32;
constexpr u32 kSpecialSlots = 2;  // hashes of the requirements and of an Info.plist, which a cache has not
constexpr u64 kIndexSize = 12 + 3 * 8;
constexpr u64 kDirectoryHead = 0x58;  // version 0x20400
constexpr u64 kRequirementsSize = 12;
constexpr u64 kCmsSize = 8;

u64 signed_page(Arch arch) {
    return is_x86(arch) ? 0x1000 : 0x4000;
}

std::string identifier(Arch arch) {
    return "com.apple.dyld.cache." + arch_name(arch);
}

u64 directory_size(Arch arch, u64 code_size) {
    const u64 pages = (code_size + signed_page(arch) - 1) / signed_page(arch);
    return kDirectoryHead + identifier(arch).size() + 1 + (kSpecialSlots + pages) * kHashSize;
}

// Signatures are big-endian.
void add32(std::vector<u8>& out, u64 v) {
    for (const u32 shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<u8>(v >> shift));
}

void sha256(const void* data, std::size_t size, u8* out) {
    if (EVP_Digest(data, size, out, nullptr, EVP_sha256(), nullptr) != 1) throw std::runtime_error("no SHA-256");
}

}  // namespace

u64 signature_size(Arch arch, u64 code_size) {
    return kIndexSize + directory_size(arch, code_size) + kRequirementsSize + kCmsSize;
}

u64 signature_room(Arch arch, u64 code_size) {
    return align_up(signature_size(arch, code_size), 0x4000);
}

struct PageHashes::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    void begin() {
        if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1)
            throw std::runtime_error("no SHA-256");
    }
};

PageHashes::PageHashes(Arch arch) : arch_(arch), page_(signed_page(arch)), state_(std::make_unique<State>()) {}

PageHashes::~PageHashes() = default;

void PageHashes::add(const u8* data, u64 size) {
    while (size > 0) {
        const u64 in_page = size_ % page_;
        if (in_page == 0) state_->begin();
        const u64 piece = std::min(size, page_ - in_page);
        EVP_DigestUpdate(state_->context, data, piece);
        data += piece;
        size -= piece;
        size_ += piece;
        if (size_ % page_ == 0) end_page();
    }
}

void PageHashes::end_page() {
    hashes_.resize(hashes_.size() + kHashSize);
    EVP_DigestFinal_ex(state_->context, hashes_.data() + hashes_.size() - kHashSize, nullptr);
}

std::vector<u8> PageHashes::sign() {
    if (size_ % page_ != 0) end_page();
    const std::string name = identifier(arch_);
    const u64 directory = directory_size(arch_, size_);
    std::vector<u8> out;
    out.reserve(signature_size(arch_, size_));
    const u64 requirements = kIndexSize + directory;
    for (const u64 v : {u64{kSuperBlob}, signature_size(arch_, size_), u64{3}, u64{0}, kIndexSize, u64{2}, requirements,
                        u64{0x10000}, requirements + kRequirementsSize})
        add32(out, v);
    // flags 2: ad hoc, signed by nobody.
    const u64 first_hash = kDirectoryHead + name.size() + 1 + kSpecialSlots * kHashSize;
    for (const u64 v : {u64{kCodeDirectory}, directory, u64{0x20400}, u64{2}, first_hash, kDirectoryHead,
                        u64{kSpecialSlots}, hashes_.size() / kHashSize, size_})
        add32(out, v);
    // 32-byte hashes of type 2 (SHA-256), no platform, and the page size as a power of two.
    for (const u32 v : {kHashSize, 2U, 0U, static_cast<u32>(std::countr_zero(page_))})
        out.push_back(static_cast<u8>(v));
    out.resize(kIndexSize + kDirectoryHead);  // no scatter list, team, 64-bit limit, executable segment
    out.insert(out.end(), name.begin(), name.end());
    out.push_back(0);
    std::vector<u8> empty_requirements;
    for (const u64 v : {u64{kRequirements}, kRequirementsSize, u64{0}}) add32(empty_requirements, v);
    out.resize(out.size() + kSpecialSlots * kHashSize);
    sha256(empty_requirements.data(), empty_requirements.size(), out.data() + out.size() - kSpecialSlots * kHashSize);
    out.insert(out.end(), hashes_.begin(), hashes_.end());
    out.insert(out.end(), empty_requirements.begin(), empty_requirements.end());
    add32(out, kCms);
    add32(out, kCmsSize);
    return out;
}

}  // namespace dscgen
