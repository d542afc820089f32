// JSON by RapidJSON's streaming writer. Texts from inputs go through base::printable: bytes that are not UTF-8 stay
// readable and can be turned back (docs/json.md).
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace strata::report {

/// Builds one JSON text. Cheap to clear; `text()` may be taken in pieces with `drain()` while a long value is being
/// written.
class JsonWriter {
  public:
    JsonWriter& begin_object() {
        return call([&] { writer_.StartObject(); });
    }
    JsonWriter& end_object() {
        call([&] { writer_.EndObject(); });
        if (out_ != nullptr && size() >= kPiece) drain_to(*out_);
        return *this;
    }
    JsonWriter& begin_array() {
        return call([&] { writer_.StartArray(); });
    }
    JsonWriter& end_array() {
        return call([&] { writer_.EndArray(); });
    }
    JsonWriter& key(std::string_view name) {
        return call([&] { writer_.key(name); });
    }

    /// Any bytes; escaped as documented.
    JsonWriter& text(std::string_view bytes);
    JsonWriter& number(std::unsigned_integral auto value) {
        return call([&] { writer_.Uint64(value); });
    }
    JsonWriter& real(double value);
    JsonWriter& boolean(bool value) {
        return call([&] { writer_.Bool(value); });
    }

    JsonWriter& field(std::string_view name, std::string_view value) { return key(name).text(value); }
    JsonWriter& field(std::string_view name, std::unsigned_integral auto value) { return key(name).number(value); }

    /// From here on what was written goes to the end of `out` piece by piece, and drain_to(out) brings the rest: tens
    /// of megabytes are then held once.
    void spill_to(std::string& out) { out_ = &out; }

    /// What was written since the last call.
    std::string drain();
    /// The same at the end of `out`.
    void drain_to(std::string& out);
    size_t size() const { return buffer_.GetSize(); }

  private:
    /// Copies texts that have nothing to escape as a whole: nearly all.
    class Writer : public rapidjson::Writer<rapidjson::StringBuffer> {
      public:
        using rapidjson::Writer<rapidjson::StringBuffer>::Writer;
        void key(std::string_view name);
        /// Writes a text of printable ASCII without quotes and backslashes; any other one it leaves alone and is false.
        bool plain(std::string_view text);
    };

    template <typename Call>
    JsonWriter& call(Call&& write) {
        write();
        return *this;
    }

    static constexpr size_t kPiece = 64U << 10;

    std::string* out_ = nullptr;
    rapidjson::StringBuffer buffer_;
    Writer writer_{buffer_};
};

}  // namespace strata::report
