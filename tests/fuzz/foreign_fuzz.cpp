// What a worker process says of an ELF or PE file, when the worker was taken over by the file: frames as they come from
// its socket. The first byte is the format; all bytes together are the file that the facts must fit.
#include <string>

#include "base/error.h"
#include "chunk_checks.h"
#include "extract/foreign_facts.h"
#include "foreign/wire.h"
#include "fuzz_check.h"

namespace {

using namespace strata;

/// Feeds the frames in `stream`; the facts when the last one came.
std::unique_ptr<foreign::Facts> decode(foreign::Format format, base::ByteView file, std::string_view stream) {
    foreign::FactsDecoder decoder(format, file);
    while (!decoder.done() && stream.size() >= foreign::kFrameHead) {
        uint32_t size = 0;
        for (unsigned i = 0; i < 4; ++i) size |= uint32_t{static_cast<uint8_t>(stream[1 + i])} << (8 * i);
        const auto payload = stream.substr(foreign::kFrameHead);
        if (size > payload.size()) return nullptr;
        decoder.frame(static_cast<uint8_t>(stream[0]), payload.substr(0, size));
        stream = payload.substr(size);
    }
    return decoder.done() ? decoder.take() : nullptr;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const base::ByteSource source{"file", data};
    const base::ByteView file(&source, data, size);
    const auto format = (data[0] & 1) != 0 ? foreign::Format::kElf : foreign::Format::kPe;
    (void)extract::foreign_arch(format, file);
    try {
        const auto facts = decode(format, file, file.as_text().substr(1));
        if (!facts) return 0;
        for (const auto& section : facts->sections)
            STRATA_FUZZ_CHECK(file.contains(section.file_offset, section.file_size));
        fuzz::ChunkChecker checker;
        checker.finish(extract::extract_foreign(
            *facts, file, [](uint64_t) {}, checker.sink()));
    } catch (const base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == base::ErrorKind::kInput && !error.message().empty());
    }
    return 0;
}
