#include "damage_patient.h"

#include "signature.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace dscgen {

namespace {

namespace fs = std::filesystem;

constexpr u64 kMaxBytes = u64{1} << 30;

[[noreturn]] void absent(const std::string& what) {
    throw std::invalid_argument("damage: this cache has no " + what);
}

}  // namespace

Patient::Patient(const std::string& directory) {
    load(directory);
    era_ = static_cast<u32>(get({0, 0x10}, 4));
    const std::string arch(reinterpret_cast<const char*>(files[0].bytes.data()) + 7, 8);
    arch_ = parse_arch(arch.substr(arch.find_first_not_of(' ')));
    wide_ = is_64bit(arch_);
    for (File& f : files) {
        if (!f.is_cache) continue;
        File copy = f;
        f.is_signed = sign(copy) && copy.bytes == f.bytes;
    }
    read_mappings();
    read_images();
    report.file.clear();
}

void Patient::load(const std::string& directory) {
    if (!fs::is_directory(directory)) throw std::invalid_argument("damage: no such directory: " + directory);
    u64 total = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        File f;
        f.name = entry.path().filename().string();
        total += entry.file_size();
        if (total > kMaxBytes)
            throw std::invalid_argument("damage: takes small caches only, up to 1 GiB: " + directory);
        f.bytes.resize(entry.file_size());
        in.read(reinterpret_cast<char*>(f.bytes.data()), static_cast<std::streamsize>(f.bytes.size()));
        if (!in) throw std::runtime_error("cannot read " + entry.path().string());
        f.is_cache = f.name.rfind("dyld_shared_cache_", 0) == 0 && f.bytes.size() > 0x70 &&
                     std::memcmp(f.bytes.data(), "dyld_v1", 7) == 0;
        files.push_back(std::move(f));
    }
    // The main file first: its name is the shortest, the others' begin with it.
    std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
        if (a.is_cache != b.is_cache) return a.is_cache;
        return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
    });
    if (files.empty() || !files[0].is_cache) throw std::invalid_argument("damage: no cache in " + directory);
}

void Patient::read_mappings() {
    for (u32 f = 0; f < files.size() && files[f].is_cache; ++f) {
        if (files[f].name.ends_with(".symbols")) continue;
        const u64 count = get({f, 0x14}, 4);
        for (u64 i = 0; i < count; ++i) {
            const u64 at = era_ + i * 0x20;
            mappings_.push_back({get({f, at}, 8), get({f, at + 8}, 8), f, get({f, at + 16}, 8)});
        }
    }
}

void Patient::read_images() {
    const bool has_text = era_ >= 0x98;
    const u64 count = has_text ? get({0, 0x90}, 8) : get({0, 0x1C}, 4);
    for (u32 i = 0; i < count; ++i) {
        const Place record = has_text ? text_record(i) : image_record(i);
        const u64 address = get({0, record.offset + (has_text ? 16U : 0U)}, 8);
        const u64 path = get({0, record.offset + (has_text ? 28U : 24U)}, 4);
        const bool known =
            std::any_of(images_.begin(), images_.end(), [&](const ImageEntry& e) { return e.address == address; });
        if (!known) images_.push_back({address, text({0, path})});
    }
    // Something in the middle that others do not depend on in a special way.
    victim_ = static_cast<u32>(images_.size() / 2);
    if (images_[victim_].path == "/usr/lib/dyld" || victim_ == 0) victim_ = static_cast<u32>(images_.size()) - 1;
}

std::string Patient::text(Place at) const {
    std::string out;
    while (const u64 c = get(at, 1)) {
        out += static_cast<char>(c);
        ++at.offset;
    }
    return out;
}

// False where the file has no room for its signature: it was cut, or its header leads elsewhere.
bool Patient::sign(File& file) const {
    if (file.bytes.size() < 0x38) return false;
    u64 range[2];
    std::memcpy(range, file.bytes.data() + 0x28, sizeof range);
    const auto [at, size] = range;
    if (at >= file.bytes.size() || size != file.bytes.size() - at || size < signature_size(arch_, at)) return false;
    PageHashes hashes(arch_);
    hashes.add(file.bytes.data(), at);
    const std::vector<u8> signature = hashes.sign();
    std::copy(signature.begin(), signature.end(), file.bytes.begin() + static_cast<i64>(at));
    return true;
}

void Patient::write(const std::string& directory) {
    fs::create_directories(directory);
    for (File& f : files) {
        if (f.deleted) continue;
        if (f.is_signed) sign(f);
        std::ofstream out(directory + "/" + f.name, std::ios::binary);
        out.write(reinterpret_cast<const char*>(f.bytes.data()), static_cast<std::streamsize>(f.bytes.size()));
        if (!out.flush()) throw std::runtime_error("cannot write " + f.name);
    }
}

u64 Patient::get(Place at, u32 width) const {
    const std::vector<u8>& b = files[at.file].bytes;
    if (at.offset > b.size() || b.size() - at.offset < width) absent("such place");
    u64 v = 0;
    std::memcpy(&v, b.data() + at.offset, width);
    return v;
}

void Patient::set(Place at, u32 width, u64 value) {
    if (width < 8) value &= (u64{1} << (8 * width)) - 1;
    if (get(at, width) == value) throw std::invalid_argument("damage: the field already has this value");
    std::memcpy(files[at.file].bytes.data() + at.offset, &value, width);
    if (!report.file.empty()) return;
    report.file = files[at.file].name;
    report.offset = at.offset;
}

