#include "extract/data_facts.h"

#include <algorithm>
#include <cstring>

#include "code/fingerprint.h"
#include "extract/limits.h"
#include "macho/strings.h"
#include "record/facts.h"

namespace strata::extract {
namespace {

using macho::Section;

constexpr uint64_t kPiece = 1U << 16;

/// Whether the image defines Swift types or conformances, whose descriptors are in __TEXT,__const.
bool is_swift(const macho::Image& image) {
    return std::any_of(image.sections.begin(), image.sections.end(), [](const Section& section) {
        return section.size != 0 && (section.name == "__swift5_types" || section.name == "__swift5_proto" ||
                                     section.name == "__swift5_protos");
    });
}

bool holds_symbol_pointers(const Section& section) {
    const uint32_t type = section.type();
    return type == 0x6 || type == 0x7 || type == 0x10 || section.name.ends_with("_got") || section.name == "__got";
}

bool is_number_literal(const Section& section) {
    const uint32_t type = section.type();
    return type == macho::k4ByteLiterals || type == macho::k8ByteLiterals || type == macho::k16ByteLiterals;
}

/// Of Go's linker: tables of offsets into code and types.
bool holds_go_tables(const Section& section) {
    return section.name.starts_with("__gopclntab") || section.name.starts_with("__typelink") ||
           section.name.starts_with("__itablink");
}

bool is_compared(const Section& section, bool swift) {
    if (!section.has_bytes() || section.holds_code() || macho::holds_c_strings(section) ||
        macho::holds_cf_strings(section) || holds_symbol_pointers(section) || is_number_literal(section))
        return false;
    if (section.name.starts_with("__objc") || section.name.starts_with("__swift")) return false;
    if (holds_go_tables(section)) return false;
    if (section.segment == "__TEXT") return section.name == "__const" && !swift;
    return section.segment != "__LINKEDIT" && section.segment != "__DWARF" && section.segment != "__LD";
}

std::string hex_text(uint64_t value) {
    std::string text(16, '0');
    for (size_t i = text.size(); i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
    return text;
}

/// Swift keeps caches of type metadata in __data that begin as a distance to the type's mangled name and the negated
/// length of that name. Distances follow the layout. Where the names are is known, so nothing else is taken for one.
class MetadataCaches {
  public:
    MetadataCaches(const macho::Image& image, const Section& section) {
        if (section.name != "__data") return;
        for (const auto& other : image.sections)
            if (other.name == "__swift5_typeref" && other.size != 0 && names_.size() < kMostSections)
                names_.push_back({other.address, other.size});
    }

    bool possible() const { return !names_.empty(); }

    /// Whether the 8 bytes at `address` are one.
    bool is_one(uint64_t address, const char* bytes) const {
        int32_t distance = 0;
        int32_t length = 0;
        std::memcpy(&distance, bytes, sizeof distance);
        std::memcpy(&length, bytes + sizeof distance, sizeof length);
        if (length >= 0 || length < -kLongestName) return false;
        const uint64_t target = address + static_cast<uint64_t>(int64_t{distance});
        return std::any_of(names_.begin(), names_.end(),
                           [&](const auto& names) { return target - names.first < names.second; });
    }

  private:
    static constexpr int32_t kLongestName = 1 << 16;
    static constexpr size_t kMostSections = 4;          // real images have one
    std::vector<std::pair<uint64_t, uint64_t>> names_;  // address and size of their sections
};

/// Fixups that make no sense: nothing can be said about data.
struct Unreadable {
    std::string message;
};

/// Hands out a section's content, pointers replaced, in steps that begin at multiples of kPiece.
class Content {
  public:
    Content(const ImageContext& context, const Section& section, Meanings& meanings)
        : context_(context),
          section_(section),
          meanings_(meanings),
          caches_(context.image, section),
          bytes_(context.space.at(section.address, section.size, "section")),
          pointer_(context.image.pointer_size()) {}

    /// The step at `at`. Valid until the next call; call in order.
    std::string_view step(uint64_t at) {
        const uint64_t size = std::min(kPiece, bytes_.size() - at);
        context_.touched(size);
        const auto raw = bytes_.sub(at, size, "section").as_text();
        buffer_.clear();
        const auto own = [&] {
            if (buffer_.empty()) buffer_.assign(raw);
        };
        if (!rest_.empty()) {  // of a pointer that the step before began
            own();
            std::memcpy(buffer_.data(), rest_.data(), std::min(rest_.size(), buffer_.size()));
            rest_.clear();
        }
        if (context_.walk_pointers) {
            try {
                context_.walk_pointers(section_.address + at, size, [&](uint64_t where, uint64_t target, uint64_t tag) {
                    own();
                    put(where - section_.address - at, meaning(target, tag));
                });
            } catch (const base::Error& error) {
                // In a cache a damaged page is an error of the image, as everywhere.
                if (error.kind() != base::ErrorKind::kInput || !context_.bound_symbol) throw;
                throw Unreadable{error.message()};
            }
        }
        const uint64_t first = (kCacheSize - (section_.address + at) % kCacheSize) % kCacheSize;
        for (uint64_t i = first; caches_.possible() && i + kCacheSize <= raw.size(); i += kCacheSize) {
            if (!caches_.is_one(section_.address + at + i, raw.data() + i)) continue;
            own();
            std::memset(buffer_.data() + i, 0, kCacheSize);
        }
        return buffer_.empty() ? raw : std::string_view(buffer_);
    }
    uint64_t size() const { return bytes_.size(); }

  private:
    uint64_t meaning(uint64_t target, uint64_t tag) {
        const uint64_t words[] = {target == 0 ? 0 : meanings_.of_pointer(target), tag};
        return code::hash_bytes(words, sizeof words);
    }

    void put(uint64_t at, uint64_t value) {
        const uint64_t fits = std::min<uint64_t>(pointer_, buffer_.size() - at);
        std::memcpy(buffer_.data() + at, &value, fits);
        rest_.assign(reinterpret_cast<const char*>(&value) + fits, pointer_ - fits);
    }

    static constexpr uint64_t kCacheSize = 8;

    const ImageContext& context_;
    const Section& section_;
    Meanings& meanings_;
    const MetadataCaches caches_;
    base::ByteView bytes_;
    const uint64_t pointer_;
    std::string buffer_;
    std::string rest_;
};

class DataReader {
  public:
    DataReader(const ImageContext& context, const AddressNames& names, Meanings& meanings)
        : context_(context), names_(names), meanings_(meanings) {
        for (const auto& symbol : names.data()) name_bytes_ += symbol.name.size();
    }

    std::vector<record::FactRecord> run() {
        const bool swift = is_swift(context_.image);
        try {
            read_all(swift);
        } catch (const Unreadable& unreadable) {
            facts_ = {{"@unreadable", "", unreadable.message}};
        }
        return std::move(facts_);
    }

  private:
    void read_all(bool swift) {
        for (const auto& section : context_.image.sections)
            if (is_compared(section, swift) && (section.segment == "__TEXT" || context_.walk_pointers)) read(section);
    }

    void read(const Section& section) {
        const std::string owner = std::string(section.segment) + "," + std::string(section.name);
        Content content(context_, section, meanings_);
        const auto& symbols = names_.data();
        auto next = std::lower_bound(symbols.begin(), symbols.end(), section.address,
                                     [](const auto& symbol, uint64_t address) { return symbol.address < address; });
        auto current = symbols.end();  // none before the first symbol
        uint64_t whole = section.size;
        uint64_t part = 0;
        for (uint64_t at = 0; at < content.size(); at += kPiece) {
            const auto step = content.step(at);
            whole = code::hash_bytes(step.data(), step.size(), whole);
            if (name_bytes_ > kMaxNameBytes) continue;  // from here on only sections are told
            uint64_t done = 0;
            while (next != symbols.end() && next->address - section.address < at + step.size()) {
                const uint64_t begin = next->address - section.address - at;
                part = add(step.substr(done, begin - done), part);
                finish(owner, current == symbols.end() ? nullptr : &*current, part);
                part = 0;
                current = next++;
                done = begin;
            }
            part = add(step.substr(done), part);
        }
        finish(owner, current == symbols.end() ? nullptr : &*current, part);
        facts_.push_back({"", owner, hex_text(whole)});
    }

    /// Parts are cut at symbols and at steps: a long part that moved within its section must not look changed, so its
    /// hash goes on byte range by byte range of its own.
    uint64_t add(std::string_view bytes, uint64_t part) {
        pending_.append(bytes);
        while (pending_.size() >= kPiece) {
            part = code::hash_bytes(pending_.data(), kPiece, part);
            pending_.erase(0, kPiece);
        }
        return part;
    }

    void finish(const std::string& owner, const AddressNames::DataSymbol* symbol, uint64_t part) {
        if (symbol != nullptr)
            facts_.push_back(
                {owner, std::string(symbol->name), hex_text(code::hash_bytes(pending_.data(), pending_.size(), part))});
        pending_.clear();
    }

    const ImageContext& context_;
    const AddressNames& names_;
    Meanings& meanings_;
    uint64_t name_bytes_ = 0;
    std::string pending_;
    std::vector<record::FactRecord> facts_;
};

}  // namespace

void extract_data(const ImageContext& context, const AddressNames& names, Meanings& meanings,
                  const record::ChunkSink& sink) {
    auto facts = DataReader(context, names, meanings).run();
    record::encode_facts(record::ColumnKind::kData, facts, sink);
}

}  // namespace strata::extract
