#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "diff/functions_of.h"
#include "diff/rules.h"
#include "macho/format.h"
#include "record/functions.h"
#include "record/layout.h"
#include "record/strings.h"
#include "record/symbols.h"
#include "report/go_text.h"
#include "report/ipsw_body.h"

namespace strata::report {
namespace {

using record::ColumnKind;
using record::SymbolKind;

constexpr std::string_view kRedacted = "<redacted>";
/// ipsw takes out these two sorts of noise, and no other.
constexpr auto kIpswRules = diff::RuleSet::none().with(diff::Rule::kBuildPaths).with(diff::Rule::kCounters);

/// Builds a side column by column.
class SideReader {
  public:
    SideReader(store::Reader& reader, const record::Head& head) : reader_(reader), head_(head) {}

    IpswSide read() {
        if (head_.source_version) side_.version = base::source_version_text(*head_.source_version);
        read_layout();
        read_symbols();
        read_functions();
        read_strings();
        make_set(side_.symbols);
        make_set(side_.strings);
        return std::move(side_);
    }

  private:
    struct NamedAddress {
        uint64_t address;
        int rank;  ///< of two names ipsw keeps the one it met last: locals come before exports
        std::string_view name;
    };

    std::string_view message_of(uint64_t id) {
        side_.leases.push_back(reader_.column(id));
        return side_.leases.back().message();
    }

    std::string_view keep(std::string text) { return side_.owned.emplace_back(std::move(text)); }

    static void make_set(std::vector<std::string_view>& texts) {
        std::sort(texts.begin(), texts.end());
        texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    }

    void read_layout() {
        const auto& chunks = head_.column(ColumnKind::kLayout).chunks;
        if (chunks.size() != 1) record::fail_record("image head", "has no layout column");
        const auto layout = record::decode_layout(message_of(chunks.front().id));
        for (const auto& section : layout.sections)
            side_.sections.push_back({std::string(section.segment) + "." + std::string(section.name), section.size,
                                      section.flags & macho::kSectionTypeMask, section.literal_digest});
        for (const auto& dependency : layout.dependencies) side_.imports.emplace_back(dependency.name);
        std::sort(side_.imports.begin(), side_.imports.end());
    }

    void read_symbols() {
        const auto& symbols = head_.column(ColumnKind::kSymbols).chunks;
        const auto& places = head_.column(ColumnKind::kPlaces).chunks;
        if (symbols.size() != places.size()) record::fail_record("image head", "symbols and places differ in chunks");
        for (size_t chunk = 0; chunk < symbols.size(); ++chunk) {
            const record::SymbolsView view(message_of(symbols[chunk].id));
            const store::Lease place_lease = reader_.column(places[chunk].id);
            const record::PlacesView place_view(place_lease.message());
            if (view.size() != place_view.size()) record::fail_record("places column", "is not as long as its symbols");
            for (uint64_t i = 0; i < view.size(); ++i) add_symbol(view, place_view, i);
        }
        if (head_.redacted != 0) side_.symbols.push_back(kRedacted);
        std::sort(names_.begin(), names_.end(), [](const NamedAddress& a, const NamedAddress& b) {
            return std::tuple(a.address, a.rank, a.name) < std::tuple(b.address, b.rank, b.name);
        });
    }

    void add_symbol(const record::SymbolsView& view, const record::PlacesView& places, uint64_t i) {
        if ((view.flags(i) & record::kSymbolUnlisted) != 0) return;
        const SymbolKind kind = view.kind(i);
        const bool from_outside = kind == SymbolKind::kLocal && head_.unmapped_locals != 0;
        std::string_view name = view.name(i);
        if (!from_outside && name.starts_with('_') && name.find('.') != std::string_view::npos) name.remove_prefix(1);
        const auto clean = diff::normalise_symbol(name, kIpswRules);
        side_.symbols.push_back(clean.fired ? keep(clean.text) : name);
        const auto place = places.place(i);
        if (place.section == record::kNoPlace || name.empty() || kind == SymbolKind::kRedacted) return;
        const int rank = from_outside ? 0 : kind == SymbolKind::kLocal ? 1 : 2;
        names_.push_back({diff::address_of(head_, place.section, place.offset), rank, name});
    }

    void read_functions() {
        std::vector<uint64_t> starts;
        record::FunctionRecord last;
        for (const auto& chunk : head_.column(ColumnKind::kFunctions).chunks) {
            const store::Lease lease = reader_.column(chunk.id);
            const record::FunctionsView view(lease.message());
            for (uint64_t i = 0; i < view.size(); ++i) {
                last = view[i];
                starts.push_back(diff::address_of(head_, last.section, last.offset));
            }
        }
        if (starts.empty()) return;
        // A function ends where the next one begins, the last one with its section.
        if (last.section == 0) {
            starts.pop_back();
        } else {
            if (last.section > side_.sections.size())
                record::fail_record("functions column", "names a section that is not there");
            starts.push_back(starts.back() - last.offset + side_.sections[last.section - 1].size);
        }
        for (size_t i = 0; i + 1 < starts.size(); ++i)
            side_.functions.push_back({name_at(starts[i]), starts[i + 1] - starts[i]});
    }

    std::string name_at(uint64_t address) const {
        const auto after = std::upper_bound(names_.begin(), names_.end(), address,
                                            [](uint64_t a, const NamedAddress& n) { return a < n.address; });
        if (after != names_.begin() && std::prev(after)->address == address) return std::string(std::prev(after)->name);
        return "sub_" + base::hex(address).substr(2);
    }

    void read_strings() {
        for (const auto& chunk : head_.column(ColumnKind::kStrings).chunks) {
            const record::StringsView view(message_of(chunk.id));
            for (uint64_t i = 0; i < view.size(); ++i) {
                const auto value = view.value(i);
                // What a C string section holds counts only when it can be read; CFStrings count as they are.
                if (!view.section(i).ends_with(",__cfstring") && !is_go_text(value)) continue;
                const auto clean = diff::normalise_string(value, kIpswRules);
                side_.strings.push_back(clean.fired ? keep(clean.text) : value);
            }
        }
    }

    store::Reader& reader_;
    const record::Head& head_;
    IpswSide side_;
    std::vector<NamedAddress> names_;
};

}  // namespace

IpswSide read_ipsw_side(store::Reader& reader, const record::Head& head) {
    return SideReader(reader, head).read();
}

}  // namespace strata::report
