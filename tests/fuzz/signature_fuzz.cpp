// Code signatures with all that is read from them.
#include "base/error.h"
#include "fuzz_check.h"
#include "macho/code_signature.h"
#include "macho/plist.h"

namespace {

using strata::base::ByteView;
using strata::macho::Plist;

/// The list inside may be broken without the signature being so.
void read_list(Plist (*reader)(ByteView), ByteView bytes) {
    try {
        reader(bytes);
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kInput);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const strata::base::ByteSource source{"signature", data};
    try {
        const auto signature = strata::macho::read_code_signature(ByteView(&source, data, size));
        STRATA_FUZZ_CHECK(!signature.directories.empty() && signature.directories.size() <= 6);
        for (const auto& directory : signature.directories) {
            STRATA_FUZZ_CHECK(directory.cdhash().size() == 20);
            STRATA_FUZZ_CHECK(directory.identifier.size() + directory.team.size() < 2 * size);
            STRATA_FUZZ_CHECK(!strata::macho::signature_flags_text(directory.flags).empty());
        }
        STRATA_FUZZ_CHECK(signature.best().hash.size() >= 20);
        read_list(strata::macho::read_plist, signature.entitlements);
        read_list(strata::macho::read_der_plist, signature.der_entitlements);
        for (const auto& constraint : signature.constraints) read_list(strata::macho::read_der_plist, constraint);
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kInput);
    }
    return 0;
}
