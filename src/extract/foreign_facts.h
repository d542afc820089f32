// From an ELF or PE file to its DiffInfo: the same head and columns as a Mach-O image has (docs/decisions.md says what
// of the one means what of the other).
#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "foreign/facts.h"
#include "foreign/worker_pool.h"
#include "record/head.h"
#include "record/symbols.h"

namespace strata::extract {

/// Reads the file in a worker of `pool` and extracts everything. `file` is all of it, mapped; `touched` as in
/// ImageContext. Memory: 136 bytes and the names of each symbol (at most 1 Mi), 24 bytes a string, for the duration of
/// the call; the worker's memory comes on top (foreign::WorkerLimits). Throws base::Error when it cannot be read.
record::Head extract_foreign(foreign::WorkerPool& pool, foreign::Format format, base::ByteView file,
                             const std::function<void(uint64_t)>& touched, const record::ChunkSink& sink);

/// The same for facts that are there already: `facts` must have been checked against `file` (foreign::FactsDecoder).
record::Head extract_foreign(const foreign::Facts& facts, base::ByteView file,
                             const std::function<void(uint64_t)>& touched, const record::ChunkSink& sink);

/// Architecture of an ELF or PE file as its header says, without a worker; empty when there is none. Throws nothing.
std::string foreign_arch(foreign::Format format, base::ByteView file);

}  // namespace strata::extract
