#include "macho/strings.h"

#include <algorithm>
#include <cstring>

namespace strata::macho {
namespace {

// CFRuntimeBase flags as compilers emit them: bit 4 = the contents are UTF-16.
constexpr uint32_t kCfUnicode = 0x10;
// No literal is longer; a hostile length would make the conversion below produce any amount.
constexpr uint64_t kMaxCfUnits = 16U << 20;

void append_utf8(std::string& out, uint32_t code) {
    const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | (code >> 6));
        put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        put(0xe0 | (code >> 12));
        put(0x80 | ((code >> 6) & 0x3f));
        put(0x80 | (code & 0x3f));
    } else {
        put(0xf0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3f));
        put(0x80 | ((code >> 6) & 0x3f));
        put(0x80 | (code & 0x3f));
    }
}

void utf16_to_utf8(base::ByteView units, std::string& out) {
    out.clear();
    const uint64_t count = units.size() / 2;
    for (uint64_t i = 0; i < count; ++i) {
        uint32_t code = units.u16(i * 2, "UTF-16 unit");
        const bool lead = code >= 0xd800 && code < 0xdc00;
        if (lead && i + 1 < count) {
            const uint32_t trail = units.u16(i * 2 + 2, "UTF-16 unit");
            if (trail >= 0xdc00 && trail < 0xe000) {
                append_utf8(out, 0x10000 + ((code - 0xd800) << 10) + (trail - 0xdc00));
                ++i;
                continue;
            }
        }
        if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
        append_utf8(out, code);
    }
}

}  // namespace

bool holds_c_strings(const Section& section) {
    return section.type() == kCstringLiterals || (section.name == "__os_log" && !section.is_zerofill());
}

bool holds_cf_strings(const Section& section) {
    return section.name == "__cfstring" && !section.is_zerofill();
}

void walk_c_strings(base::ByteView section, const std::function<void(std::string_view)>& visit) {
    auto rest = section.as_text();
    while (!rest.empty()) {
        const auto* end = static_cast<const char*>(std::memchr(rest.data(), 0, rest.size()));
        const size_t length = end == nullptr ? rest.size() : static_cast<size_t>(end - rest.data());
        if (length != 0) visit(rest.substr(0, length));
        rest.remove_prefix(std::min(length + 1, rest.size()));
    }
}

void walk_cf_strings(const AddressSpace& space, const Image& image, const Section& section,
                     const std::function<void(std::string_view)>& visit) {
    const uint64_t pointer = image.pointer_size();
    const uint64_t record_size = 4 * pointer;  // isa, flags (padded), data, length
    const auto records = space.at(section.address, section.size, "CFString records");
    const auto word = [&](uint64_t at) -> uint64_t {
        return image.is_64 ? records.u64(at, "CFString") : records.u32(at, "CFString");
    };
    std::string converted;
    for (uint64_t at = 0; at + record_size <= records.size(); at += record_size) {
        const uint32_t flags = records.u32(at + pointer, "CFString flags");
        const uint64_t data_at = at + 2 * pointer;
        const uint64_t data = space.decode_pointer(word(data_at), section.address + data_at);
        const uint64_t length = word(at + 3 * pointer);
        if (data == 0 || length == 0) continue;
        if (length > kMaxCfUnits)
            throw records.error(at + 3 * pointer, "CFString of " + base::hex(length) + " units",
                                "at most " + base::hex(kMaxCfUnits));
        const bool unicode = (flags & kCfUnicode) != 0;
        const auto contents = space.at(data, unicode ? length * 2 : length, "CFString contents");
        if (unicode) {
            utf16_to_utf8(contents, converted);
            visit(converted);
        } else {
            visit(contents.as_text());
        }
    }
}

}  // namespace strata::macho
