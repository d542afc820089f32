#include "query/frames.h"

#include "query/demangle.h"
#include "record/head_view.h"

namespace strata::query {
namespace {

constexpr size_t kMostSeen = 1U << 16;

}  // namespace

FrameNames::FrameNames(store::Reader& reader, const record::Firmware& firmware, bool demangle)
    : reader_(reader), firmware_(firmware), demangle_(demangle) {
    const auto heads = reader.heads(firmware.id);
    for (; heads->valid(); heads->next()) {
        const record::HeadView head(heads->message());
        if (head.failed() || head.uuid().empty()) continue;
        images_.emplace(std::string(head.uuid()), Known{std::string(heads->path()), head.address()});
    }
    heads->check();
}

std::optional<FrameName> FrameNames::name(const LoadedImage& image, uint64_t offset, bool is_return) {
    const auto known = images_.find(image.uuid);
    if (known == images_.end()) return std::nullopt;
    const uint64_t address = known->second.address + offset;
    const auto key = std::pair(address, is_return);
    if (const auto seen = seen_.find(key); seen != seen_.end()) return seen->second;
    auto name = look_up(known->second, address, is_return);
    if (seen_.size() >= kMostSeen) seen_.clear();
    return seen_.emplace(key, std::move(name)).first->second;
}

std::optional<FrameName> FrameNames::look_up(const Known& image, uint64_t address, bool is_return) {
    const auto head = reader_.head(firmware_.id, image.path);
    if (!head) return std::nullopt;
    return name_of(locate_in_image(reader_, image.path, *head, is_return ? address - 1 : address), address);
}

void FrameNames::learn_slide(const std::vector<LoadedImage>& images) {
    for (const auto& image : images) {
        const auto known = images_.find(image.uuid);
        if (known == images_.end() || image.begin < known->second.address) continue;
        slide_ = image.begin - known->second.address;
        return;
    }
}

std::optional<FrameName> FrameNames::name_at(uint64_t loaded_address, bool is_return) {
    if (!slide_ || loaded_address < *slide_) return std::nullopt;
    if (!map_) map_.emplace(reader_, firmware_);
    const uint64_t address = loaded_address - *slide_;
    return name_of(map_->locate(is_return ? address - 1 : address), address);
}

std::optional<FrameName> FrameNames::name_of(const std::optional<Location>& location, uint64_t address) {
    if (!location || location->symbol.empty()) return std::nullopt;
    // A symbol before the function around the address belongs to another function: no name is better than a wrong one.
    if (location->function_address && *location->function_address > location->symbol_address) return std::nullopt;
    FrameName name{location->symbol, address - location->symbol_address};
    if (demangle_)
        if (auto readable = demangle(name.symbol); !readable.empty()) name.symbol = std::move(readable);
    return name;
}

}  // namespace strata::query
