#pragma once
// A small cache held in memory to be damaged: finds the places of fields by reading the bytes, not from the
// generator's own layout, so that it works on any sound cache.

#include "dscgen.h"

#include <functional>

namespace dscgen {

struct Place {
    u32 file = 0;
    u64 offset = 0;
};

struct LoadCommand {
    u32 command;
    u32 size;
    Place place;
};

class Patient {
  public:
    // Reads all files of the directory. Throws std::invalid_argument when there is no cache in it, or one too large to
    // be held in memory.
    explicit Patient(const std::string& directory);
    // Files that were signed as their bytes are, are signed anew: the damage looks like the work of whoever built the
    // cache, and is other content for those who go by the signature.
    void write(const std::string& directory);

    struct File {
        std::string name;
        std::vector<u8> bytes;
        bool is_cache = false;
        bool deleted = false;
        bool is_signed = false;  // the signature is the one of the bytes
    };
    std::vector<File> files;  // the main cache file is the first
    Damage report;

    u32 era() const { return era_; }
    bool wide() const { return wide_; }
    u64 get(Place at, u32 width) const;
    // Changes a field; throws std::invalid_argument when it already has this value, as the result would be sound.
    void set(Place at, u32 width, u64 value);
    u64 file_size(Place at) const { return files[at.file].bytes.size(); }
    void truncate(u32 file, u64 size);
    void remove(u32 file);

    // A header field of the main file; throws when this era's header does not reach so far.
    Place header(u64 offset, u32 width) const;
    Place mapping(u32 index, u64 field) const;
    Place slide_mapping(u32 index, u64 field) const;
    Place translate(u64 address) const;
    Place sub_entry(u32 index, u64 field) const;
    u32 sub_count() const;
    u32 file_named(const std::string& suffix) const;  // ".symbols" and the like; throws when absent
    // The file and offset of the table of local symbols.
    Place locals() const;
    // First slide info of any file.
    Place slide() const;

    // The images in table order, and the one that image kinds hit.
    u32 image_count() const { return static_cast<u32>(images_.size()); }
    u64 image_address(u32 index) const { return images_[index].address; }
    const std::string& image_path(u32 index) const { return images_[index].path; }
    Place image_record(u32 index) const;
    Place text_record(u32 index) const;
    u32 victim() const { return victim_; }
    // The damage is the victim's.
    void hit_victim() { report.image = image_path(victim()); }

    Place macho(u32 image) const;
    std::vector<LoadCommand> commands(u32 image) const;
    LoadCommand command(u32 image, std::initializer_list<u32> kinds) const;
    LoadCommand segment(u32 image, const std::string& name) const;
    Place section(u32 image, const std::string& name) const;
    // Where a linkedit offset found in a load command of this image points to.
    Place linkedit(u32 image, u64 offset) const;
    // Offset and size of the exports trie as the load command has them.
    Place trie_fields(u32 image) const;

  private:
    struct Mapped {
        u64 address;
        u64 size;
        u32 file;
        u64 offset;
    };
    struct ImageEntry {
        u64 address;
        std::string path;
    };
    void load(const std::string& directory);
    bool sign(File& file) const;
    void read_mappings();
    void read_images();
    std::string text(Place at) const;

    u32 era_ = 0;
    bool wide_ = true;
    Arch arch_ = Arch::arm64;
    std::vector<Mapped> mappings_;
    std::vector<ImageEntry> images_;
    u32 victim_ = 0;
};

// One way of damage and the code that does it.
struct Kind {
    DamageKind info;
    std::function<void(Patient&)> apply;
};

// The seven values for a field: 0, 1, max-1, max, size-1, size, size+1, where size is the file's. `fatal` has a letter
// for each (c cache, i image, n none, a any) or '-' to leave it out.
void add_field(std::vector<Kind>& kinds, const std::string& name, u32 width, const char* fatal,
               const std::function<Place(const Patient&)>& locate, bool hits_image);
void add_kind(std::vector<Kind>& kinds, const std::string& name, Fatal fatal, const std::string& what,
              std::function<void(Patient&)> apply);

void add_file_kinds(std::vector<Kind>& kinds);
void add_header_kinds(std::vector<Kind>& kinds);
void add_table_kinds(std::vector<Kind>& kinds);
void add_image_kinds(std::vector<Kind>& kinds);
void add_linkedit_kinds(std::vector<Kind>& kinds);

}  // namespace dscgen
