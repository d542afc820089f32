#include "report/json.h"

#include "base/text.h"

namespace strata::report {

JsonWriter& JsonWriter::text(std::string_view bytes) {
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
    std::string text(buffer_.GetString(), buffer_.GetSize());
    buffer_.Clear();
    return text;
}

}  // namespace strata::report
