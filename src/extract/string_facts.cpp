#include "extract/string_facts.h"

#include <algorithm>
#include <map>
#include <memory_resource>

#include "macho/strings.h"
#include "record/strings.h"

namespace strata::extract {
namespace {

// One entry of a column must stay small against the memory budget.
constexpr size_t kMaxString = 16U << 20;
// Strings cost 24 bytes each in memory, CFStrings are copied; the largest real images have some hundred thousand.
constexpr size_t kMaxStrings = 4U << 20;
constexpr uint64_t kMaxCfBytes = 64U << 20;
// CFStrings share their contents; hostile ones could all point at one large string.
constexpr uint64_t kCfAmplification = 4;
constexpr uint64_t kCfSlack = 1U << 20;

class StringCollector {
  public:
    explicit StringCollector(const ImageContext& context) : context_(context) {}

    void run(const record::ChunkSink& sink) {
        name_sections();
        for (const auto& section : context_.image.sections) {
            if (!section.has_bytes()) continue;
            if (macho::holds_c_strings(section)) add_c_strings(section);
            if (macho::holds_cf_strings(section)) add_cf_strings(section);
        }
        record::encode_strings(strings_, names_, sink);
    }

  private:
    static std::string name_of(const macho::Section& section) {
        return std::string(section.segment) + "," + std::string(section.name);
    }

    /// Names sorted, so that their indices sort like them.
    void name_sections() {
        for (const auto& section : context_.image.sections)
            if (macho::holds_c_strings(section) || macho::holds_cf_strings(section))
                index_.emplace(name_of(section), 0);
        for (auto& [name, index] : index_) {
            index = static_cast<uint16_t>(names_.size());
            names_.push_back(name);
        }
    }

    void add_c_strings(const macho::Section& section) {
        const uint16_t index = index_.at(name_of(section));
        const auto bytes = context_.space.at(section.address, section.size, "string section");
        macho::walk_c_strings(bytes, [&](std::string_view value) {
            if (value.size() > kMaxString)
                throw bytes.error(static_cast<uint64_t>(value.data() - bytes.as_text().data()),
                                  "string of " + base::hex(value.size()) + " bytes",
                                  "at most " + base::hex(kMaxString));
            check_count(section);
            strings_.push_back({value, index});
            context_.touched(value.size() + 1);
        });
    }

    void check_count(const macho::Section& section) const {
        if (strings_.size() == kMaxStrings)
            throw section.command.error(0, "more than " + std::to_string(kMaxStrings) + " strings",
                                        "fewer in one image");
    }

    void add_cf_strings(const macho::Section& section) {
        const uint16_t index = index_.at(name_of(section));
        const uint64_t limit =
            std::min(std::min(context_.image.declared_bytes(), kMaxCfBytes) * kCfAmplification + kCfSlack, kMaxCfBytes);
        macho::walk_cf_strings(context_.space, context_.image, section, [&](std::string_view value) {
            cf_bytes_ += value.size();
            if (cf_bytes_ > limit)
                throw section.command.error(0, "CFStrings add up to more than " + base::hex(limit) + " bytes",
                                            "contents in proportion to the image");
            check_count(section);
            auto* copy = static_cast<char*>(arena_.allocate(value.size() + 1, 1));
            std::copy(value.begin(), value.end(), copy);
            strings_.push_back({{copy, value.size()}, index});
            context_.touched(value.size() + 64);
        });
    }

    const ImageContext& context_;
    std::map<std::string, uint16_t> index_;
    std::vector<std::string> names_;
    std::vector<record::StringRecord> strings_;
    std::pmr::monotonic_buffer_resource arena_;
    uint64_t cf_bytes_ = 0;
};

}  // namespace

void extract_strings(const ImageContext& context, const record::ChunkSink& sink) {
    StringCollector(context).run(sink);
}

}  // namespace strata::extract
