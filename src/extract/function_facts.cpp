#include "extract/function_facts.h"

#include <algorithm>

#include "extract/limits.h"
#include "macho/function_starts.h"
#include "macho/symbols.h"

namespace strata::extract {
namespace {

using macho::Image;

/// Takes starts by address and makes each end where the next one or the section does.
class FunctionList {
  public:
    FunctionList(const Image& image, const base::ByteView& told_by) : image_(image), told_by_(told_by) {}

    void add(uint64_t address) {
        end_previous(address);
        const uint32_t section = image_.section_of(address);
        const uint64_t start = section == 0 ? image_.address : image_.sections[section - 1].address;
        if (address < start || address - start > UINT32_MAX)
            throw told_by_.error(0, "function at " + base::hex(address) + " is too far into its section",
                                 "below 4 GiB");
        if (functions_.size() == kMaxFunctions)
            throw told_by_.error(0, "more than " + std::to_string(kMaxFunctions) + " functions", "fewer in one image");
        section_end_ = section == 0 ? 0 : start + image_.sections[section - 1].size;
        previous_ = address;
        functions_.push_back({static_cast<uint16_t>(section), static_cast<uint32_t>(address - start), 0});
    }

    std::vector<record::FunctionRecord> finish() {
        end_previous(section_end_);
        return std::move(functions_);
    }

  private:
    void end_previous(uint64_t limit) {
        if (functions_.empty()) return;
        const uint64_t end = section_end_ == 0 ? limit : std::min(limit, section_end_);
        functions_.back().size =
            end > previous_ ? static_cast<uint32_t>(std::min<uint64_t>(end - previous_, UINT32_MAX)) : 0;
    }

    const Image& image_;
    const base::ByteView& told_by_;
    std::vector<record::FunctionRecord> functions_;
    uint64_t previous_ = 0;
    uint64_t section_end_ = 0;
};

/// Where symbols of code begin. An alternative entry is in the middle of the function that its symbol follows.
std::vector<uint64_t> starts_by_symbols(const Image& image) {
    const macho::SymbolTable table(image.nlists, {}, image.is_64);  // names are not asked for
    std::vector<uint64_t> starts;
    for (uint64_t i = 0; i < table.size(); ++i) {
        const macho::SymbolEntry entry = table[i];
        if (entry.is_stab() || entry.kind() != macho::kNSection || (entry.desc & macho::kNAltEntry) != 0) continue;
        const uint32_t index = image.section_of(entry.value);
        if (index == 0) continue;
        const auto& section = image.sections[index - 1];
        if (section.holds_code() && section.type() != macho::kSymbolStubs) starts.push_back(entry.value);
    }
    std::sort(starts.begin(), starts.end());
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    return starts;
}

}  // namespace

std::vector<record::FunctionRecord> extract_functions(const ImageContext& context, const record::ChunkSink& sink) {
    const Image& image = context.image;
    const bool has_starts = !image.function_starts.empty();
    const base::ByteView& told_by = has_starts ? image.function_starts : image.nlists;
    FunctionList list(image, told_by);
    if (has_starts)
        macho::walk_function_starts(image, [&](uint64_t address) { list.add(address); });
    else
        for (const uint64_t address : starts_by_symbols(image)) list.add(address);
    context.touched(told_by.size());
    const auto functions = list.finish();
    record::encode_functions(functions, sink);
    return functions;
}

}  // namespace strata::extract
