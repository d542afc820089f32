// From a path that a user gave to the source it stands for.
#pragma once

#include <filesystem>
#include <memory>

#include "extract/list_options.h"
#include "extract/source.h"
#include "foreign/worker_pool.h"

namespace strata::extract {

/// A file of a shared cache, or a directory that holds one cache and no other binary: that cache. Any other directory,
/// another binary or an archive: a tree. `worker` reads ELF and PE files; without one they are failed images. Throws
/// base::Error when there is nothing to index.
std::unique_ptr<Source> open_source(const std::filesystem::path& path, const foreign::WorkerProgram& worker = {},
                                    const ListOptions& options = {});

}  // namespace strata::extract
