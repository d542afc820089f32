#include "report/json.h"

#include <algorithm>

#include "base/text.h"

namespace strata::report {

namespace {

/// No early way out, so that the loop is made of vectors.
bool needs_no_escape(std::string_view text) {
    unsigned odd = 0;
    for (const char c : text)
        odd |= static_cast<unsigned>(static_cast<uint8_t>(c - 0x20) >= 0x5f) | static_cast<unsigned>(c == '\\') |
               static_cast<unsigned>(c == '"');
    return odd == 0;
}

}  // namespace

bool JsonWriter::Writer::plain(std::string_view text) {
    if (!needs_no_escape(text)) return false;
    Prefix(rapidjson::kStringType);
    char* to = os_->Push(text.size() + 2);
    *to++ = '"';
    to = std::copy(text.begin(), text.end(), to);
    *to = '"';
    EndValue(true);
    return true;
}

void JsonWriter::Writer::key(std::string_view name) {
    if (!plain(name)) Key(name.data(), static_cast<unsigned>(name.size()));
}

JsonWriter& JsonWriter::text(std::string_view bytes) {
    if (writer_.plain(bytes)) return *this;
    const std::string safe = base::printable(bytes);
    writer_.String(safe.data(), static_cast<unsigned>(safe.size()));
    return *this;
}

JsonWriter& JsonWriter::real(double value) {
    writer_.SetMaxDecimalPlaces(6);
    writer_.Double(value);
    return *this;
}

std::string JsonWriter::drain() {
    std::string text;
    drain_to(text);
    return text;
}

void JsonWriter::drain_to(std::string& out) {
    out.append(buffer_.GetString(), buffer_.GetSize());
    buffer_.Clear();
}

}  // namespace strata::report
