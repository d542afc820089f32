// Property lists: Apple's keyed values, in the three forms that Mach-O files hold them in: XML (Info.plist,
// entitlements), binary, and the DER that kernels since iOS 15 read entitlements and launch constraints from.
//
// The readers are our own and know nothing but these forms. A general XML parser brings DTDs, entities and encodings,
// which are all attack and no use here; Debian's libplist recurses as deep as the input asks when it frees what it
// read. A value is turned into compact JSON while it is read, so no tree is built: dictionaries sorted by key, and what
// JSON has no form for as {"$data":"<base64>"}, {"$date":"2024-01-31T12:00:00Z"}, {"$uid":1}, {"$real":"nan"}. Equal
// values so have equal texts, whichever form they were read from.
//
// Texts are bytes: they stay as they were, valid UTF-8 or not (report escapes them).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace strata::macho {

/// Longer lists are refused: the largest Info.plist of a system is some 500 KB.
inline constexpr uint64_t kMaxPlistBytes = 4U << 20;
/// Nesting beyond this is refused: it would only serve to exhaust the stack.
inline constexpr unsigned kMaxPlistDepth = 64;

struct PlistEntry {
    std::string key;
    std::string json;  ///< the value, compact
    bool operator==(const PlistEntry&) const = default;
};

/// The top dictionary, sorted by key, then value; a key that stands there twice is there twice. Memory: the JSON, which
/// is at most some 16 MiB for an input of the largest size.
using Plist = std::vector<PlistEntry>;

/// An XML or binary list, told apart by its first bytes. Throws Error(kInput) when it is neither or malformed.
Plist read_plist(base::ByteView bytes);

/// XML, as Apple's PropertyList-1.0.dtd says it: UTF-8, no internal DTD subset, no entities but the predefined ones.
/// White space and NULs may follow.
Plist read_xml_plist(base::ByteView bytes);

/// "bplist00": objects, then a table of their offsets, then a trailer of 32 bytes (CFBinaryPList.c).
Plist read_binary_plist(base::ByteView bytes);

/// The DER of entitlements and launch constraints: [APPLICATION 16] { INTEGER version, [16] { SEQUENCE { key, value
/// }... } }, or the older SET of such sequences (iOS 14). NULs may follow.
Plist read_der_plist(base::ByteView bytes);

namespace plist {

/// Appends `text` as a JSON string. Only quotes, backslashes and control characters are escaped.
void append_json_string(std::string_view text, std::string& json);
std::string json_string(std::string_view text);
std::string json_data(std::string_view bytes);
std::string json_real(double value);
/// "[...]"
std::string json_array(const std::vector<std::string>& items);
/// "{...}"; sorts.
std::string json_dictionary(Plist& entries);
void sort(Plist& entries);
/// `code` is a Unicode scalar value.
void append_utf8(uint32_t code, std::string& out);

}  // namespace plist
}  // namespace strata::macho
