#include "extract/open_source.h"

#include "base/mapped_file.h"
#include "extract/shared_cache_source.h"
#include "extract/sniff.h"
#include "extract/tree_source.h"

namespace strata::extract {
namespace fs = std::filesystem;

std::unique_ptr<Source> open_source(const fs::path& path, const foreign::WorkerProgram& worker,
                                    const ListOptions& options) {
    std::error_code error;
    if (!fs::exists(path, error)) throw base::Error::io(path.string(), "no such file or directory");
    if (!fs::is_directory(path, error)) {
        const auto file = base::MappedFile::open(path);
        const FileKind kind = sniff(file->view());
        // What is no binary at all may still be told what is wrong with it as a cache.
        if (!is_binary(kind) || kind == FileKind::kCache) return std::make_unique<SharedCacheSource>(path, options);
        return std::make_unique<TreeSource>(path, worker, options);
    }
    auto tree = std::make_unique<TreeSource>(path, worker, options);
    if (auto cache = tree->take_only_cache()) return cache;
    // A folder of nothing but a broken cache is that cache, and says what is wrong with it.
    if (tree->holds_only_bad_caches()) return std::make_unique<SharedCacheSource>(path, options);
    return tree;
}

}  // namespace strata::extract
