// The lists that hang off classes, categories and protocols. Each function appends to its result only when the whole
// list could be read. Throws MetadataDamage and MetadataLimit.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "macho/metadata_reader.h"
#include "macho/objc.h"

namespace strata::macho {

class ObjcLists {
  public:
    ObjcLists(MetadataReader& reader, const ObjcContext& context) : reader_(reader), context_(context) {}

    struct MethodKind {
        bool is_class = false;
        bool is_optional = false;
    };
    void methods(uint64_t list, MethodKind kind, std::vector<ObjcMethod>& out);
    void ivars(uint64_t list, std::vector<ObjcIvar>& out);
    void properties(uint64_t list, bool is_class, std::vector<ObjcProperty>& out);
    void protocols(uint64_t list, std::vector<std::string_view>& out);

    /// The class's own list: `list` itself, or the last of the list of lists that bit 0 marks; 0 when there is none.
    uint64_t own_list(uint64_t list);

    /// Names of the class or protocol at an address, of any image. Each is looked up once.
    std::string_view class_name(uint64_t address);
    std::string_view protocol_name(uint64_t address);

    /// The name of the class that the pointer at `slot` leads to: here, in another image, or by a bound symbol; "?"
    /// when it is not known, empty when the pointer is null and `may_be_null`.
    std::string_view class_named_at(uint64_t slot, bool may_be_null, const char* what);

    /// Address of the class_ro of the class at `address`. `is_swift`, when asked for, tells who made the class.
    uint64_t class_data(uint64_t address, bool* is_swift = nullptr);

  private:
    struct Entries {
        base::ByteView bytes;
        uint64_t address = 0;
        uint64_t size = 0;  ///< of one
        uint64_t count = 0;
        uint32_t flags = 0;
    };
    Entries entries(uint64_t list, uint32_t size_mask, uint64_t smallest, uint64_t smallest_relative, const char* what);
    uint64_t decoded(const Entries& entries, uint64_t at, const char* what);
    ObjcMethod pointer_method(const Entries& entries, uint64_t at);
    ObjcMethod relative_method(const Entries& entries, uint64_t at);
    std::string_view direct_text(uint64_t field, uint32_t offset, const char* what);
    std::string_view text_or_empty(uint64_t address, const char* what);

    MetadataReader& reader_;
    const ObjcContext& context_;
    std::unordered_map<uint64_t, std::string_view> names_;
};

}  // namespace strata::macho
