#include "dyld/cache.h"

#include <algorithm>

namespace strata::dyld {
namespace {

using base::ByteView;

/// Pages with broken pointer chains that are told apart before a whole mapping is called broken.
constexpr size_t kMaxBadPages = 1000;  // of all mappings together

unsigned pointer_size_of(const std::string& arch) {
    const bool is_32 = arch == "i386" || arch == "arm64_32" || (arch.starts_with("arm") && !arch.starts_with("arm64"));
    return is_32 ? 4 : 8;
}

}  // namespace

ByteView CacheSpace::rest(uint64_t address, const char* what) const {
    const Region* region = mappings_.find(address);
    if (region == nullptr) {
        std::string missing;
        for (const auto& file : files_.missing)
            if (file.address != 0) missing += (missing.empty() ? "; missing files: " : ", ") + file.name;
        throw base::Error::input(
            files_.main().file->path().string(), 0,
            std::string(what) + " at address " + base::hex(address) + " is in no mapping of the opened files" + missing,
            "an address that a mapping holds");
    }
    const auto file = files_.files[region->file].file->view();
    const uint64_t delta = address - region->address;
    const uint64_t offset = region->file_offset + delta;
    if (offset >= file.size())
        throw file.error(
            file.size(),
            std::string(what) + " at address " + base::hex(address) + " is past the end: the file is truncated",
            "at least " + base::hex(region->file_offset + region->size) + " bytes");
    return file.sub(offset, std::min(region->size - delta, file.size() - offset), what);
}

uint64_t CacheSpace::decode_pointer(uint64_t raw, uint64_t) const {
    return slide_.version == 0 ? raw : slide_.decode(raw);
}

void CacheSpace::walk_pointers(uint64_t address, uint64_t size,
                               const std::function<void(uint64_t, uint64_t, uint64_t)>& visit) const {
    const Region* region = mappings_.find(address);
    if (region == nullptr || slide_.version == 0) return;
    const auto& file = files_.files[region->file];
    const uint64_t begin = address - region->address;
    dyld::walk_pointers(file.file->view(), file.header.mappings[region->mapping], slide_, begin,
                        begin + std::min(size, region->size - begin), [&](uint64_t at, uint64_t raw) {
                            visit(region->address + at, slide_.decode(raw), slide_.tag(raw));
                        });
}

void CacheSpace::read_slide_infos(unsigned pointer_size, base::Residency& residency) {
    for (const auto& file : files_.files) {
        for (const auto& mapping : file.header.mappings) {
            if (mapping.slide_size == 0) continue;
            try {
                const SlideInfo info = read_slide_info(file.file->view(), mapping, pointer_size);
                if (slide_.version == 0) slide_ = info;
                const size_t left = kMaxBadPages - std::min(kMaxBadPages, bad_.size());
                check_chains(file.file->view(), mapping, info, left, bad_, residency);
            } catch (const base::Error& error) {
                bad_.push_back({mapping.address, mapping.size, error});
            }
        }
    }
}

void CacheSpace::check_range(uint64_t address, uint64_t size) const {
    for (const auto& bad : bad_)
        if (address < bad.address + bad.size && bad.address < address + size) throw bad.error;
}

/// What lies behind a file's end is missing from images here and there, also where no image fails for it.
void SharedCache::warn_of_cut(const CacheFile& file) {
    const uint64_t size = file.file->size();
    uint64_t end = 0;
    for (const auto& mapping : file.header.mappings) end = std::max(end, mapping.file_offset + mapping.size);
    if (end > size)
        warnings_.push_back(file.name() + " is truncated: it has " + base::hex(size) +
                            " bytes and its mappings end at " + base::hex(end));
}

SharedCache::SharedCache(const std::filesystem::path& path, uint64_t resident_limit)
    : files_(open_cache_files(path)), residency_(resident_limit) {
    for (const auto& file : files_.files) residency_.add([mapped = file.file.get()] { mapped->release_pages(); });
    if (files_.symbols) residency_.add([mapped = files_.symbols->file.get()] { mapped->release_pages(); });
    for (const auto& missing : files_.missing) warnings_.push_back(missing.name + " is not used: " + missing.reason);
    for (const auto& file : files_.files) warn_of_cut(file);
    pointer_size_ = pointer_size_of(header().arch);
    try {
        read_tables();
    } catch (const base::Error&) {
        check_intact();  // what is wrong with a file that changed is that it changed
        throw;
    }
    check_intact();
}

void SharedCache::read_tables() {
    space_ = std::make_unique<CacheSpace>(files_);
    space_->read_slide_infos(pointer_size_, residency_);
    images_ = read_images(files_.main().file->view(), header(), *space_);
    warnings_.insert(warnings_.end(), images_.warnings.begin(), images_.warnings.end());
    read_locals();
}

void SharedCache::read_locals() {
    const CacheFile& holder = files_.symbols ? *files_.symbols : files_.main();
    try {
        locals_ = LocalSymbols(holder.file->view(), holder.header, pointer_size_ == 8);
    } catch (const base::Error& error) {
        // Every image would lose symbols silently; they fail instead, each with this reason.
        locals_error_ = std::make_unique<base::Error>(error);
    }
}

macho::Image SharedCache::read_image(const ImageEntry& entry) const {
    macho::Image image = macho::read_image(*space_, entry.address);
    for (const auto& segment : image.segments)
        if (segment.name != "__LINKEDIT" && segment.size != 0) space_->check_range(segment.address, segment.size);
    return image;
}

macho::SymbolTable SharedCache::local_symbols(const ImageEntry& entry) const {
    if (locals_error_) throw *locals_error_;
    return locals_.of(entry.address - header().base_address());
}

base::Digest SharedCache::identity(const base::Reading& reading) const {
    std::vector<const CacheFile*> files;
    for (const auto& file : files_.files) files.push_back(&file);
    if (files_.symbols) files.push_back(&*files_.symbols);
    base::FileList list;
    for (const auto* file : files) list.sizes.push_back(file->file->size());
    // The mappings stay this object's: what is handed out does not own them.
    list.open = [&](size_t i) {
        return std::shared_ptr<const base::MappedFile>(std::shared_ptr<void>(), files[i]->file.get());
    };
    const auto digests = base::digest_files(list, reading);
    base::Sha256 hash;
    for (size_t i = 0; i < files.size(); ++i) {
        if (digests[i].error) throw base::Error(*digests[i].error);
        hash.update(files[i]->suffix).update("\0", 1).update(digests[i].digest.view());
    }
    return hash.finish();
}

uint64_t SharedCache::total_bytes() const {
    uint64_t total = files_.symbols ? files_.symbols->file->size() : 0;
    for (const auto& file : files_.files) total += file.file->size();
    return total;
}

void SharedCache::release_pages() const {
    for (const auto& file : files_.files) file.file->release_pages();
    if (files_.symbols) files_.symbols->file->release_pages();
}

void SharedCache::check_intact() const {
    for (const auto& file : files_.files) file.file->check_intact();
    if (files_.symbols) files_.symbols->file->check_intact();
}

}  // namespace strata::dyld
