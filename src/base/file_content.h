// A digest of everything that is in a file, at the speed of memory: what tells whether an input is the same as one read
// before. Headers, uuids and code signatures do not: a person may edit a byte and leave them as they are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/sha256.h"
#include "base/stop.h"

namespace strata::base {

/// How a long read is done, and who looks on.
struct Reading {
    unsigned jobs = 0;               ///< threads; 0 = all cores
    const StopFlag* stop = nullptr;  ///< asked every MiB
    /// Bytes read so far and bytes of all; from any thread, one call at a time.
    std::function<void(uint64_t done, uint64_t total)> progress;
};

/// One of them is set.
struct FileDigest {
    Digest digest;
    std::shared_ptr<const Error> error;
};

/// The files that digest_files() is to read: their sizes, and how to open one (from any thread).
struct FileList {
    std::vector<uint64_t> sizes;
    std::function<std::shared_ptr<const MappedFile>(size_t index)> open;
};

/// The digest of a file: SHA-256 over its size and the 128-bit XXH3 of each MiB. As XXH3 is not cryptographic, equal
/// digests tell equal content of files that nobody made to deceive. One MiB of the mapping is resident at a time, and
/// what was resident before is not afterwards. Memory: 16 bytes for each MiB of the file. Throws Error(kIo) when it
/// cannot be read or changed, Error(kInterrupted) when asked to stop.
Digest digest_file(const MappedFile& file, const StopFlag* stop = nullptr);

/// The same of several files at once, in their order, on many threads. Resident: 1 MiB of mapped pages a thread;
/// memory: 16 bytes for each MiB of all files. A file that cannot be read has an error instead. Throws
/// Error(kInterrupted) when asked to stop.
std::vector<FileDigest> digest_files(const FileList& files, const Reading& reading);

}  // namespace strata::base
