// From a path that a user gave to the source it stands for.
#pragma once

#include <filesystem>
#include <memory>

#include "extract/source.h"

namespace strata::extract {

/// A file of a shared cache, or a directory that holds one cache and no other binary: that cache. Any other directory,
/// a Mach-O file or an archive: a tree. Throws base::Error when there is nothing to index.
std::unique_ptr<Source> open_source(const std::filesystem::path& path);

}  // namespace strata::extract
