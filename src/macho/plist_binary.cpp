#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "macho/plist.h"

namespace strata::macho {
namespace {

constexpr uint64_t kTrailerSize = 32;
constexpr uint64_t kHeaderSize = 8;
/// Objects may be referred to many times over, so a small list can stand for an endless one: what it unfolds to is
/// bounded.
constexpr uint64_t kMaxJson = 4 * kMaxPlistBytes;
/// Seconds from 1970 to 2001, where Apple's dates begin.
constexpr double kAppleEpoch = 978307200;

class BinaryReader {
  public:
    explicit BinaryReader(base::ByteView bytes) : bytes_(bytes) {}

    Plist read() {
        if (bytes_.size() > kMaxPlistBytes || bytes_.size() < kHeaderSize + kTrailerSize + 1)
            throw bytes_.error(0, "a binary property list of " + base::hex(bytes_.size()) + " bytes",
                               "41 bytes to 4 MiB");
        const uint64_t trailer = bytes_.size() - kTrailerSize;
        offset_size_ = bytes_.u8(trailer + 6, "offset size");
        reference_size_ = bytes_.u8(trailer + 7, "reference size");
        count_ = big_endian(trailer + 8, 8);
        const uint64_t top = big_endian(trailer + 16, 8);
        table_ = big_endian(trailer + 24, 8);
        if (offset_size_ < 1 || offset_size_ > 8 || reference_size_ < 1 || reference_size_ > 8)
            throw bytes_.error(trailer + 6, "binary property list: field sizes", "1 to 8 bytes");
        if (table_ < kHeaderSize || table_ > trailer || count_ > (trailer - table_) / offset_size_ || top >= count_)
            throw bytes_.error(trailer + 8, "binary property list: offset table leaves the list",
                               "a table before the trailer, and the top object in it");
        const uint64_t at = object(top);
        const uint8_t marker = bytes_.u8(at, "object");
        if (marker >> 4 != 0xd) throw bytes_.error(at, "a binary property list that is no dictionary", "one");
        Plist entries = dictionary(at, 1);
        plist::sort(entries);
        return entries;
    }

  private:
    struct Extent {
        uint64_t at;     ///< of the contents
        uint64_t count;  ///< of whatever the kind counts
    };

    uint64_t big_endian(uint64_t at, uint64_t size) const {
        const auto field = bytes_.sub(at, size, "binary property list");
        uint64_t value = 0;
        for (uint64_t i = 0; i < size; ++i) value = value << 8 | field.data()[i];
        return value;
    }

    uint64_t object(uint64_t reference) const {
        if (reference >= count_)
            throw bytes_.error(table_, "binary property list: object " + std::to_string(reference),
                               "below " + std::to_string(count_));
        const uint64_t at = big_endian(table_ + reference * offset_size_, offset_size_);
        if (at < kHeaderSize || at >= table_)
            throw bytes_.error(table_ + reference * offset_size_, "binary property list: object at " + base::hex(at),
                               "before its offset table");
        return at;
    }

    /// Counts of 15 and more follow the marker as an integer object.
    Extent extent(uint64_t at, uint64_t unit) const {
        uint64_t count = bytes_.u8(at, "object") & 15U;
        uint64_t contents = at + 1;
        if (count == 15) {
            const uint8_t marker = bytes_.u8(contents, "object size");
            if (marker >> 4 != 1 || (marker & 15) > 3)
                throw bytes_.error(contents, "binary property list: size of an object", "an integer of up to 8 bytes");
            const uint64_t size = uint64_t{1} << (marker & 15);
            count = big_endian(contents + 1, size);
            contents += 1 + size;
        }
        if (contents > table_ || count > (table_ - contents) / unit)
            throw bytes_.error(at, "binary property list: object of " + std::to_string(count) + " parts",
                               "an end before the offset table");
        return {contents, count};
    }

    std::string_view bytes(const Extent& extent, const char* what) const {
        return bytes_.sub(extent.at, extent.count, what).as_text();
    }

    Plist dictionary(uint64_t at, unsigned depth) {
        const Extent pairs = extent(at, 2 * reference_size_);
        Plist entries;
        for (uint64_t i = 0; i < pairs.count; ++i) {
            const uint64_t key = object(big_endian(pairs.at + i * reference_size_, reference_size_));
            const uint64_t held = object(big_endian(pairs.at + (pairs.count + i) * reference_size_, reference_size_));
            entries.push_back({text(key), value(held, depth)});
            produced(entries.back().key.size() + 8, at);
        }
        return entries;
    }

    std::string array(uint64_t at, unsigned depth) {
        const Extent items = extent(at, reference_size_);
        std::vector<std::string> json;
        for (uint64_t i = 0; i < items.count; ++i)
            json.push_back(value(object(big_endian(items.at + i * reference_size_, reference_size_)), depth));
        return plist::json_array(json);
    }

