#include "query/image_functions.h"

#include "diff/functions_of.h"

namespace strata::query {

ImageFunctions::ImageFunctions(store::Reader& reader, const record::Head& head) : reader_(reader), head_(head) {
    for (const auto& chunk : head.column(record::ColumnKind::kFunctions).chunks) {
        leases_.push_back(reader.column(chunk.id));
        chunks_.emplace_back(leases_.back().message());
    }
}

ImageFunctions::Function ImageFunctions::get(size_t chunk, uint64_t index) const {
    const auto function = chunks_[chunk][index];
    return {diff::address_of(head_, function.section, function.offset), function.size, chunk, index};
}

std::optional<ImageFunctions::Function> ImageFunctions::last_not_after(uint64_t address) const {
    std::optional<size_t> chunk;
    for (size_t i = 0; i < chunks_.size(); ++i) {
        if (chunks_[i].size() == 0) continue;
        if (get(i, 0).address > address) break;
        chunk = i;
    }
    if (!chunk) return std::nullopt;
    uint64_t low = 0;  // starts at or before `address`
    uint64_t high = chunks_[*chunk].size();
    while (high - low > 1) {
        const uint64_t middle = low + (high - low) / 2;
        (get(*chunk, middle).address <= address ? low : high) = middle;
    }
    return get(*chunk, low);
}

std::optional<ImageFunctions::Function> ImageFunctions::starting_at(uint64_t address) const {
    const auto found = last_not_after(address);
    return found && found->address == address ? found : std::nullopt;
}

std::optional<ImageFunctions::Function> ImageFunctions::around(uint64_t address) const {
    const auto found = last_not_after(address);
    return found && address - found->address < found->size ? found : std::nullopt;
}

record::CodeRecord ImageFunctions::code(const Function& function) const {
    const auto& chunks = head_.column(record::ColumnKind::kCode).chunks;
    if (chunks.empty()) return {};
    if (chunks.size() != chunks_.size()) record::fail_record("image head", "functions and code differ in chunks");
    const store::Lease lease = reader_.column(chunks[function.chunk].id);
    const record::CodeView codes(lease.message());
    if (codes.size() != chunks_[function.chunk].size())
        record::fail_record("code column", "is not as long as its functions");
    return codes[function.index];
}

}  // namespace strata::query
