#include "record/strings.h"

#include <algorithm>
#include <cstring>

#include "base/merge_sort.h"

namespace strata::record {
namespace {

Chunk encode_part(std::span<const StringRecord> strings, std::span<const std::string> section_names) {
    uint64_t bytes = 0;
    std::vector<bool> used(section_names.size());
    for (const auto& string : strings) {
        bytes += string.value.size();
        used[string.section] = true;
    }
    std::vector<uint16_t> index(section_names.size());
    std::vector<std::string_view> names;
    for (size_t i = 0; i < used.size(); ++i) {
        index[i] = static_cast<uint16_t>(names.size());
        if (used[i]) names.push_back(section_names[i]);
    }
    const auto count = static_cast<uint32_t>(strings.size());
    auto builder = sized_builder(bytes + count * 6ULL + names.size() * 64 + 128);
    auto root = builder.initRoot<schema::Strings>();
    auto values = root.initValues(static_cast<uint32_t>(bytes));
    auto offsets = root.initOffsets(count + 1);
    auto sections = root.initSections(count);
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; ++i) {
        offsets.set(i, at);
        std::memcpy(values.begin() + at, strings[i].value.data(), strings[i].value.size());
        at += static_cast<uint32_t>(strings[i].value.size());
        sections.set(i, index[strings[i].section]);
    }
    offsets.set(count, at);
    auto name_list = root.initSectionNames(static_cast<uint32_t>(names.size()));
    for (uint32_t i = 0; i < names.size(); ++i) name_list.set(i, text_of(names[i]));
    return make_chunk(ColumnKind::kStrings, count, builder);
}

}  // namespace

void encode_strings(std::vector<StringRecord>& strings, std::span<const std::string> section_names,
                    const ChunkSink& sink) {
    base::merge_sort(strings, [](const StringRecord& a, const StringRecord& b) {
        const int values = a.value.compare(b.value);
        return values != 0 ? values < 0 : a.section < b.section;
    });
    const auto same = [](const StringRecord& a, const StringRecord& b) {
        return a.section == b.section && a.value == b.value;
    };
    strings.erase(std::unique(strings.begin(), strings.end(), same), strings.end());
    ChunkCutter cutter;
    size_t begin = 0;
    for (size_t i = 0; i < strings.size(); ++i) {
        const auto following = i + 1 < strings.size() ? strings[i + 1].value : std::string_view{};
        if (!cutter.ends_after(strings[i].value, following, strings[i].value.size() + 6)) continue;
        sink(encode_part({strings.data() + begin, i + 1 - begin}, section_names));
        begin = i + 1;
    }
    if (begin < strings.size()) sink(encode_part({strings.data() + begin, strings.size() - begin}, section_names));
}

StringsView::StringsView(std::string_view message) : message_(message, "strings column") {
    guarded("strings column", [&] {
        const auto root = message_.root<schema::Strings>();
        sections_ = raw_list<uint16_t>(root.getSections());
        values_ = BlobView(root.getValues(), root.getOffsets(), sections_.size(), "strings column");
        for (const auto name : root.getSectionNames()) section_names_.push_back(view_of(name));
    });
}

std::string_view StringsView::section(uint64_t i) const {
    if (sections_[i] >= section_names_.size()) fail_record("strings column", "section index out of range");
    return section_names_[sections_[i]];
}

}  // namespace strata::record