    /// ASCII (kept as it is, whatever it holds), or UTF-16 turned into UTF-8.
    std::string text(uint64_t at) const {
        const unsigned kind = bytes_.u8(at, "string") >> 4;
        if (kind == 5 || kind == 7) return std::string(bytes(extent(at, 1), "string"));
        if (kind != 6) throw bytes_.error(at, "binary property list: a key that is no string", "one");
        const Extent units = extent(at, 2);
        const auto unit = [&](uint64_t i) { return static_cast<uint32_t>(big_endian(units.at + 2 * i, 2)); };
        std::string out;
        for (uint64_t i = 0; i < units.count; ++i) {
            uint32_t code = unit(i);
            if (code >= 0xd800 && code < 0xdc00 && i + 1 < units.count && unit(i + 1) >> 10 == 0xdc00 >> 10)
                code = 0x10000 + ((code - 0xd800) << 10) + (unit(++i) - 0xdc00);
            else if (code >= 0xd800 && code < 0xe000)
                code = 0xfffd;
            plist::append_utf8(code, out);
        }
        return out;
    }

    std::string value(uint64_t at, unsigned depth) {
        if (depth >= kMaxPlistDepth)
            throw bytes_.error(at, "binary property list: nesting of " + std::to_string(depth) + " levels",
                               "fewer than 64");
        std::string json = unmeasured_value(at, depth);
        produced(json.size(), at);
        return json;
    }

    std::string unmeasured_value(uint64_t at, unsigned depth) {
        const uint8_t marker = bytes_.u8(at, "object");
        switch (marker >> 4) {
            case 0x0:
                if (marker == 8 || marker == 9) return marker == 9 ? "true" : "false";
                break;
            case 0x1:
                if ((marker & 15) <= 4) return integer(at, uint64_t{1} << (marker & 15));
                break;
            case 0x2:
                if (marker == 0x22)
                    return plist::json_real(std::bit_cast<float>(static_cast<uint32_t>(big_endian(at + 1, 4))));
                if (marker == 0x23) return plist::json_real(std::bit_cast<double>(big_endian(at + 1, 8)));
                break;
            case 0x3:
                if (marker == 0x33) return date(std::bit_cast<double>(big_endian(at + 1, 8)));
                break;
            case 0x4:
                return plist::json_data(bytes(extent(at, 1), "data"));
            case 0x5:
            case 0x6:
            case 0x7:
                return plist::json_string(text(at));
            case 0x8:
                return "{\"$uid\":" + std::to_string(big_endian(at + 1, std::min<uint64_t>(8, (marker & 15U) + 1))) +
                       "}";
            case 0xa:
            case 0xb:
            case 0xc:
                return array(at, depth + 1);
            case 0xd: {
                Plist entries = dictionary(at, depth + 1);
                return plist::json_dictionary(entries);
            }
            default:
                break;
        }
        throw bytes_.error(at, "binary property list: object of kind " + base::hex(marker), "one of CFBinaryPList.c");
    }

    /// 1, 2 and 4 bytes are unsigned, 8 signed, 16 hold unsigned 64-bit numbers.
    std::string integer(uint64_t at, uint64_t size) const {
        if (size < 8) return std::to_string(big_endian(at + 1, size));
        if (size == 8) return std::to_string(static_cast<int64_t>(big_endian(at + 1, 8)));
        const uint64_t high = big_endian(at + 1, 8);
        const uint64_t low = big_endian(at + 9, 8);
        if (high == UINT64_MAX) return std::to_string(static_cast<int64_t>(low));
        if (high != 0) throw bytes_.error(at, "binary property list: integer beyond 64 bits", "64 bits");
        return std::to_string(low);
    }

    static std::string date(double seconds) {
        const double since_1970 = std::floor(seconds + kAppleEpoch);
        // Years 1 to 9999; anything else (NaN too) is shown as the number it is.
        if (!(since_1970 >= -62135596800.0 && since_1970 <= 253402300799.0))
            return "{\"$date\":" + plist::json_real(seconds) + "}";
        const auto time = static_cast<std::time_t>(since_1970);
        std::tm parts{};
        gmtime_r(&time, &parts);
        char text[40];
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                      parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
        return "{\"$date\":" + plist::json_string(text) + "}";
    }

    void produced(uint64_t size, uint64_t at) {
        json_ += size;
        if (json_ > kMaxJson)
            throw bytes_.error(at, "binary property list unfolds to more than " + base::hex(kMaxJson) + " bytes",
                               "contents in proportion to its size");
    }

    base::ByteView bytes_;
    uint64_t offset_size_ = 0;
    uint64_t reference_size_ = 0;
    uint64_t count_ = 0;
    uint64_t table_ = 0;
    uint64_t json_ = 0;
};

}  // namespace

Plist read_binary_plist(base::ByteView bytes) {
    if (bytes.as_text().substr(0, 8) != "bplist00")
        throw bytes.error(0, "no binary property list of a known version", "bplist00");
    return BinaryReader(bytes).read();
}

}  // namespace strata::macho
