#include "macho/code_signature.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "macho/big_endian.h"

namespace strata::macho {
namespace {

using base::ByteView;

constexpr uint32_t kMagicDirectory = 0xfade0c02;
constexpr uint32_t kMagicSuperBlob = 0xfade0cc0;
constexpr uint32_t kMagicCms = 0xfade0b01;
constexpr uint32_t kMagicEntitlements = 0xfade7171;
constexpr uint32_t kMagicDerEntitlements = 0xfade7172;
constexpr uint32_t kMagicConstraint = 0xfade8181;

constexpr uint32_t kSlotDirectory = 0;
constexpr uint32_t kSlotRequirements = 2;
constexpr uint32_t kSlotEntitlements = 5;
constexpr uint32_t kSlotDerEntitlements = 7;
constexpr uint32_t kSlotConstraints = 8;  // four of them
constexpr uint32_t kSlotAlternates = 0x1000;
constexpr uint32_t kAlternates = 5;
constexpr uint32_t kSlotCms = 0x10000;

struct BlobHeader {
    Be32 magic, length;
};
struct SuperBlob {
    BlobHeader blob;
    Be32 count;
};
struct BlobIndex {
    Be32 type, offset;
};
struct RawDirectory {
    Be32 magic, length, version, flags, hash_offset, identifier_offset, special_slots, code_slots, code_limit;
    uint8_t hash_size, hash_type, platform, page_size;
    Be32 spare;
};
static_assert(sizeof(RawDirectory) == 44);

// Fields that later versions appended, by where they stand.
constexpr uint32_t kVersionTeam = 0x20200;
constexpr uint64_t kTeamOffset = 48;
constexpr uint32_t kVersionExecSegment = 0x20400;
constexpr uint64_t kExecSegmentFlags = 80;
constexpr uint32_t kVersionRuntime = 0x20500;
constexpr uint64_t kRuntime = 88;

struct HashType {
    uint8_t type;
    const char* name;
    const char* algorithm;  ///< OpenSSL's name
    size_t size;
};
/// Weakest first, as the kernel ranks them.
constexpr std::array<HashType, 5> kHashTypes{{{1, "sha1", "SHA1", 20},
                                              {3, "sha256-truncated", "SHA256", 20},
                                              {2, "sha256", "SHA256", 32},
                                              {4, "sha384", "SHA384", 48},
                                              {5, "sha512", "SHA512", 64}}};

const HashType* find_hash(uint8_t type) {
    const auto found =
        std::find_if(kHashTypes.begin(), kHashTypes.end(), [&](const HashType& hash) { return hash.type == type; });
    return found == kHashTypes.end() ? nullptr : &*found;
}

std::string hash_of(ByteView bytes, const HashType& type) {
    const std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> md(EVP_MD_fetch(nullptr, type.algorithm, nullptr), EVP_MD_free);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (md == nullptr || EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, md.get(), nullptr) != 1)
        throw base::Error(base::ErrorKind::kIo, std::string(type.algorithm) + " is not available in libcrypto");
    return std::string(reinterpret_cast<const char*>(digest.data()), std::min<size_t>(type.size, size));
}

/// The blob at `offset`, header included.
ByteView blob_at(ByteView bytes, uint64_t offset) {
    const auto& header = bytes.get<BlobHeader>(offset, "code signature blob");
    if (header.length < sizeof(BlobHeader))
        throw bytes.error(offset + 4, "code signature blob of " + std::to_string(header.length) + " bytes",
                          "8 or more");
    return bytes.sub(offset, header.length, "code signature blob");
}

ByteView contents_of(ByteView blob, uint32_t magic, const char* what) {
    const uint32_t found = blob.get<BlobHeader>(0, what).magic;
    if (found != magic) throw blob.error(0, std::string(what) + " with magic " + base::hex(found), base::hex(magic));
    return blob.from(sizeof(BlobHeader), what);
}

/// A text inside the directory, past its fixed part.
std::string_view text_of(ByteView blob, uint32_t offset, const char* what) {
    bool terminated = false;
    const auto text = blob.text(offset, &terminated);
    if (offset < sizeof(RawDirectory) || !terminated)
        throw blob.error(0, std::string("code directory: ") + what + " at " + base::hex(offset),
                         "a text inside the directory");
    return text;
}

CodeDirectory read_directory(ByteView blob) {
    contents_of(blob, kMagicDirectory, "code directory");
    const auto& raw = blob.get<RawDirectory>(0, "code directory");
    CodeDirectory directory;
    directory.version = raw.version;
    directory.flags = raw.flags;
    directory.hash_type = raw.hash_type;
    directory.platform = raw.platform;
    if (raw.page_size > 31)
        throw blob.error(39, "code directory: pages of 2^" + std::to_string(raw.page_size) + " bytes", "at most 2^31");
    directory.page_size = raw.page_size == 0 ? 0 : uint32_t{1} << raw.page_size;
    directory.identifier = text_of(blob, raw.identifier_offset, "identifier");
    if (raw.version >= kVersionTeam) {
        const uint32_t team = blob.get<Be32>(kTeamOffset, "team offset");
        if (team != 0) directory.team = text_of(blob, team, "team");
    }
    if (raw.version >= kVersionExecSegment)
        directory.exec_segment_flags = blob.get<Be64>(kExecSegmentFlags, "executable segment flags");
    if (raw.version >= kVersionRuntime) directory.runtime_version = blob.get<Be32>(kRuntime, "runtime version");
    const HashType* hash = find_hash(raw.hash_type);
    if (hash == nullptr) throw blob.error(37, "code directory: hash type " + std::to_string(raw.hash_type), "1 to 5");
    directory.hash = hash_of(blob, *hash);
    return directory;
}

size_t rank(const CodeDirectory& directory) {
    return static_cast<size_t>(find_hash(directory.hash_type) - kHashTypes.data());
}

bool holds_directory(uint32_t slot) {
    return slot == kSlotDirectory || (slot >= kSlotAlternates && slot - kSlotAlternates < kAlternates);
}

bool is_read(uint32_t slot) {
    return holds_directory(slot) || slot == kSlotRequirements || slot == kSlotEntitlements ||
           slot == kSlotDerEntitlements || slot - kSlotConstraints < 4 || slot == kSlotCms;
}

void read_slot(CodeSignature& signature, uint32_t slot, ByteView blob) {
    if (holds_directory(slot)) {
        signature.directories.push_back(read_directory(blob));
    } else if (slot == kSlotRequirements) {
        signature.has_requirements = true;
    } else if (slot == kSlotEntitlements) {
        signature.entitlements = contents_of(blob, kMagicEntitlements, "entitlements");
    } else if (slot == kSlotDerEntitlements) {
        signature.der_entitlements = contents_of(blob, kMagicDerEntitlements, "DER entitlements");
    } else if (slot - kSlotConstraints < 4) {
        signature.constraints[slot - kSlotConstraints] = contents_of(blob, kMagicConstraint, "launch constraint");
    } else if (slot == kSlotCms) {
        signature.has_cms = !contents_of(blob, kMagicCms, "CMS signature").empty();
    }
}

/// "a,b", with what has no name in hexadecimal at the end.
template <size_t N>
std::string flag_names(uint64_t flags, const std::array<std::pair<uint64_t, const char*>, N>& names) {
    std::string text;
    const auto add = [&](const std::string& name) { text += (text.empty() ? "" : ",") + name; };
    for (const auto& [bit, name] : names) {
        if ((flags & bit) != 0) add(name);
        flags &= ~bit;
    }
    if (flags != 0) add(base::hex(flags));
    return text;
}

}  // namespace

