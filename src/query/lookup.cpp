#include "query/lookup.h"

#include <algorithm>
#include <tuple>

#include "diff/functions_of.h"
#include "query/image_functions.h"
#include "query/versions.h"
#include "record/head_view.h"
#include "record/layout.h"
#include "record/symbols.h"

namespace strata::query {
namespace {

using record::ColumnKind;

/// Sections without bytes may share their address with the one that has them: this many are passed over.
constexpr size_t kMostCandidates = 64;
/// The mach header and load commands before the first section: a page or some, never megabytes.
constexpr uint64_t kMostHeader = 1U << 20;

bool can_name(record::SymbolKind kind) {
    using record::SymbolKind;
    return kind != SymbolKind::kImport && kind != SymbolKind::kReexport && kind != SymbolKind::kRedacted;
}

struct NearSymbol {
    std::string name;
    uint64_t address = 0;
};

/// The best symbol so far.
class Nearest {
  public:
    explicit Nearest(uint64_t address) : address_(address) {}

    void offer(uint64_t at, bool exported, std::string_view name) {
        if (at > address_ || name.empty()) return;
        if (found_ && std::tuple(at, exported) < std::tuple(best_.address, exported_)) return;
        if (found_ && std::tuple(at, exported) == std::tuple(best_.address, exported_) && best_.name <= name) return;
        found_ = true;
        exported_ = exported;
        best_.address = at;
        best_.name = name;
    }
    std::optional<NearSymbol> get() const { return found_ ? std::optional(best_) : std::nullopt; }

