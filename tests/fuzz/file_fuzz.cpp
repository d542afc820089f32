// One file of a tree: what it is, which images are in it (fat slices, archive members), and their facts.
#include "base/error.h"
#include "chunk_checks.h"
#include "extract/binary.h"
#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const strata::base::ByteSource source{"file", data};
    const strata::base::ByteView file(&source, data, size);
    const auto nothing = [](uint64_t) {};
    strata::foreign::WorkerPool workers{strata::foreign::WorkerProgram{}};  // starts none: ELF and PE fail here
    const auto contents = strata::extract::list_images(
        file, [](const strata::extract::ImageSummary&) {}, nothing);
    // Slices may overlap and each be as large as the file: the indexer's work limit is not in play here.
    uint64_t work = 0;
    std::string last;
    for (const auto& image : contents) {
        if (image.failure) {
            STRATA_FUZZ_CHECK(!image.failure->message().empty());
            continue;
        }
        STRATA_FUZZ_CHECK(file.contains(image.offset, image.size));
        if ((work += image.size) > size * 8) return 0;
        try {
            strata::fuzz::ChunkChecker checker;
            checker.finish(strata::extract::extract_binary(image.kind, file.sub(image.offset, image.size, "image"),
                                                           workers, nothing, checker.sink()));
        } catch (const strata::base::Error& error) {
            STRATA_FUZZ_CHECK(!error.message().empty());
        }
    }
    return 0;
}
