#include "extract/bound_symbols.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/error.h"
#include "macho/symbols.h"

namespace strata::extract {
namespace {

using macho::Image;
using macho::StoredPointer;

constexpr size_t kMaxKept = 1U << 20;

class BoundSymbols {
  public:
    BoundSymbols(const macho::SegmentSpace& space, const Image& image)
        : space_(space), image_(image), symbols_(image.nlists, image.string_pool, image.is_64) {
        try {
            for (const auto& program : {image.binds, image.weak_binds}) keep(program);
        } catch (const base::Error&) {
            // What the program said before it went wrong is still true.
        }
        std::stable_sort(kept_.begin(), kept_.end(),
                         [](const Kept& a, const Kept& b) { return a.address < b.address; });
    }

    std::string_view at(uint64_t address) const {
        const auto kept = std::lower_bound(kept_.begin(), kept_.end(), address,
                                           [](const Kept& k, uint64_t wanted) { return k.address < wanted; });
        if (kept != kept_.end() && kept->address == address) return kept->name;
        try {
            return stored_at(address);
        } catch (const base::Error&) {
            return {};  // whoever reads the pointer itself will say what is wrong with it
        }
    }

  private:
    struct Kept {
        uint64_t address;
        std::string_view name;
    };

    static bool is_wanted(std::string_view name) {
        return name.starts_with("_OBJC_CLASS_$_") || name.starts_with("_$s") || name.starts_with("_$S");
    }

    void keep(base::ByteView program) {
        macho::walk_binds(image_, program, macho::BindKind::kBind, [&](const macho::Bind& bind) {
            if (bind.threaded) {
                if (ordinals_.size() < kMaxKept) ordinals_.push_back(bind.import.name);
                return;
            }
            if (!is_wanted(bind.import.name) || bind.segment >= image_.segments.size()) return;
            const uint64_t first = image_.segments[bind.segment].address + bind.offset;
            for (uint64_t i = 0; i < bind.count && kept_.size() < kMaxKept; ++i)
                kept_.push_back({first + i * bind.stride, bind.import.name});
        });
    }

    std::string_view stored_at(uint64_t address) const {
        const auto word = space_.at(address, image_.pointer_size(), "pointer");
        const uint64_t raw = image_.is_64 ? word.u64(0, "pointer") : word.u32(0, "pointer");
        const StoredPointer pointer = space_.stored_pointer(raw, address);
        if (pointer.kind != StoredPointer::Kind::kBind) return {};
        if (space_.fixups()) {
            if (pointer.value >= space_.fixups()->import_count()) return {};
            return space_.fixups()->import(static_cast<uint32_t>(pointer.value)).name;
        }
        if (!ordinals_.empty()) return pointer.value < ordinals_.size() ? ordinals_[pointer.value] : std::string_view{};
        return pointer.value < symbols_.size() ? symbols_[pointer.value].name : std::string_view{};
    }

    const macho::SegmentSpace& space_;
    const Image& image_;
    macho::SymbolTable symbols_;
    std::vector<Kept> kept_;
    std::vector<std::string_view> ordinals_;  // of threaded binds
};

}  // namespace

std::function<std::string_view(uint64_t)> bound_symbols(const macho::SegmentSpace& space, const Image& image) {
    return [symbols = std::make_shared<const BoundSymbols>(space, image)](uint64_t address) {
        return symbols->at(address);
    };
}

}  // namespace strata::extract
