// Stored records: whatever bytes a damaged or foreign store holds, a reader gives values or an error of the store.
//
// The first byte says which record it is meant to be, the next seven are left out (records are 8-byte aligned).
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fuzz_check.h"
#include "record/code.h"
#include "record/facts.h"
#include "record/firmware.h"
#include "record/functions.h"
#include "record/head.h"
#include "record/layout.h"
#include "record/text_filter.h"
#include "record/sorted_texts.h"
#include "record/strings.h"
#include "record/symbols.h"

namespace {
using namespace strata::record;

constexpr size_t kHead = 8;

/// Calls `read`, which must only throw errors of the store.
template <typename Read>
void promised(const Read& read) {
    try {
        read();
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kStore);
    }
}

/// A filter of whatever was read finds all of it; bytes that are no filter hide nothing.
void filter_texts(ColumnKind kind, std::string_view message) {
    const std::string filter = text_filter_of(kind, message);
    const SortedTexts texts(kind, message);
    for (uint64_t i = 0; i < texts.blob().size(); ++i)
        promised([&] { STRATA_FUZZ_CHECK(TextProbe::exact(texts.blob()[i]).may_be_in(filter)); });
    (void)TextProbe::exact("_name").may_be_in(message);
}

void read_symbols(std::string_view message) {
    filter_texts(ColumnKind::kSymbols, message);
    const SymbolsView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) {
        promised([&] { (void)view.name(i); });
        promised([&] { (void)symbol_kind_name(view.kind(i)); });
        promised([&] { (void)view.dylib(i); });
        promised([&] { (void)view.target(i); });
        (void)view.flags(i);
    }
}

void read_places(std::string_view message) {
    const PlacesView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) promised([&] { (void)view.place(i); });
}

void read_functions(std::string_view message) {
    const FunctionsView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) (void)view[i];
}

void read_strings(std::string_view message) {
    filter_texts(ColumnKind::kStrings, message);
    const StringsView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) {
        promised([&] { (void)view.value(i); });
        promised([&] { (void)view.section(i); });
    }
}

void read_code(std::string_view message) {
    const CodeView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) (void)view[i];
}

void read_facts(std::string_view message) {
    const FactsView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) promised([&] { (void)view[i]; });
}

/// What could be read can be written, and read again.
void read_head(std::string_view message) {
    const Head head = decode_head(message);
    const Head again = decode_head(encode_head(head).bytes());
    STRATA_FUZZ_CHECK(again.uuid == head.uuid && again.aliases == head.aliases &&
                      again.section_digests == head.section_digests);
    STRATA_FUZZ_CHECK(again.failure.has_value() == head.failure.has_value());
    for (const auto kind : kColumnKinds) STRATA_FUZZ_CHECK(again.column(kind).same_content(head.column(kind)));
}

void read_firmware(std::string_view message) {
    const Firmware firmware = decode_firmware("name", message);
    const Firmware again = decode_firmware("name", encode_firmware(firmware).bytes());
    STRATA_FUZZ_CHECK(again.identity == firmware.identity && again.warnings == firmware.warnings &&
                      again.files.size() == firmware.files.size());
    (void)firmware.source_bytes();
}

void read_layout(std::string_view message) {
    const Layout layout = decode_layout(message);
    const auto chunk = encode_layout(layout);
    const Layout again = decode_layout(chunk.message.bytes());
    STRATA_FUZZ_CHECK(again.segments == layout.segments && again.dependencies == layout.dependencies &&
                      again.details == layout.details);
    STRATA_FUZZ_CHECK(again.sections.size() == layout.sections.size() && again.load_commands == layout.load_commands);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < kHead) return 0;
    // Exactly as many words as there are: one more would hide a read past the end.
    std::vector<uint64_t> words((size - kHead) / sizeof(uint64_t));
    if (words.empty()) return 0;
    std::memcpy(words.data(), data + kHead, words.size() * sizeof(uint64_t));
    const std::string_view message(reinterpret_cast<const char*>(words.data()), words.size() * sizeof(uint64_t));
    static constexpr void (*kReaders[])(std::string_view) = {read_symbols,  read_places, read_functions,
                                                             read_strings,  read_head,   read_layout,
                                                             read_firmware, read_facts,  read_code};
    promised([&] { kReaders[data[0] % std::size(kReaders)](message); });
    return 0;
}
