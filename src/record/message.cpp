#include "record/message.h"

#include <cstring>

namespace strata::record {
namespace {
constexpr uint64_t kSlackWords = 64;  // the library counts headers of lists and structs too
}

Message encode(capnp::MessageBuilder& builder) {
    const auto segments = builder.getSegmentsForOutput();
    if (segments.size() != 1) {
        // Falls back to the library's own framing; still one record, only with a longer table.
        const auto flat = capnp::messageToFlatArray(segments);
        std::vector<uint64_t> words(flat.size());
        std::memcpy(words.data(), flat.begin(), flat.size() * sizeof(capnp::word));
        return Message(std::move(words));
    }
    // Framing of one segment: u32 segment count - 1, u32 size in words (capnproto.org, "Serialization Over a Stream").
    std::vector<uint64_t> words(segments[0].size() + 1);
    const uint32_t header[2] = {0, static_cast<uint32_t>(segments[0].size())};
    std::memcpy(words.data(), header, sizeof header);
    std::memcpy(words.data() + 1, segments[0].begin(), segments[0].size() * sizeof(capnp::word));
    return Message(std::move(words));
}

capnp::MallocMessageBuilder sized_builder(uint64_t bytes) {
    return capnp::MallocMessageBuilder(static_cast<unsigned>(bytes / sizeof(capnp::word) + 64),
                                       capnp::AllocationStrategy::GROW_HEURISTICALLY);
}

MessageView::MessageView(std::string_view bytes, const char* what, Access access) {
    const auto address = reinterpret_cast<uintptr_t>(bytes.data());
    if (bytes.size() < sizeof(capnp::word) || bytes.size() % sizeof(capnp::word) != 0 ||
        address % sizeof(capnp::word) != 0)
        fail_record(what, "size or alignment is not that of a message");
    const kj::ArrayPtr<const capnp::word> words(reinterpret_cast<const capnp::word*>(bytes.data()),
                                                bytes.size() / sizeof(capnp::word));
    capnp::ReaderOptions options;
    // The library's own default is made for one pass over a network message; columns are looked at again and again.
    options.traversalLimitInWords = access == Access::kOnce ? words.size() * 2 + kSlackWords : UINT64_MAX >> 4;
    guarded(what, [&] { reader_.emplace(words, options); });
}

void fail_record(const char* what, const std::string& why) {
    throw base::Error::store("", std::string(what) + " is damaged: " + why);
}

}  // namespace strata::record
