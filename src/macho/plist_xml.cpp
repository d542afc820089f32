#include <charconv>

#include "macho/plist.h"

namespace strata::macho {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// -1 when it is no digit of base64.
int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (is_digit(c)) return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

class XmlReader {
  public:
    explicit XmlReader(base::ByteView bytes) : bytes_(bytes), text_(bytes.as_text()) {}

    Plist read() {
        if (text_.size() > kMaxPlistBytes) fail("a property list of " + base::hex(text_.size()) + " bytes", "4 MiB");
        if (starts_with("\xef\xbb\xbf")) at_ += 3;
        skip_prolog();
        const bool wrapped = next_is("<plist");
        if (wrapped && open_tag().empty) fail("an empty <plist>", "a <dict>");
        skip_blank();
        const Tag top = open_tag();
        if (top.name != "dict") fail("a property list of <" + std::string(top.name) + ">", "a <dict>");
        Plist entries = top.empty ? Plist{} : dictionary(1);
        plist::sort(entries);
        skip_blank();
        if (wrapped) close_tag("plist");
        while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == '\0')) ++at_;
        if (at_ != text_.size()) fail("bytes after the property list", "white space");
        return entries;
    }

  private:
    struct Tag {
        std::string_view name;
        bool empty = false;  ///< <name/>
    };

    [[noreturn]] void fail(std::string message, std::string expected) const {
        throw bytes_.error(at_, "property list: " + std::move(message), std::move(expected));
    }
    bool starts_with(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
    bool next_is(std::string_view what) const { return starts_with(what); }

    void skip_past(std::string_view end, const char* what) {
        const size_t found = text_.find(end, at_);
        if (found == std::string_view::npos) fail(std::string(what) + " without an end", std::string(end));
        at_ = found + end.size();
    }

    /// White space and comments.
    void skip_blank() {
        for (;;) {
            while (at_ < text_.size() && is_space(text_[at_])) ++at_;
            if (!starts_with("<!--")) return;
            skip_past("-->", "a comment");
        }
    }

    void skip_prolog() {
        for (;;) {
            skip_blank();
            if (starts_with("<?")) {
                skip_past("?>", "a processing instruction");
            } else if (starts_with("<!DOCTYPE")) {
                const size_t from = at_;
                skip_past(">", "a DOCTYPE");
                // Entities are how a small document is made to expand without end.
                if (text_.substr(from, at_ - from).find('[') != std::string_view::npos)
                    fail("a DOCTYPE with declarations of its own", "Apple's DTD, by name");
            } else {
                return;
            }
        }
    }

    Tag open_tag() {
        if (!starts_with("<") || starts_with("</")) fail("no element", "<dict>, <string>, ...");
        ++at_;
        const size_t start = at_;
        while (at_ < text_.size() && text_[at_] >= 'a' && text_[at_] <= 'z') ++at_;
        Tag tag{text_.substr(start, at_ - start), false};
        // Only <plist> has attributes, and none that says anything here.
        const size_t end = text_.find('>', at_);
        if (tag.name.empty() || end == std::string_view::npos) fail("a malformed tag", "a lower-case name, then >");
        auto rest = trimmed(text_.substr(at_, end - at_));
        if (!rest.empty() && rest.back() == '/') {
            tag.empty = true;
            rest.remove_suffix(1);
        }
        if (!rest.empty() && tag.name != "plist") fail("a tag with attributes", "none");
        at_ = end + 1;
        return tag;
    }

    void close_tag(std::string_view name) {
        if (!starts_with("</") || text_.substr(at_ + 2, name.size()) != name)
            fail("<" + std::string(name) + "> goes on", "its end");
        at_ += 2 + name.size();
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
        if (!starts_with(">")) fail("a malformed end of <" + std::string(name) + ">", ">");
        ++at_;
    }

    Plist dictionary(unsigned depth) {
        Plist entries;
        for (;;) {
            skip_blank();
            if (starts_with("</")) break;
            const Tag key = open_tag();
            if (key.name != "key") fail("<" + std::string(key.name) + "> in place of a key", "<key>");
            std::string name = key.empty ? std::string() : content("key");
            skip_blank();
            entries.push_back({std::move(name), value(depth)});
        }
        close_tag("dict");
        return entries;
    }

    std::string array(unsigned depth) {
        std::vector<std::string> items;
        for (;;) {
            skip_blank();
            if (starts_with("</")) break;
            items.push_back(value(depth));
        }
        close_tag("array");
        return plist::json_array(items);
    }

    std::string value(unsigned depth) {
        if (depth >= kMaxPlistDepth) fail("nesting of " + std::to_string(depth) + " levels", "fewer than 64");
        const Tag tag = open_tag();
        if (tag.name == "true" || tag.name == "false") {
            if (!tag.empty) {
                skip_blank();
                close_tag(tag.name);
            }
            return std::string(tag.name);
        }
        if (tag.name == "dict") {
            Plist entries = tag.empty ? Plist{} : dictionary(depth + 1);
            return plist::json_dictionary(entries);
        }
        if (tag.name == "array") return tag.empty ? "[]" : array(depth + 1);
        const std::string text = tag.empty ? std::string() : content(tag.name);
        if (tag.name == "string") return plist::json_string(text);
        if (tag.name == "integer") return integer(trimmed(text));
        if (tag.name == "real") return real(trimmed(text));
        if (tag.name == "data") return plist::json_data(data(text));
        if (tag.name == "date") return "{\"$date\":" + plist::json_string(trimmed(text)) + "}";
        fail("an element <" + std::string(tag.name) + ">", "one of property lists");
    }

    /// Text up to the end tag, with entities and CDATA resolved.
    std::string content(std::string_view name) {
        std::string out;
        for (;;) {
            const size_t stop = text_.find_first_of("<&", at_);
            if (stop == std::string_view::npos) fail("<" + std::string(name) + "> without an end", "its end");
            out += text_.substr(at_, stop - at_);
            at_ = stop;
            if (text_[at_] == '&') {
                entity(out);
            } else if (starts_with("<![CDATA[")) {
                at_ += 9;
                const size_t from = at_;
                skip_past("]]>", "CDATA");
                out += text_.substr(from, at_ - 3 - from);
            } else {
                close_tag(name);
                return out;
            }
        }
    }

    void entity(std::string& out) {
        const size_t end = text_.substr(at_, 12).find(';');
        if (end == std::string_view::npos) fail("an & that begins no entity", "&amp;");
        const auto name = text_.substr(at_ + 1, end - 1);
        if (name == "amp") {
            out += '&';
        } else if (name == "lt") {
            out += '<';
        } else if (name == "gt") {
            out += '>';
        } else if (name == "quot") {
            out += '"';
        } else if (name == "apos") {
            out += '\'';
        } else if (name.size() > 1 && name[0] == '#') {
            const bool is_hex = name[1] == 'x';
            const auto digits = name.substr(is_hex ? 2 : 1);
            uint32_t code = 0;
            const auto [stop, error] =
                std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
            if (error != std::errc() || stop != digits.data() + digits.size() || code == 0 || code > 0x10ffff ||
                (code >= 0xd800 && code < 0xe000))
                fail("a character reference to no character", "&#1; to &#x10FFFF;");
            plist::append_utf8(code, out);
        } else {
            fail("an entity that is not predefined", "&amp; &lt; &gt; &quot; &apos;");
        }
        at_ += end + 1;
    }

    std::string integer(std::string_view text) {
        const bool negative = !text.empty() && text[0] == '-';
        if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
        const bool is_hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
        if (is_hex) text.remove_prefix(2);
        uint64_t value = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
        if (error != std::errc() || stop != text.data() + text.size()) fail("an <integer> that is none", "64 bits");
        return (negative && value != 0 ? "-" : "") + std::to_string(value);
    }

    std::string real(std::string_view text) {
        if (!text.empty() && text[0] == '+') text.remove_prefix(1);
        double value = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc::invalid_argument || stop != text.data() + text.size())
            fail("a <real> that is none", "a decimal number");
        return plist::json_real(value);
    }

    std::string data(std::string_view text) const {
        std::string out;
        uint32_t bits = 0;
        unsigned count = 0;
        for (const char c : text) {
            if (is_space(c)) continue;
            if (c == '=') break;
            const int digit = base64_digit(c);
            if (digit < 0) fail("<data> that is no base64", "A-Z a-z 0-9 + / =");
            bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xffffff;
            count += 6;
            if (count < 8) continue;
            count -= 8;
            out += static_cast<char>(bits >> count & 0xff);
        }
        return out;
    }

    base::ByteView bytes_;
    std::string_view text_;
    size_t at_ = 0;
};

}  // namespace

Plist read_xml_plist(base::ByteView bytes) {
    return XmlReader(bytes).read();
}

}  // namespace strata::macho
