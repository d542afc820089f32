#include "record/sorted_texts.h"

#include "schema/strings.capnp.h"
#include "schema/symbols.capnp.h"

namespace strata::record {
namespace {

template <typename Root>
BlobView blob_of(typename Root::Reader root, const char* what);

template <>
BlobView blob_of<schema::Symbols>(schema::Symbols::Reader root, const char* what) {
    return BlobView(root.getNames(), root.getOffsets(), root.getKinds().size(), what);
}

template <>
BlobView blob_of<schema::Strings>(schema::Strings::Reader root, const char* what) {
    return BlobView(root.getValues(), root.getOffsets(), root.getSections().size(), what);
}

}  // namespace

SortedTexts::SortedTexts(ColumnKind kind, std::string_view message) : message_(message, column_name(kind)) {
    const char* what = kind == ColumnKind::kSymbols ? "symbols column" : "strings column";
    guarded(what, [&] {
        blob_ = kind == ColumnKind::kSymbols ? blob_of<schema::Symbols>(message_.root<schema::Symbols>(), what)
                                             : blob_of<schema::Strings>(message_.root<schema::Strings>(), what);
    });
}

}  // namespace strata::record
