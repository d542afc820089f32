#include "record/head_view.h"

#include "record/sorted_blob.h"

namespace strata::record {
namespace {

constexpr const char* kWhat = "image head";

}  // namespace

HeadView::HeadView(std::string_view message) : message_(message, kWhat) {
    guarded(kWhat, [&] { root_ = message_.root<schema::Head>(); });
}

bool HeadView::failed() const {
    return guarded(kWhat, [&] { return root_.getHasFailure(); });
}

std::string_view HeadView::uuid() const {
    return guarded(kWhat, [&] { return view_of(root_.getUuid()); });
}

uint64_t HeadView::address() const {
    return guarded(kWhat, [&] { return root_.getAddress(); });
}

std::span<const uint64_t> HeadView::section_addresses() const {
    return guarded(kWhat, [&] { return raw_list<uint64_t>(root_.getSectionAddresses()); });
}

std::span<const uint64_t> HeadView::segment_addresses() const {
    return guarded(kWhat, [&] { return raw_list<uint64_t>(root_.getSegmentAddresses()); });
}

std::span<const uint64_t> HeadView::chunk_ids(ColumnKind kind) const {
    return guarded(kWhat, [&]() -> std::span<const uint64_t> {
        const auto columns = root_.getColumns();
        const auto at = static_cast<uint32_t>(kind);
        // Entries come in the order of their kinds; a head of another writer may say so less neatly.
        if (at < columns.size() && columns[at].getKind() == at) return raw_list<uint64_t>(columns[at].getIds());
        // A list of elements without size may claim half a billion of them.
        if (columns.size() > UINT8_MAX) fail_record(kWhat, "has more columns than there are kinds");
        for (const auto column : columns)
            if (column.getKind() == at) return raw_list<uint64_t>(column.getIds());
        return {};
    });
}

std::vector<std::string_view> HeadView::aliases() const {
    return guarded(kWhat, [&] {
        std::vector<std::string_view> aliases;
        for (const auto alias : root_.getAliases()) aliases.push_back(view_of(alias));
        return aliases;
    });
}

}  // namespace strata::record
