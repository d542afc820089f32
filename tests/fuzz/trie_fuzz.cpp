// Exports tries, and the dylibs trie, which has the same grammar.
#include <string>

#include "base/error.h"
#include "fuzz_check.h"
#include "macho/exports.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const strata::base::ByteSource source{"trie", data};
    const strata::base::ByteView trie(&source, data, size);
    uint64_t nodes = 0;
    uint64_t names = 0;
    const auto count = [&](std::string_view name) {
        ++nodes;
        names += name.size();
        STRATA_FUZZ_CHECK(nodes <= size);
        STRATA_FUZZ_CHECK(names <= 128 * size + (64U << 10));
    };
    try {
        strata::macho::walk_trie(trie, [&](std::string_view name, strata::base::Cursor) { count(name); });
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kInput);
    }
    nodes = 0;
    names = 0;
    try {
        strata::macho::walk_exports(trie, [&](const strata::macho::ExportEntry& entry) {
            count(entry.name);
            STRATA_FUZZ_CHECK(entry.is_reexport() || entry.target.empty());
        });
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kInput);
    }
    return 0;
}
