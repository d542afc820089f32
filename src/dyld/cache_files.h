// Which files make up a cache: the main file, its sub-caches, its .symbols file. All are mapped, none is read.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "dyld/cache_header.h"

namespace strata::dyld {

/// One opened file of a cache.
struct CacheFile {
    std::unique_ptr<base::MappedFile> file;
    CacheHeader header;
    std::string suffix;  ///< after the stem; empty for the main file
    std::string name() const { return file->path().filename().string(); }
};

/// A file that the main one lists but that could not be used, and why.
struct MissingFile {
    std::string name;
    std::string reason;
    uint64_t address = 0;  ///< first address it would have held; 0 for .symbols
};

struct CacheFiles {
    std::vector<CacheFile> files;  ///< main first, then sub-caches in the order listed; .symbols is apart
    std::unique_ptr<CacheFile> symbols;
    std::vector<MissingFile> missing;

    const CacheFile& main() const { return files.front(); }
};

/// Which of these files, all of one directory, are main files of caches: those that list images and that no other file
/// lists. A development main beside its customer main, which lists the same images, is left out. Sorted.
std::vector<std::filesystem::path> find_cache_mains(const std::vector<std::filesystem::path>& files);

/// Opens a cache by its main file, by any of its sub-caches or its .symbols file (the main one is found next to it), or
/// by a directory that holds one cache. Where a directory holds a customer and a development main of the same cache,
/// the customer one is taken. A listed file that is absent or does not match is reported in `missing`. Throws Error
/// when there is no usable main file.
CacheFiles open_cache_files(const std::filesystem::path& path);

}  // namespace strata::dyld
