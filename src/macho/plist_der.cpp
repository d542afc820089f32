#include "macho/plist.h"

namespace strata::macho {
namespace {

/// The tags that occur (ITU-T X.690; Apple's libCoreEntitlements).
enum Tag : uint8_t {
    kBoolean = 0x01,
    kInteger = 0x02,
    kOctetString = 0x04,
    kUtf8String = 0x0c,
    kSequence = 0x30,    // an array, or a pair of key and value
    kSet = 0x31,         // a dictionary of the older form
    kVersioned = 0x70,   // [APPLICATION 16]
    kDictionary = 0xb0,  // [16]
};

struct Element {
    uint8_t tag = 0;
    base::ByteView contents;
};

/// Goes through the elements of one level.
class Level {
  public:
    explicit Level(base::ByteView bytes) : bytes_(bytes) {}

    bool at_end() const { return at_ >= bytes_.size(); }
    base::ByteView rest() const { return bytes_.from(at_, "DER"); }

    Element next() {
        const uint64_t start = at_;
        Element element;
        element.tag = bytes_.u8(at_++, "DER tag");
        uint64_t length = bytes_.u8(at_++, "DER length");
        if (length >= 0x80) {
            const uint64_t size = length & 0x7f;
            if (size < 1 || size > 4)
                throw bytes_.error(start, "DER length of " + std::to_string(size) + " bytes", "1 to 4");
            length = 0;
            for (uint64_t i = 0; i < size; ++i) length = length << 8 | bytes_.u8(at_++, "DER length");
            // DER has one form for each length: a second one would be a second reading of the same signature.
            if (length < 0x80 || length >> (8 * (size - 1)) == 0)
                throw bytes_.error(start, "DER length in more bytes than it needs", "the shortest form");
        }
        element.contents = bytes_.sub(at_, length, "DER contents");
        at_ += length;
        return element;
    }

    Element next(uint8_t tag, const char* what) {
        const Element element = next();
        if (element.tag != tag)
            throw element.contents.error(0, "DER tag " + base::hex(element.tag),
                                         std::string(what) + ", " + base::hex(tag));
        return element;
    }

  private:
    base::ByteView bytes_;
    uint64_t at_ = 0;
};

std::string value(const Element& element, unsigned depth);

Plist dictionary(base::ByteView contents, unsigned depth) {
    Plist entries;
    for (Level level(contents); !level.at_end();) {
        Level pair(level.next(kSequence, "a pair").contents);
        std::string key(pair.next(kUtf8String, "a key").contents.as_text());
        entries.push_back({std::move(key), value(pair.next(), depth)});
        if (!pair.at_end()) throw pair.rest().error(0, "DER pair of more than a key and a value", "its end");
    }
    return entries;
}

std::string integer(base::ByteView contents) {
    if (contents.empty() || contents.size() > 8)
        throw contents.error(0, "DER integer of " + std::to_string(contents.size()) + " bytes", "1 to 8");
    uint64_t number = (contents.data()[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (uint64_t i = 0; i < contents.size(); ++i) number = number << 8 | contents.data()[i];
    return std::to_string(static_cast<int64_t>(number));
}

std::string array(base::ByteView contents, unsigned depth) {
    std::vector<std::string> items;
    for (Level level(contents); !level.at_end();) items.push_back(value(level.next(), depth));
    return plist::json_array(items);
}

std::string value(const Element& element, unsigned depth) {
    const base::ByteView contents = element.contents;
    if (depth >= kMaxPlistDepth)
        throw contents.error(0, "DER nesting of " + std::to_string(depth) + " levels", "fewer than 64");
    switch (element.tag) {
        case kBoolean:
            if (contents.size() != 1) throw contents.error(0, "DER boolean", "one byte");
            return contents.data()[0] != 0 ? "true" : "false";
        case kInteger:
            return integer(contents);
        case kOctetString:
            return plist::json_data(contents.as_text());
        case kUtf8String:
            return plist::json_string(contents.as_text());
        case kSequence:
            return array(contents, depth + 1);
        case kSet:
        case kDictionary: {
            Plist entries = dictionary(contents, depth + 1);
            return plist::json_dictionary(entries);
        }
        default:
            throw contents.error(0, "DER tag " + base::hex(element.tag), "a value of entitlements");
    }
}

}  // namespace

Plist read_der_plist(base::ByteView bytes) {
    if (bytes.size() > kMaxPlistBytes)
        throw bytes.error(0, "DER of " + base::hex(bytes.size()) + " bytes", "up to 4 MiB");
    Level outer(bytes);
    Element top = outer.next();
    if (outer.rest().as_text().find_first_not_of('\0') != std::string_view::npos)
        throw outer.rest().error(0, "bytes after the DER", "none");
    if (top.tag == kVersioned) {
        Level inner(top.contents);
        const std::string version = integer(inner.next(kInteger, "a version").contents);
        if (version != "1") throw top.contents.error(0, "DER entitlements of version " + version, "1");
        top = inner.next(kDictionary, "a dictionary");
        if (!inner.at_end()) throw inner.rest().error(0, "more than a version and a dictionary", "the end");
    } else if (top.tag != kSet) {
        throw bytes.error(0, "DER tag " + base::hex(top.tag), "0x70, or 0x31 of the older form");
    }
    Plist entries = dictionary(top.contents, 1);
    plist::sort(entries);
    return entries;
}

}  // namespace strata::macho
