#include "query/report_ips.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/text.h"

namespace strata::query {
namespace {

constexpr size_t kDeepest = 512;

/// A frame that has no symbol.
struct Frame {
    size_t at = 0;  ///< right behind its opening brace
    uint64_t image = 0;
    uint64_t offset = 0;
    bool is_return = false;
};

/// What the parser is told; collects frames and images, and where they are.
class Collector : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Collector> {
  public:
    std::vector<Frame> frames;
    std::vector<LoadedImage> images;

    /// `base`: where in the report the stream begins.
    void start(const rapidjson::MemoryStream& stream, size_t base) {
        stream_ = &stream;
        base_ = base;
        levels_.clear();
        key_.clear();
    }

    bool Default() { return next(); }  // a value that is of no use here
    bool Uint(unsigned value) { return Uint64(value); }
    bool Int(int) { return next(); }
    bool Uint64(uint64_t value) {
        if (!levels_.empty() && levels_.back().is_object) {
            Level& level = levels_.back();
            if (key_ == "imageIndex") level.index = value;
            if (key_ == "imageOffset") level.offset = value;
            if (key_ == "base") level.image.begin = value;
            if (key_ == "size") level.image.end = value;  // made an end when the image is whole
        }
        return next();
    }
    bool String(const char* text, rapidjson::SizeType size, bool) {
        if (!levels_.empty() && levels_.back().is_object && key_ == "uuid")
            levels_.back().image.uuid = parse_uuid({text, size});  // empty when all are zero
        return next();
    }
    bool Key(const char* text, rapidjson::SizeType size, bool) {
        key_.assign(text, size);
        if (key_ == "symbol") levels_.back().has_symbol = true;
        return true;
    }
    bool StartObject() { return open(true); }
    bool StartArray() { return open(false); }
    bool EndArray(rapidjson::SizeType) {
        levels_.pop_back();
        return next();
    }
    bool EndObject(rapidjson::SizeType) {
        Level level = std::move(levels_.back());
        levels_.pop_back();
        const uint64_t place = levels_.empty() ? 0 : levels_.back().elements;
        if (!levels_.empty() && levels_.back().name == "usedImages") {
            level.image.end = level.image.begin + level.image.end;
            images.push_back(std::move(level.image));
        } else if (level.index && level.offset && !level.has_symbol) {
            // An exception's list has only addresses that calls return to; a thread begins with where it is.
            const bool is_return = place != 0 || (!levels_.empty() && levels_.back().name == "lastExceptionBacktrace");
            frames.push_back({level.begin, *level.index, *level.offset, is_return});
        }
        return next();
    }

  private:
    struct Level {
        bool is_object = false;
        std::string name;       // the key it stands under
        size_t begin = 0;       // behind its opening brace
        uint64_t elements = 0;  // arrays: values so far
        std::optional<uint64_t> index;
        std::optional<uint64_t> offset;
        bool has_symbol = false;
        LoadedImage image;
    };

    bool open(bool is_object) {
        if (levels_.size() >= kDeepest) return false;
        Level level;
        level.is_object = is_object;
        level.name = std::move(key_);
        // The iterative parser tells of the brace before it takes it, the recursive one afterwards.
        level.begin = base_ + stream_->Tell() + (stream_->Peek() == (is_object ? '{' : '[') ? 1 : 0);
        key_.clear();
        levels_.push_back(std::move(level));
        return true;
    }

    /// A value has ended.
    bool next() {
        key_.clear();
        if (!levels_.empty() && !levels_.back().is_object) ++levels_.back().elements;
        return true;
    }

    const rapidjson::MemoryStream* stream_ = nullptr;
    size_t base_ = 0;
    std::vector<Level> levels_;
    std::string key_;
};

std::string members(const FrameName& name) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    const std::string safe = base::printable(name.symbol);
    writer.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
    return "\"symbol\":" + std::string(buffer.GetString(), buffer.GetSize()) +
           ",\"symbolLocation\":" + std::to_string(name.offset) + ",";
}

/// Reads all JSON values of the report; where it is not made of such, the place.
std::optional<uint64_t> collect(std::string_view report, Collector& collector) {
    constexpr unsigned kFlags =
        rapidjson::kParseIterativeFlag | rapidjson::kParseStopWhenDoneFlag | rapidjson::kParseFullPrecisionFlag;
    size_t at = 0;
    while ((at = report.find_first_not_of(" \t\r\n\xef\xbb\xbf", at)) != std::string_view::npos) {
        rapidjson::MemoryStream stream(report.data() + at, report.size() - at);
        rapidjson::Reader reader;
        collector.start(stream, at);
        const auto result = reader.Parse<kFlags>(stream, collector);
        if (result.IsError()) return at + result.Offset();
        at += stream.Tell();
    }
    return std::nullopt;
}

}  // namespace

Symbolicated symbolicate_ips(FrameNames& names, std::string_view report) {
    Symbolicated result;
    Collector collector;
    result.broken_at = collect(report, collector);
    if (result.broken_at) {
        result.text = report;
        return result;
    }
    names.learn_slide(collector.images);
    size_t copied = 0;
    for (const auto& frame :
         collector.frames) {  // in the order of their ends, which for frames is that of their begins
        ++result.frames;
        if (frame.image >= collector.images.size() || frame.at < copied) continue;
        const LoadedImage& image = collector.images[frame.image];
        // An image without uuid stands for what the report could not tell: only the address is known.
        const auto name = image.uuid.empty() ? names.name_at(image.begin + frame.offset, frame.is_return)
                                             : names.name(image, frame.offset, frame.is_return);
        if (!name) continue;
        ++result.resolved;
        result.text += report.substr(copied, frame.at - copied);
        result.text += members(*name);
        copied = frame.at;
    }
    result.text += report.substr(copied);
    return result;
}

}  // namespace strata::query
