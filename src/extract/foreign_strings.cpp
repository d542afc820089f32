// Strings of ELF and PE files. Only some sections of theirs say that they hold strings; the others are searched.
#include <algorithm>
#include <cstring>
#include <map>
#include <memory_resource>

#include "extract/foreign_image.h"
#include "extract/printable.h"
#include "foreign/elf_format.h"
#include "record/strings.h"

namespace strata::extract {
namespace {

using foreign::Section;

constexpr size_t kMaxStrings = 4U << 20;
constexpr size_t kMaxString = 1U << 20;  // a longer one is data that happens to have no zero
constexpr uint64_t kMaxWideBytes = 64U << 20;
constexpr uint64_t kPeInitialized = 0x40;  // IMAGE_SCN_CNT_INITIALIZED_DATA
constexpr uint64_t kPeWritable = 0x80000000;

enum class Holds : uint8_t { kNothing, kStrings, kSomeStrings };

class StringCollector {
  public:
    explicit StringCollector(const ForeignImage& image) : image_(image) {}

    void run(const record::ChunkSink& sink) {
        std::map<std::string, uint16_t> index;
        for (const auto& section : image_.facts.sections)
            if (holds(section) != Holds::kNothing) index.emplace(section.name, 0);
        std::vector<std::string> names;  // sorted, so that their indices sort like them
        for (auto& [name, number] : index) {
            number = static_cast<uint16_t>(names.size());
            names.push_back(name);
        }
        for (const auto& section : image_.facts.sections) {
            const Holds what = holds(section);
            if (what == Holds::kNothing) continue;
            section_ = index.at(std::string(section.name));
            const auto bytes = image_.bytes_of(section);
            if (what == Holds::kStrings) add_pieces(bytes.as_text());
            if (what == Holds::kSomeStrings) add_found(bytes.as_text());
            image_.touched(bytes.size());
        }
        record::encode_strings(strings_, names, sink);
    }

  private:
    Holds holds(const Section& section) const {
        if (section.file_size == 0 || image_.holds_code(section)) return Holds::kNothing;
        if (!image_.is_elf()) {
            const bool constant = (section.flags & kPeInitialized) != 0 && (section.flags & kPeWritable) == 0;
            return constant && (section.name == ".rdata" || section.name == ".rodata") ? Holds::kSomeStrings
                                                                                       : Holds::kNothing;
        }
        const uint64_t flags = section.flags;
        if ((flags & foreign::kShfAlloc) == 0 || (flags & (foreign::kShfWrite | foreign::kShfCompressed)) != 0)
            return Holds::kNothing;
        if ((flags & foreign::kShfStrings) != 0) return section.entry_size <= 1 ? Holds::kStrings : Holds::kNothing;
        return section.type == foreign::kShtProgbits && section.name.starts_with(".rodata") ? Holds::kSomeStrings
                                                                                            : Holds::kNothing;
    }

    void add(std::string_view value) {
        if (strings_.size() == kMaxStrings)
            throw image_.file.error(0, "more than " + std::to_string(kMaxStrings) + " strings", "fewer in one image");
        strings_.push_back({value, section_});
    }

    void add_pieces(std::string_view rest) {
        while (!rest.empty()) {
            const size_t end = std::min(rest.find('\0'), rest.size());
            if (end != 0 && end <= kMaxString) add(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }

    void add_found(std::string_view bytes) {
        walk_printable(bytes, [&](std::string_view value) { add(value); });
        if (image_.is_elf()) return;
        walk_printable_wide(bytes, [&](std::string_view value) {
            wide_bytes_ += value.size();
            if (wide_bytes_ > kMaxWideBytes)
                throw image_.file.error(0, "UTF-16 strings of more than " + base::hex(kMaxWideBytes) + " bytes",
                                        "fewer in one image");
            auto* copy = static_cast<char*>(arena_.allocate(value.size(), 1));
            std::copy(value.begin(), value.end(), copy);
            add({copy, value.size()});
        });
    }

    const ForeignImage& image_;
    uint16_t section_ = 0;
    std::vector<record::StringRecord> strings_;
    std::pmr::monotonic_buffer_resource arena_;
    uint64_t wide_bytes_ = 0;
};

}  // namespace

void extract_foreign_strings(const ForeignImage& image, const record::ChunkSink& sink) {
    StringCollector(image).run(sink);
}

}  // namespace strata::extract
