#include "dyld/local_symbols.h"

#include <algorithm>

namespace strata::dyld {
namespace {
constexpr uint64_t kMaxEntries = 1U << 20;  // one an image in real files; each costs 16 bytes of memory
}

LocalSymbols::LocalSymbols(base::ByteView file, const CacheHeader& header, bool is_64) : is_64_(is_64) {
    if (header.local_symbols.offset == 0 || header.local_symbols.size == 0) return;
    // The size field is not trusted: real files have wrong ones. The file's end is the bound.
    const auto info = file.from(header.local_symbols.offset, "local symbols");
    const auto u32 = [&](uint64_t at) { return uint64_t{info.u32(at, "local symbols")}; };
    wide_ = header.has_wide_local_entries();
    const uint64_t entry_size = wide_ ? 16 : 12;
    const uint64_t nlist_size = is_64 ? sizeof(macho::Nlist64) : sizeof(macho::Nlist32);
    nlists_ = info.sub(u32(0), u32(4) * nlist_size, "local symbol table");
    pool_ = info.sub(u32(8), u32(12), "local symbol strings");
    entries_ = info.sub(u32(16), u32(20) * entry_size, "local symbol entries");
    const uint64_t count = entries_.size() / entry_size;
    if (count > kMaxEntries)
        throw info.error(20, "local symbols of " + std::to_string(count) + " images",
                         "at most " + std::to_string(kMaxEntries));
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t at = i * entry_size;
        by_offset_.push_back({wide_ ? entries_.u64(at, "entry") : entries_.u32(at, "entry"), i});
    }
    std::stable_sort(by_offset_.begin(), by_offset_.end(),
                     [](const Entry& a, const Entry& b) { return a.offset < b.offset; });
}

macho::SymbolTable LocalSymbols::of(uint64_t vm_offset) const {
    const auto found = std::lower_bound(by_offset_.begin(), by_offset_.end(), vm_offset,
                                        [](const Entry& e, uint64_t o) { return e.offset < o; });
    if (found == by_offset_.end() || found->offset != vm_offset) return {{}, {}, is_64_};
    const uint64_t at = found->index * (wide_ ? 16 : 12) + (wide_ ? 8 : 4);
    const uint64_t start = entries_.u32(at, "local symbol entry");
    const uint64_t count = entries_.u32(at + 4, "local symbol entry");
    const uint64_t nlist_size = is_64_ ? sizeof(macho::Nlist64) : sizeof(macho::Nlist32);
    const uint64_t total = nlists_.size() / nlist_size;
    if (start > total || count > total - start)
        throw entries_.error(at, "local symbols " + std::to_string(start) + " to " + std::to_string(start + count),
                             "an end at or below " + std::to_string(total));
    return {nlists_.sub(start * nlist_size, count * nlist_size, "local symbols of an image"), pool_, is_64_};
}

}  // namespace strata::dyld
