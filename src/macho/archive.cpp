#include "macho/archive.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace strata::macho {
namespace {

using base::ByteView;

constexpr std::string_view kMagic = "!<arch>\n";
constexpr std::string_view kThinMagic = "!<thin>\n";
constexpr std::string_view kBsdLongName = "#1/";
constexpr std::string_view kBsdSymbolTable = "__.SYMDEF";  // also "__.SYMDEF SORTED", "__.SYMDEF_64", ...
// Members may all name one text of the table of long names: each name is bounded, not only the table.
constexpr uint64_t kMaxName = 4096;

struct MemberHeader {  // ar_hdr: all text, padded with spaces
    char name[16], date[12], user[6], group[6], mode[8], size[10], end[2];
};
static_assert(sizeof(MemberHeader) == 60);

std::string_view trimmed(std::string_view text) {
    const auto end = text.find_last_not_of(' ');
    return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

template <size_t N>
std::string_view field(const char (&text)[N]) {
    return trimmed({text, N});
}

class Walker {
  public:
    using Visit = std::function<void(std::string_view, ByteView)>;
    Walker(ByteView file, const Visit& visit) : file_(file), visit_(visit) {}

    void walk() {
        // Every step goes on by a header at least, so the file's size bounds them.
        for (uint64_t at = kMagic.size(); at < file_.size();) at = member(at);
    }

  private:
    /// Reads the member at `at`; returns where the next one starts.
    uint64_t member(uint64_t at) {
        const auto& header = file_.get<MemberHeader>(at, "archive member header");
        if (std::string_view(header.end, 2) != "`\n")
            throw file_.error(at + 58, "archive member header does not end as one", "a grave accent and a newline");
        const uint64_t size = number(field(header.size), at + 48, "size");
        const uint64_t start = at + sizeof(MemberHeader);
        if (!file_.contains(start, size))
            throw file_.error(at + 48, "archive member of " + base::hex(size) + " bytes leaves the file",
                              "at most " + base::hex(file_.size() - start));
        read(field(header.name), at, file_.sub(start, size, "archive member"));
        return start + size + (size & 1);  // members start at even offsets
    }

    void read(std::string_view name, uint64_t at, ByteView bytes) {
        if (name == "//") {
            long_names_ = bytes;
        } else if (name.starts_with(kBsdLongName)) {
            const uint64_t length = number(name.substr(kBsdLongName.size()), at, "name length");
            check_length(length, at);
            const auto text = bytes.sub(0, length, "archive member name").as_text();
            give(text.substr(0, text.find('\0')), bytes.from(length, "archive member"));
        } else if (name.size() > 1 && name[0] == '/' && name[1] >= '0' && name[1] <= '9') {
            give(long_name(number(name.substr(1), at, "name offset"), at), bytes);
        } else if (name != "/" && name != "/SYM64/") {
            give(name.ends_with('/') ? name.substr(0, name.size() - 1) : name, bytes);
        }
    }

    void give(std::string_view name, ByteView bytes) {
        if (!name.starts_with(kBsdSymbolTable)) visit_(name, bytes);
    }

    std::string_view long_name(uint64_t offset, uint64_t at) {
        if (offset >= long_names_.size())
            throw file_.error(at, "archive member name at " + base::hex(offset) + " of the table of names",
                              "below " + base::hex(long_names_.size()));
        auto text = long_names_.as_text().substr(offset);
        text = text.substr(0, std::min<uint64_t>(text.size(), kMaxName + 2));
        text = text.substr(0, text.find('\n'));
        if (text.ends_with('/')) text.remove_suffix(1);
        check_length(text.size(), at);
        return text;
    }

    void check_length(uint64_t length, uint64_t at) const {
        if (length > kMaxName)
            throw file_.error(at, "archive member name of " + base::hex(length) + " bytes",
                              "at most " + base::hex(kMaxName));
    }

    uint64_t number(std::string_view text, uint64_t at, const char* what) const {
        uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size())
            throw file_.error(at, std::string("archive member's ") + what + " is no number", "decimal digits");
        return value;
    }

    ByteView file_;
    const Visit& visit_;
    ByteView long_names_;
};

}  // namespace

bool is_archive(ByteView file) {
    return file.as_text().starts_with(kMagic) || file.as_text().starts_with(kThinMagic);
}

void walk_archive(ByteView file, const std::function<void(std::string_view, ByteView)>& visit) {
    if (file.as_text().starts_with(kThinMagic))
        throw file.error(0, "a thin archive holds none of its members' bytes", "an archive with its members in it");
    if (!file.as_text().starts_with(kMagic)) throw file.error(0, "no archive magic", "\"!<arch>\"");
    Walker(file, visit).walk();
}

}  // namespace strata::macho
