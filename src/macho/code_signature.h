// The embedded code signature (LC_CODE_SIGNATURE): a big-endian "superblob" of blobs in numbered slots: code
// directories (what is signed, and how), entitlements, launch constraints, and Apple's CMS signature, which is not
// looked into. After Apple's xnu, osfmk/kern/cs_blobs.h, and the Security framework's codedirectory.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace strata::macho {

/// One code directory. Texts view the signature.
struct CodeDirectory {
    std::string_view identifier;
    std::string_view team;            ///< empty when not set
    uint32_t version = 0;             ///< 0x20400, ...
    uint32_t flags = 0;               ///< CS_*
    uint8_t hash_type = 0;            ///< CS_HASHTYPE_*
    uint8_t platform = 0;             ///< not 0: a platform binary's number
    uint32_t page_size = 0;           ///< in bytes; 0 = the code is hashed as one page
    uint64_t exec_segment_flags = 0;  ///< CS_EXECSEG_*
    uint32_t runtime_version = 0;     ///< xxxx.yy.zz nibbles; 0 = none
    std::string hash;                 ///< of the directory, whole, by hash_type; raw bytes
    /// What signatures and the kernel name this directory by: the first 20 bytes of the hash.
    std::string_view cdhash() const { return std::string_view(hash).substr(0, 20); }
};

/// Slots of launch constraints, in their order.
enum class Constraint : uint8_t { kSelf, kParent, kResponsible, kLibrary };
/// "self", "parent", "responsible", "library".
std::string_view constraint_name(Constraint constraint);

/// Views live as long as the bytes read. Small: a few hundred bytes.
struct CodeSignature {
    std::vector<CodeDirectory> directories;  ///< in slot order; at least one
    base::ByteView entitlements;             ///< contents of the blob 0xfade7171: a property list
    base::ByteView der_entitlements;         ///< of 0xfade7172
    base::ByteView constraints[4];           ///< of 0xfade8181, by Constraint
    bool has_requirements = false;
    bool has_cms = false;  ///< a signature by a certificate; without one the code is signed "ad hoc" or by the linker

    /// The one that the kernel takes: the strongest hash.
    const CodeDirectory& best() const;
};

/// Reads what LC_CODE_SIGNATURE points at. Throws Error(kInput) when it is no signature or malformed: a slot twice, a
/// blob that leaves it, no code directory. Hashes no more than six directories, however many slots say they are one.
CodeSignature read_code_signature(base::ByteView bytes);

/// "0x10002(adhoc,runtime)", "0x0(none)": as `codesign -dvvv` prints them.
std::string signature_flags_text(uint32_t flags);
/// "main-binary,jit": CS_EXECSEG_*.
std::string exec_segment_flags_text(uint64_t flags);
/// "sha256", ...; "hash N" when unknown.
std::string hash_type_name(uint8_t hash_type);

}  // namespace strata::macho