  private:
    uint64_t address_;
    bool found_ = false;
    bool exported_ = false;
    NearSymbol best_;
};

/// `section`: 1-based, as places say it; 0: relative to the mach header.
std::optional<NearSymbol> nearest_symbol(store::Reader& reader, const record::Head& head, uint16_t section,
                                         uint64_t address) {
    const auto& symbols = head.column(ColumnKind::kSymbols).chunks;
    const auto& places = head.column(ColumnKind::kPlaces).chunks;
    if (symbols.size() != places.size()) record::fail_record("image head", "symbols and places differ in chunks");
    Nearest nearest(address);
    for (size_t chunk = 0; chunk < symbols.size(); ++chunk) {
        const store::Lease symbol_lease = reader.column(symbols[chunk].id);
        const store::Lease place_lease = reader.column(places[chunk].id);
        const record::SymbolsView names(symbol_lease.message());
        const record::PlacesView where(place_lease.message());
        if (names.size() != where.size()) record::fail_record("places column", "is not as long as its symbols");
        for (uint64_t i = 0; i < names.size(); ++i) {
            const auto place = where.place(i);
            if (place.section != section || !can_name(names.kind(i))) continue;
            const bool exported = (names.flags(i) & record::kSymbolExported) != 0;
            nearest.offer(diff::address_of(head, place.section, place.offset), exported, names.name(i));
        }
    }
    return nearest.get();
}

/// The section that holds the address: its index, or the number of sections.
size_t section_around(const record::Layout& layout, const record::Head& head, uint64_t address) {
    const size_t count = std::min(layout.sections.size(), head.section_addresses.size());
    for (size_t i = 0; i < count; ++i) {
        const uint64_t begin = head.section_addresses[i];
        if (address >= begin && address - begin < layout.sections[i].size) return i;
    }
    return layout.sections.size();
}

/// Between the mach header and the first section behind it.
bool is_in_header(const record::Head& head, uint64_t address) {
    if (address < head.address || address - head.address >= kMostHeader) return false;
    return std::none_of(head.section_addresses.begin(), head.section_addresses.end(),
                        [&](uint64_t section) { return section > head.address && section <= address; });
}

}  // namespace

std::optional<Location> locate_in_image(store::Reader& reader, std::string_view path, const record::Head& head,
                                        uint64_t address) {
    const auto& layouts = head.column(ColumnKind::kLayout).chunks;
    if (head.failure || layouts.size() != 1) return std::nullopt;
    const store::Lease lease = reader.column(layouts.front().id);
    const auto layout = record::decode_layout(lease.message());
    const size_t section = section_around(layout, head, address);
    const bool inside = section < layout.sections.size();
    if (!inside && !is_in_header(head, address)) return std::nullopt;
    Location location{address, std::string(path), head.uuid, head.address, {}, 0, 0, {}, 0, {}, 0};
    if (inside) {
        const auto& found = layout.sections[section];
        location.section = std::string(found.segment) + "," + std::string(found.name);
        location.section_address = head.section_addresses[section];
        location.section_size = found.size;
    }
    const auto place = static_cast<uint16_t>(inside ? section + 1 : 0);
    if (auto symbol = nearest_symbol(reader, head, place, address)) {
        location.symbol = std::move(symbol->name);
        location.symbol_address = symbol->address;
    }
    if (const auto function = ImageFunctions(reader, head).around(address)) {
        location.function_address = function->address;
        location.function_size = function->size;
    }
    return location;
}

AddressMap::AddressMap(store::Reader& reader, const record::Firmware& firmware)
    : reader_(reader), firmware_(firmware.id) {
    const auto heads = reader.heads(firmware.id);
    for (; heads->valid(); heads->next()) {
        const record::HeadView head(heads->message());
        if (head.failed()) continue;
        const auto image = static_cast<uint32_t>(paths_.size());
        paths_.emplace_back(heads->path());
        starts_.push_back({head.address(), image});
        for (const uint64_t address : head.section_addresses()) starts_.push_back({address, image});
    }
    heads->check();
    std::sort(starts_.begin(), starts_.end(), [](const Start& a, const Start& b) {
        return std::tuple(a.address, a.image) < std::tuple(b.address, b.image);
    });
    const auto same = [](const Start& a, const Start& b) { return a.address == b.address && a.image == b.image; };
    starts_.erase(std::unique(starts_.begin(), starts_.end(), same), starts_.end());
}

/// Sections do not overlap: only the one that starts last before the address can hold it. Those without bytes hold
/// nothing, so a few more before are tried.
std::optional<Location> AddressMap::locate(uint64_t address) const {
    auto at = std::upper_bound(starts_.begin(), starts_.end(), address,
                               [](uint64_t a, const Start& start) { return a < start.address; });
    std::vector<uint32_t> tried;
    for (size_t i = 0; i < kMostCandidates && at != starts_.begin(); ++i) {
        const Start& start = *--at;
        if (std::find(tried.begin(), tried.end(), start.image) != tried.end()) continue;
        tried.push_back(start.image);
        const std::string& path = paths_[start.image];
        const auto head = reader_.head(firmware_, path);
        if (!head) continue;
        if (auto location = locate_in_image(reader_, path, *head, address)) return location;
    }
    return std::nullopt;
}

std::vector<FoundImage> images_by_uuid(store::Reader& reader, std::string_view uuid) {
    std::vector<FoundImage> found;
    for (const auto& firmware : firmwares_by_version(reader, {})) {
        const auto heads = reader.heads(firmware.id);
        for (; heads->valid(); heads->next()) {
            const record::HeadView head(heads->message());
            if (head.failed() || head.uuid() != uuid) continue;
            found.push_back({firmware, std::string(heads->path()), head.address()});
            break;
        }
        heads->check();
    }
    return found;
}

std::string parse_uuid(std::string_view text) {
    std::string bytes;
    int high = -1;
    for (const char c : text) {
        if (c == '-') continue;
        int digit = 0;
        if (c >= '0' && c <= '9') {
            digit = c - '0';
        } else if (c >= 'a' && c <= 'f') {
            digit = c - 'a' + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = c - 'A' + 10;
        } else {
            return {};
        }
        if (high < 0) {
            high = digit;
        } else {
            bytes += static_cast<char>(high * 16 + digit);
            high = -1;
        }
    }
    const bool is_uuid = bytes.size() == 16 && high < 0 && bytes.find_first_not_of('\0') != std::string::npos;
    return is_uuid ? bytes : std::string();
}

}  // namespace strata::query
