#include "dyld/cache_files.h"

#include <algorithm>
#include <optional>

namespace strata::dyld {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kDevelopment = ".development";
constexpr std::string_view kSymbols = ".symbols";
constexpr uint64_t kUniversal = 2;  // cacheType

CacheFile open_file(const fs::path& path, std::string suffix) {
    CacheFile file;
    file.file = base::MappedFile::open(path);
    file.header = read_cache_header(file.file->view());
    file.suffix = std::move(suffix);
    return file;
}

bool is_development_name(const std::string& name) {
    return name.ends_with(kDevelopment);
}

/// What sub-cache suffixes are appended to. From iOS 16 on ("universal") both mains share one set of files.
std::string stem_of(const std::string& main_path, const CacheHeader& main) {
    if (main.cache_type == kUniversal && is_development_name(main_path))
        return main_path.substr(0, main_path.size() - kDevelopment.size());
    return main_path;
}

std::string without_development(const std::string& path) {
    return is_development_name(path) ? path.substr(0, path.size() - kDevelopment.size()) : path;
}

/// Whether `main` (at `main_path`) lists the file `path`, by name and, when `header` is given, by uuid.
bool lists(const std::string& main_path, const CacheHeader& main, const std::string& path, const CacheHeader& header) {
    if (!is_null(main.symbols_uuid) && without_development(main_path) + std::string(kSymbols) == path)
        return main.symbols_uuid == header.uuid;
    const std::string stem = stem_of(main_path, main);
    return std::any_of(main.sub_caches.begin(), main.sub_caches.end(), [&](const SubCacheEntry& entry) {
        return stem + entry.suffix == path && entry.uuid == header.uuid;
    });
}

std::optional<CacheHeader> try_header(const fs::path& path) {
    try {
        const auto file = base::MappedFile::open(path);
        return read_cache_header(file->view());
    } catch (const base::Error&) {
        return std::nullopt;
    }
}

/// The main file that lists `path`, looked for under every shorter name next to it ("X.02.development" -> "X", then
/// also "X.development").
std::optional<fs::path> find_main(const fs::path& path, const CacheHeader& header) {
    std::string name = path.string();
    for (auto dot = name.rfind('.'); dot != std::string::npos && dot > name.rfind('/') + 1; dot = name.rfind('.')) {
        name.resize(dot);
        for (const std::string& candidate : {name, name + std::string(kDevelopment)}) {
            if (candidate == path.string()) continue;
            const auto main = try_header(candidate);
            if (main && lists(candidate, *main, path.string(), header)) return candidate;
        }
    }
    return std::nullopt;
}

/// The one main file in a directory.
fs::path find_main_in(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored)) files.push_back(entry->path());
    }
    if (error) throw base::Error::io(directory.string(), "cannot be listed: " + error.message());
    const auto mains = find_cache_mains(files);
    if (mains.size() == 1) return mains.front();
    if (mains.empty()) throw base::Error::io(directory.string(), "holds no dyld shared cache that can be read");
    std::string names;
    for (const auto& path : mains) names += (names.empty() ? "" : ", ") + path.filename().string();
    throw base::Error::io(directory.string(), "holds several caches; name one of them: " + names);
}

void open_sub_cache(const SubCacheEntry& entry, const std::string& stem, CacheFiles& files) {
    const fs::path path = stem + entry.suffix;
    const uint64_t base = files.main().header.base_address();
    const auto missing = [&](std::string reason) {
        files.missing.push_back({path.filename().string(), std::move(reason), base + entry.vm_offset});
    };
    try {
        CacheFile file = open_file(path, entry.suffix);
        const auto& header = file.header;
        if (header.magic != files.main().header.magic) return missing("its magic differs from the main file's");
        if (header.uuid != entry.uuid) return missing("its uuid is not the one that the main file lists");
        if (entry.vm_offset > UINT64_MAX - base || header.base_address() != base + entry.vm_offset)
            return missing("it is mapped at " + base::hex(header.base_address()) + ", not at base + " +
                           base::hex(entry.vm_offset) + " as the main file says");
        files.files.push_back(std::move(file));
    } catch (const base::Error& error) {
        missing(error.what());
    }
}

void open_symbols(const std::string& main_path, CacheFiles& files) {
    const CacheHeader& main = files.main().header;
    if (is_null(main.symbols_uuid)) return;
    const fs::path path = without_development(main_path) + std::string(kSymbols);
    try {
        auto file = std::make_unique<CacheFile>(open_file(path, std::string(kSymbols)));
        if (file->header.uuid == main.symbols_uuid) {
            files.symbols = std::move(file);
        } else {
            files.missing.push_back({path.filename().string(), "its uuid is not the one that the main file lists", 0});
        }
    } catch (const base::Error& error) {
        files.missing.push_back({path.filename().string(), error.what(), 0});
    }
}

}  // namespace

std::vector<fs::path> find_cache_mains(const std::vector<fs::path>& files) {
    std::vector<std::pair<std::string, CacheHeader>> caches;
    for (const auto& file : files)
        if (const auto header = try_header(file)) caches.emplace_back(file.string(), *header);
    std::sort(caches.begin(), caches.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<fs::path> mains;
    for (const auto& [path, header] : caches) {
        const bool listed =
            std::any_of(caches.begin(), caches.end(), [&, &path = path, &header = header](const auto& other) {
                return lists(other.first, other.second, path, header);
            });
        if (!listed && header.lists_images()) mains.emplace_back(path);
    }
    const auto all = mains;
    std::erase_if(mains, [&](const fs::path& path) {
        return is_development_name(path.string()) &&
               std::find(all.begin(), all.end(), without_development(path.string())) != all.end();
    });
    return mains;
}

CacheFiles open_cache_files(const fs::path& given) {
    std::error_code error;
    if (!fs::exists(given, error)) throw base::Error::io(given.string(), "no such file or directory");
    fs::path path = fs::is_directory(given) ? find_main_in(given) : given;
    CacheFile main = open_file(path, "");
    // A listed file opened by itself leads to the main one; iOS 15 and x86_64 sub-caches have image tables of their
    // own.
    if (const auto found = find_main(path, main.header)) {
        path = *found;
        main = open_file(path, "");
    } else if (!main.header.lists_images()) {
        throw base::Error::input(
            path.string(), 0, "is a part of a shared cache that lists no images, and no main file next to it lists it",
            "the main file (the one without a suffix)");
    }
    CacheFiles files;
    files.files.push_back(std::move(main));
    const auto entries = files.main().header.sub_caches;
    const std::string stem = stem_of(path.string(), files.main().header);
    for (const auto& entry : entries) open_sub_cache(entry, stem, files);
    open_symbols(path.string(), files);
    return files;
}

}  // namespace strata::dyld