std::string_view constraint_name(Constraint constraint) {
    static constexpr std::array<std::string_view, 4> kNames{"self", "parent", "responsible", "library"};
    return kNames[static_cast<size_t>(constraint)];
}

const CodeDirectory& CodeSignature::best() const {
    return *std::max_element(directories.begin(), directories.end(),
                             [](const CodeDirectory& a, const CodeDirectory& b) { return rank(a) < rank(b); });
}

CodeSignature read_code_signature(ByteView bytes) {
    CodeSignature signature;
    const uint32_t magic = bytes.get<BlobHeader>(0, "code signature").magic;
    if (magic == kMagicDirectory) {  // the kernel takes a lone directory, too
        signature.directories.push_back(read_directory(blob_at(bytes, 0)));
        return signature;
    }
    if (magic != kMagicSuperBlob)
        throw bytes.error(0, "no code signature: magic " + base::hex(magic), base::hex(kMagicSuperBlob));
    const ByteView super = blob_at(bytes, 0);
    const uint32_t count = super.get<SuperBlob>(0, "code signature").count;
    const uint64_t room = (super.size() - sizeof(SuperBlob)) / sizeof(BlobIndex);
    if (count > room)
        throw super.error(8, "code signature of " + std::to_string(count) + " blobs",
                          "at most " + std::to_string(room));
    std::vector<uint32_t> slots;  // of those that are read: at most 15
    for (uint32_t i = 0; i < count; ++i) {
        const uint64_t at = sizeof(SuperBlob) + i * sizeof(BlobIndex);
        const auto& index = super.get<BlobIndex>(at, "code signature");
        const uint32_t slot = index.type;
        if (!is_read(slot)) continue;
        if (std::find(slots.begin(), slots.end(), slot) != slots.end())
            throw super.error(at, "code signature with slot " + base::hex(slot) + " twice", "each slot once");
        slots.push_back(slot);
        read_slot(signature, slot, blob_at(super, index.offset));
    }
    if (signature.directories.empty()) throw super.error(0, "code signature without a code directory", "one");
    return signature;
}

std::string signature_flags_text(uint32_t flags) {
    static constexpr std::array<std::pair<uint64_t, const char*>, 10> kNames{{{0x1, "host"},
                                                                              {0x2, "adhoc"},
                                                                              {0x100, "hard"},
                                                                              {0x200, "kill"},
                                                                              {0x400, "expires"},
                                                                              {0x800, "restrict"},
                                                                              {0x1000, "enforcement"},
                                                                              {0x2000, "library-validation"},
                                                                              {0x10000, "runtime"},
                                                                              {0x20000, "linker-signed"}}};
    return base::hex(flags) + "(" + (flags == 0 ? "none" : flag_names(flags, kNames)) + ")";
}

std::string exec_segment_flags_text(uint64_t flags) {
    static constexpr std::array<std::pair<uint64_t, const char*>, 7> kNames{{{0x1, "main-binary"},
                                                                             {0x10, "allow-unsigned"},
                                                                             {0x20, "debugger"},
                                                                             {0x40, "jit"},
                                                                             {0x80, "skip-library-validation"},
                                                                             {0x100, "can-load-cdhash"},
                                                                             {0x200, "can-exec-cdhash"}}};
    return flag_names(flags, kNames);
}

std::string hash_type_name(uint8_t hash_type) {
    const HashType* found = find_hash(hash_type);
    return found == nullptr ? "hash " + std::to_string(hash_type) : found->name;
}

}  // namespace strata::macho
