#include "extract/shared_cache_source.h"

#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "extract/image_facts.h"
#include "macho/names.h"

namespace strata::extract {
namespace {

constexpr size_t kUuidInName = 8;  // digits: enough to tell builds of one version apart

/// "iOS-26.0.1-arm64e-B7DAA5D2"
std::string name_of(const dyld::CacheHeader& header, std::string_view uuid) {
    std::string name = header.platform == 0 ? "dyld" : macho::platform_name(header.platform);
    std::replace(name.begin(), name.end(), ' ', '-');
    if (header.os_version != 0) name += "-" + base::version_text(header.os_version);
    name += "-" + base::printable(header.arch);
    const std::string text = base::uuid_text(uuid);
    if (!text.empty()) name += "-" + text.substr(0, kUuidInName);
    return name;
}

std::string bytes_of(const dyld::Uuid& uuid) {
    return {uuid.begin(), uuid.end()};
}

}  // namespace

SharedCacheSource::SharedCacheSource(const std::filesystem::path& path, const ListOptions& options)
    : cache_(path), selectors_(dyld::find_selector_base(cache_)) {
    const auto& header = cache_.header();
    info_.identity = cache_.identity(options.reading);
    cache_.check_intact();  // an identity of bytes that changed while they were hashed would be nobody's
    info_.kind = "dyld_shared_cache";
    info_.path = cache_.files().main().file->path().string();
    info_.arch = header.arch;
    info_.platform = header.platform;
    info_.os_version = header.os_version;
    info_.uuid = bytes_of(header.uuid);
    info_.name = name_of(header, info_.uuid);
    info_.warnings = cache_.warnings();
    info_.bytes = cache_.total_bytes();
    for (const auto& file : cache_.files().files)
        info_.files.push_back({file.name(), file.file->size(), bytes_of(file.header.uuid)});
    if (cache_.files().symbols) {
        const auto& symbols = *cache_.files().symbols;
        info_.files.push_back({symbols.name(), symbols.file->size(), bytes_of(symbols.header.uuid)});
    }
    name_images();
}

/// Keys must be unique and not empty whatever the tables say, or one image would silently replace another.
void SharedCacheSource::name_images() {
    std::unordered_set<std::string> used;
    for (const auto& image : cache_.images()) {
        std::string key(image.path);
        if (key.empty()) key = "@" + base::hex(image.address);
        // Addresses are unique, but some other image's path may look like what is made here.
        while (!used.insert(key).second) key += "@" + base::hex(image.address);
        keys_.push_back(std::move(key));
    }
}

bool SharedCacheSource::is_special() const {
    // Only their caches say so: PLATFORM_* of the header.
    const std::string platform = macho::platform_name(info_.platform);
    return platform.find("Kit") != std::string::npos || platform.find("Exclave") != std::string::npos ||
           platform.find("Simulator") != std::string::npos;
}

std::string SharedCacheSource::label() const {
    std::string label = "dyld:";
    if (is_special()) {
        std::string platform = macho::platform_name(info_.platform);
        std::replace(platform.begin(), platform.end(), ' ', '-');
        label += platform + ":";
    }
    return label + base::printable(info_.arch);
}

void SharedCacheSource::choose_prefix(bool may_be_bare, const KeyTaken& taken) {
    const auto is_free = [&](const std::string& prefix) {
        return std::none_of(keys_.begin(), keys_.end(), [&](const std::string& key) { return taken(prefix + key); });
    };
    set_prefix("");
    if (may_be_bare && is_free("")) return;
    std::string prefix = label();
    for (unsigned n = 2; !is_free(prefix); ++n) prefix = label() + ":" + std::to_string(n);
    set_prefix(std::move(prefix));
}

void SharedCacheSource::avoid(const KeyTaken& taken) {
    choose_prefix(true, taken);
}

uint64_t SharedCacheSource::declared_bytes(uint64_t index) const {
    const auto& entry = cache_.images()[index];
    try {
        const macho::Image image = cache_.read_image(entry);
        const uint64_t bytes = image.declared_bytes();
        return bytes > info_.bytes ? image.header.size() : bytes;
    } catch (const base::Error&) {
        return macho::claimed_header_bytes(cache_.space(), entry.address);  // extract() will say what is wrong
    }
}

record::Head SharedCacheSource::extract_unchanged(const dyld::ImageEntry& entry, const record::ChunkSink& sink) const {
    try {
        const macho::Image image = cache_.read_image(entry);
        cache_.touched(image.header.size());
        if (const uint64_t bytes = image.declared_bytes(); bytes > info_.bytes)
            throw image.header.error(0, "sections and tables of this image add up to " + base::hex(bytes) + " bytes",
                                     "at most the " + base::hex(info_.bytes) + " bytes of all files");
        ImageContext context{cache_.space(), image, cache_.local_symbols(entry),
                             [this](uint64_t bytes) { cache_.touched(bytes); }, selectors_};
        context.owner = [this](uint64_t address) { return owners_.of(address); };
        context.walk_pointers = [this](uint64_t address, uint64_t size, const PointerVisitor& visit) {
            cache_.space().walk_pointers(address, size, visit);
        };
        record::Head head = extract_image(context, sink);
        // Only now is it known that no page was missing under what was read.
        cache_.check_intact();
        return head;
    } catch (...) {
        // What is wrong with a file that changed is that it changed, not what its zeros look like.
        cache_.check_intact();
        throw;
    }
}

record::Head SharedCacheSource::extract(uint64_t index, const record::ChunkSink& sink) const {
    const auto& entry = cache_.images()[index];
    if (entry.path.empty())
        throw cache_.files().main().file->view().error(
            entry.path_field, "image path at offset " + base::hex(entry.path_offset) + " cannot be read",
            "a NUL-terminated path of at most 4,096 bytes inside the file");
    record::Head head = extract_unchanged(entry, sink);
    const auto& aliases = cache_.aliases();
    const auto first = std::lower_bound(aliases.begin(), aliases.end(), index,
                                        [](const dyld::Alias& alias, uint64_t i) { return alias.image < i; });
    for (auto alias = first; alias != aliases.end() && alias->image == index; ++alias)
        head.aliases.push_back(alias->name);
    return head;
}

}  // namespace strata::extract
