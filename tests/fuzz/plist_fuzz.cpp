// Property lists in all forms.
#include "base/error.h"
#include "fuzz_check.h"
#include "macho/plist.h"

namespace {

void read(strata::macho::Plist (*reader)(strata::base::ByteView), strata::base::ByteView bytes, bool is_binary) {
    try {
        auto entries = reader(bytes);
        uint64_t total = 0;
        for (size_t i = 0; i < entries.size(); ++i) {
            STRATA_FUZZ_CHECK(!entries[i].json.empty());
            STRATA_FUZZ_CHECK(i == 0 || entries[i - 1].key <= entries[i].key);
            total += entries[i].key.size() + entries[i].json.size();
        }
        // XML and DER say each value once; objects of a binary list may be named many times over.
        STRATA_FUZZ_CHECK(is_binary || total <= 16 * bytes.size() + 64);
        STRATA_FUZZ_CHECK(total <= 32 * strata::macho::kMaxPlistBytes);
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kInput);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const strata::base::ByteSource source{"plist", data};
    const strata::base::ByteView bytes(&source, data, size);
    read(strata::macho::read_plist, bytes, size > 6 && bytes.as_text().substr(0, 6) == "bplist");
    read(strata::macho::read_der_plist, bytes, false);
    return 0;
}