void Patient::truncate(u32 file, u64 size) {
    if (size >= files[file].bytes.size()) absent("file that long");
    files[file].bytes.resize(size);
    report.file = files[file].name;
    report.offset = size;
}

void Patient::remove(u32 file) {
    files[file].deleted = true;
    report.file = files[file].name;
}

Place Patient::header(u64 offset, u32 width) const {
    if (offset + width > era_) absent("such header field");
    return {0, offset};
}

Place Patient::mapping(u32 index, u64 field) const {
    if (index >= get({0, 0x14}, 4)) absent("such mapping");
    return {0, era_ + index * u64{0x20} + field};
}

Place Patient::slide_mapping(u32 index, u64 field) const {
    if (era_ < 0x140 || index >= get({0, 0x13C}, 4)) absent("slide mapping table");
    return {0, get({0, 0x138}, 4) + index * u64{0x38} + field};
}

Place Patient::translate(u64 address) const {
    for (const Mapped& m : mappings_) {
        if (address >= m.address && address - m.address < m.size) return {m.file, m.offset + (address - m.address)};
    }
    absent("such address");
}

u32 Patient::sub_count() const {
    return era_ < 0x190 ? 0 : static_cast<u32>(get({0, 0x18C}, 4));
}

Place Patient::sub_entry(u32 index, u64 field) const {
    const u64 size = era_ <= 0x1C8 ? 24 : 56;
    if (index >= sub_count() || field >= size) absent("such sub-cache entry");
    return {0, get({0, 0x188}, 4) + index * size + field};
}

u32 Patient::file_named(const std::string& suffix) const {
    for (u32 f = 1; f < files.size(); ++f) {
        if (files[f].is_cache && files[f].name.ends_with(suffix)) return f;
    }
    absent("file *" + suffix);
}

Place Patient::locals() const {
    for (u32 f = 0; f < files.size() && files[f].is_cache; ++f) {
        if (const u64 at = get({f, 0x48}, 8)) return {f, at};
    }
    absent("table of local symbols");
}

Place Patient::slide() const {
    for (u32 f = 0; f < files.size() && files[f].is_cache; ++f) {
        if (era_ < 0x140) {
            if (const u64 at = get({f, 0x38}, 8)) return {f, at};
            continue;
        }
        const u64 table = get({f, 0x138}, 4);
        for (u64 i = 0; i < get({f, 0x13C}, 4); ++i) {
            if (const u64 at = get({f, table + i * 0x38 + 24}, 8)) return {f, at};
        }
    }
    absent("slide info");
}

Place Patient::image_record(u32 index) const {
    return {0, get({0, era_ >= 0x1C8 ? 0x1C0U : 0x18U}, 4) + index * u64{0x20}};
}

Place Patient::text_record(u32 index) const {
    if (era_ < 0x98) absent("imagesText");
    return {0, get({0, 0x88}, 8) + index * u64{0x20}};
}

Place Patient::macho(u32 image) const {
    return translate(images_[image].address);
}

std::vector<LoadCommand> Patient::commands(u32 image) const {
    std::vector<LoadCommand> out;
    Place at = macho(image);
    const u64 count = get({at.file, at.offset + 16}, 4);
    at.offset += wide_ ? 32 : 28;
    for (u64 i = 0; i < count; ++i) {
        const u32 size = static_cast<u32>(get({at.file, at.offset + 4}, 4));
        out.push_back({static_cast<u32>(get(at, 4)), size, at});
        at.offset += size;
    }
    return out;
}

LoadCommand Patient::command(u32 image, std::initializer_list<u32> kinds) const {
    for (const LoadCommand& c : commands(image)) {
        if (std::find(kinds.begin(), kinds.end(), c.command) != kinds.end()) return c;
    }
    absent("such load command");
}

LoadCommand Patient::segment(u32 image, const std::string& name) const {
    for (const LoadCommand& c : commands(image)) {
        if ((c.command == 1 || c.command == 0x19) && text({c.place.file, c.place.offset + 8}) == name) return c;
    }
    absent("segment " + name);
}

Place Patient::section(u32 image, const std::string& name) const {
    for (const LoadCommand& c : commands(image)) {
        if (c.command != 1 && c.command != 0x19) continue;
        const u64 head = wide_ ? 72 : 56;
        const u64 size = wide_ ? 80 : 68;
        for (u64 at = c.place.offset + head; at + size <= c.place.offset + c.size; at += size) {
            const File& f = files[c.place.file];
            const char* p = reinterpret_cast<const char*>(f.bytes.data() + at);
            if (std::string(p, std::find(p, p + 16, '\0')) == name) return {c.place.file, at};
        }
    }
    absent("section " + name);
}

Place Patient::linkedit(u32 image, u64 offset) const {
    const LoadCommand c = segment(image, "__LINKEDIT");
    const u64 address = get({c.place.file, c.place.offset + 24}, wide_ ? 8 : 4);
    return {translate(address).file, offset};
}

Place Patient::trie_fields(u32 image) const {
    for (const LoadCommand& c : commands(image)) {
        if (c.command == 0x80000033) return {c.place.file, c.place.offset + 8};
        if (c.command == 0x80000022) return {c.place.file, c.place.offset + 40};
    }
    absent("exports trie");
}

}  // namespace dscgen
