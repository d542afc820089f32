#include "query/image_functions.h"

#include "diff/functions_of.h"

namespace strata::query {

ImageFunctions::ImageFunctions(store::Reader& reader, const record::Head& head) : head_(head) {
    for (const auto& chunk : head.column(record::ColumnKind::kFunctions).chunks) {
        leases_.push_back(reader.column(chunk.id));
        chunks_.emplace_back(leases_.back().message());
        if (chunks_.back().size() == 0) chunks_.pop_back();
    }
}

ImageFunctions::Function ImageFunctions::get(const record::FunctionsView& chunk, uint64_t index) const {
    const auto function = chunk[index];
    return {diff::address_of(head_, function.section, function.offset), function.size};
}

std::optional<ImageFunctions::Function> ImageFunctions::last_not_after(uint64_t address) const {
    const record::FunctionsView* chunk = nullptr;
    for (const auto& candidate : chunks_) {
        if (get(candidate, 0).address > address) break;
        chunk = &candidate;
    }
    if (chunk == nullptr) return std::nullopt;
    uint64_t low = 0;  // starts at or before `address`
    uint64_t high = chunk->size();
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

}  // namespace strata::query
