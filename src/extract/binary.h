// One file on disk and the images in it: a thin Mach-O is one, a fat file has one for each slice, an archive one for
// each member. What a kind of file is read by is decided here and nowhere else; new kinds plug in here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "extract/sniff.h"
#include "foreign/worker_pool.h"
#include "record/head.h"
#include "record/symbols.h"

namespace strata::extract {

/// Whether files of this kind are indexed: those that images are made of, and those that hold them.
bool is_binary(FileKind kind);

/// An image in a file. 72 bytes, and the suffix's text.
struct FoundImage {
    std::string
        suffix;  ///< what its key has after the file's path: "", "@arm64", "(member.o)@x86_64"; unique in the file
    FileKind kind = FileKind::kOther;
    uint64_t offset = 0;  ///< in the file
    uint64_t size = 0;
    std::shared_ptr<const base::Error> failure;  ///< set when listing already found that it cannot be read
};

/// What an image says about itself, for the firmware as a whole.
struct ImageSummary {
    std::string arch;
    uint32_t platform = 0;
};

/// Lists the images of a file, in file order, as far as headers and tables tell. `see` is told about each one whose
/// header could be read. A file that cannot be listed further gives an image with a failure, so that nothing goes
/// unsaid. `touched` as in ImageContext. Reads headers and load commands. Throws nothing for bad content.
std::vector<FoundImage> list_images(base::ByteView file, const std::function<void(const ImageSummary&)>& see,
                                    const std::function<void(uint64_t)>& touched);

/// All facts of one image: `bytes` are its own, cut out of the file. ELF and PE are read by `workers`. Throws
/// base::Error when it cannot be read.
record::Head extract_binary(FileKind kind, base::ByteView bytes, foreign::WorkerPool& workers,
                            const std::function<void(uint64_t)>& touched, const record::ChunkSink& sink);

}  // namespace strata::extract
