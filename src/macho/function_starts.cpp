#include "macho/function_starts.h"

#include "base/cursor.h"

namespace strata::macho {

void walk_function_starts(const Image& image, const std::function<void(uint64_t)>& visit) {
    if (image.function_starts.empty()) return;
    const Segment* text = image.segment("__TEXT");
    // Object files have one segment without a name.
    if (text == nullptr && image.is_object() && !image.segments.empty()) text = &image.segments.front();
    if (text == nullptr) throw image.function_starts.error(0, "function starts without a __TEXT segment", "one");
    const uint64_t thumb_bit = image.cpu_type == kCpuTypeArm ? 1 : 0;
    uint64_t address = text->address;
    base::Cursor cursor(image.function_starts);
    while (!cursor.at_end()) {
        const uint64_t at = cursor.position();
        const uint64_t delta = cursor.uleb("function start");
        if (delta == 0) return;
        if (delta >= text->size || address - text->address >= text->size - delta)
            throw image.function_starts.error(
                at, "function start " + base::hex(delta) + " bytes after " + base::hex(address) + " leaves __TEXT",
                "an address below " + base::hex(text->address + text->size));
        address += delta;
        visit(address & ~thumb_bit);
    }
}

}  // namespace strata::macho
