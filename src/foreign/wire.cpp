#include "foreign/wire.h"

#include <algorithm>
#include <stdexcept>

#include "base/text.h"

namespace strata::foreign {
namespace {

constexpr size_t kFlushAt = 64U << 10;
constexpr size_t kMaxShownError = 500;

void put_size(std::string& frame) {
    const uint64_t size = frame.size() - kFrameHead;
    for (size_t i = 0; i < 4; ++i) frame[1 + i] = static_cast<char>(size >> (8 * i));
}

}  // namespace

std::string_view format_name(Format format) {
    return format == Format::kElf ? "ELF" : "PE";
}

// Encoding

void FactsEncoder::begin(FrameKind kind) {
    if (!frame_.empty() && (kind != kind_ || frame_.size() >= kFlushAt)) flush();
    if (!frame_.empty()) return;
    kind_ = kind;
    frame_.assign(kFrameHead, '\0');
    frame_[0] = static_cast<char>(kind);
}

void FactsEncoder::flush() {
    if (frame_.empty()) return;
    put_size(frame_);
    send_(frame_);
    frame_.clear();
}

void FactsEncoder::number(uint64_t value) {
    while (value >= 0x80) {
        frame_ += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    frame_ += static_cast<char>(value);
}

/// Texts end at a NUL, as they do in the file: parsers are not of one mind about what follows it.
void FactsEncoder::text(std::string_view value) {
    value = value.substr(0, std::min(value.find('\0'), value.size()));
    if (value.size() > kMaxText) throw std::length_error("a name of " + std::to_string(value.size()) + " bytes");
    number(value.size());
    frame_ += value;
}

void FactsEncoder::header(Format format, const Header& header) {
    begin(FrameKind::kHeader);
    number(static_cast<uint64_t>(format));
    for (const uint64_t value :
         {uint64_t{header.machine}, uint64_t{header.type}, uint64_t{header.flags}, uint64_t{header.system},
          uint64_t{header.is_64}, uint64_t{header.big_endian}, header.base, uint64_t{header.min_os},
          uint64_t{header.abi_system}, header.exceptions_at, header.exceptions_size})
        number(value);
    number(header.build_id.size());
    frame_ += header.build_id;
    text(header.install_name);
}

void FactsEncoder::segment(const Segment& segment) {
    begin(FrameKind::kSegments);
    for (const uint64_t value : {uint64_t{segment.type}, uint64_t{segment.flags}, segment.address, segment.size,
                                 segment.file_offset, segment.file_size})
        number(value);
    ++segments_;
}

void FactsEncoder::section(const Section& section) {
    begin(FrameKind::kSections);
    text(section.name);
    for (const uint64_t value : {uint64_t{section.type}, section.flags, section.address, section.size,
                                 section.file_offset, section.file_size, section.align, section.entry_size})
        number(value);
    ++sections_;
}

void FactsEncoder::library(std::string_view name) {
    begin(FrameKind::kLibraries);
    text(name);
    ++libraries_;
}

void FactsEncoder::detail(const Detail& detail) {
    begin(FrameKind::kDetails);
    number(static_cast<uint64_t>(detail.kind));
    text(detail.text);
    ++details_;
}

void FactsEncoder::symbol(const Symbol& symbol) {
    begin(FrameKind::kSymbols);
    text(symbol.name);
    text(symbol.version);
    text(symbol.target);
    for (const uint64_t value : {symbol.value, symbol.size, uint64_t{symbol.section}, uint64_t{symbol.library},
                                 static_cast<uint64_t>(symbol.binding), static_cast<uint64_t>(symbol.type),
                                 uint64_t{symbol.dynamic}, uint64_t{symbol.hidden_version}})
        number(value);
    ++symbols_;
}

void FactsEncoder::end() {
    begin(FrameKind::kEnd);
    for (const uint64_t value : {segments_, sections_, libraries_, details_, symbols_, left_out_}) number(value);
    flush();
}

void FactsEncoder::error(std::string_view message) {
    frame_.clear();  // may hold half an entry
    begin(FrameKind::kError);
    text(message.substr(0, kMaxShownError));
    flush();
}

// Decoding

/// Reads forward through one payload.
class FactsDecoder::Payload {
  public:
    Payload(const FactsDecoder& decoder, std::string_view bytes) : decoder_(decoder), rest_(bytes) {}

    bool at_end() const { return rest_.empty(); }

    uint64_t number() {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) decoder_.fail("a frame that ends in a number");
            const auto byte = static_cast<uint8_t>(rest_.front());
            rest_.remove_prefix(1);
            if (shift == 63 && byte > 1) break;
            value |= uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80) == 0) return value;
        }
        decoder_.fail("a number of more than 64 bits");
    }

    /// A number that must be at most `most`.
    template <typename T>
    T at_most(uint64_t most) {
        const uint64_t value = number();
        if (value > most) decoder_.fail("number " + base::hex(value) + " where at most " + base::hex(most) + " can be");
        return static_cast<T>(value);
    }
    uint32_t u32() { return at_most<uint32_t>(UINT32_MAX); }
    bool flag() { return at_most<uint8_t>(1) != 0; }

    std::string_view bytes(uint64_t most) {
        const auto size = at_most<size_t>(most);
        if (size > rest_.size()) decoder_.fail("a frame that ends in a text");
        const auto value = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return value;
    }

    /// Without NUL: stored texts end at one.
    std::string_view text() {
        const auto value = bytes(kMaxText);
        if (value.find('\0') != std::string_view::npos) decoder_.fail("a text with a NUL in it");
        return value;
    }

  private:
    const FactsDecoder& decoder_;
    std::string_view rest_;
};

FactsDecoder::FactsDecoder(Format format, base::ByteView file) : file_(file), facts_(std::make_unique<Facts>()) {
    facts_->format = format;
}

void FactsDecoder::fail(const std::string& what) const {
    throw file_.error(0, std::string(format_name(facts_->format)) + " worker sent " + what, "facts that fit the file");
}

std::string_view FactsDecoder::keep(std::string_view text) {
    if (text.empty()) return {};
    text_bytes_ += text.size();
    if (text_bytes_ > kMaxTextBytes)
        throw file_.error(0, "names add up to more than " + base::hex(kMaxTextBytes) + " bytes", "fewer in one image");
    auto* copy = static_cast<char*>(facts_->texts.allocate(text.size(), 1));
    std::copy(text.begin(), text.end(), copy);
    return {copy, text.size()};
}

void FactsDecoder::frame(uint8_t kind, std::string_view payload) {
    if (done_) fail("a frame after the last");
    Payload in(*this, payload);
    const auto entries = [&](uint64_t limit, const char* what, const auto& list, const auto& read) {
        while (!in.at_end()) {
            if (list.size() == limit)
                throw file_.error(0, "more than " + std::to_string(limit) + " " + what, "fewer in one image");
            read();
        }
    };
    switch (static_cast<FrameKind>(kind)) {
        case FrameKind::kHeader:
            header(in);
            break;
        case FrameKind::kSegments:
            entries(kMaxSegments, "segments", facts_->segments, [&] { segment(in); });
            break;
        case FrameKind::kSections:
            entries(kMaxSections, "sections", facts_->sections, [&] { section(in); });
            break;
        case FrameKind::kLibraries:
            entries(kMaxLibraries, "dependencies", facts_->libraries,
                    [&] { facts_->libraries.push_back(keep(in.text())); });
            break;
        case FrameKind::kDetails:
            entries(kMaxDetails, "details", facts_->details, [&] { detail(in); });
            break;
        case FrameKind::kSymbols:
            entries(kMaxSymbols, "symbols", facts_->symbols, [&] { symbol(in); });
            break;
        case FrameKind::kEnd:
            end(in);
            break;
        case FrameKind::kError: {
            const auto reason = in.text().substr(0, kMaxShownError);
            throw file_.error(0, reason.empty() ? "is refused without a reason" : base::terminal_safe(reason),
                              "a file of the " + std::string(format_name(facts_->format)) + " format");
        }
        default:
            fail("a frame of unknown kind " + base::hex(kind));
    }
    if (!in.at_end()) fail("a frame with more than it should hold");
}

void FactsDecoder::header(Payload& in) {
    if (has_header_) fail("two headers");
    has_header_ = true;
    if (in.number() != static_cast<uint64_t>(facts_->format)) fail("the header of another format");
    Header& header = facts_->header;
    header.machine = in.u32();
    header.type = in.u32();
    header.flags = in.u32();
    header.system = in.u32();
    header.is_64 = in.flag();
    header.big_endian = in.flag();
    header.base = in.number();
    header.min_os = in.u32();
    header.abi_system = in.u32();
    header.exceptions_at = in.number();
    header.exceptions_size = in.number();
    constexpr uint64_t kMaxBuildId = 64;
    header.build_id = keep(in.bytes(kMaxBuildId));
    header.install_name = keep(in.text());
}

void FactsDecoder::segment(Payload& in) {
    Segment segment;
    segment.type = in.u32();
    segment.flags = in.u32();
    segment.address = in.number();
    segment.size = in.number();
    segment.file_offset = in.number();
    segment.file_size = in.number();
    facts_->segments.push_back(segment);
}

void FactsDecoder::section(Payload& in) {
    Section section;
    section.name = keep(in.text());
    section.type = in.u32();
    section.flags = in.number();
    section.address = in.number();
    section.size = in.number();
    section.file_offset = in.number();
    section.file_size = in.number();
    section.align = in.number();
    section.entry_size = in.number();
    if (section.file_size == 0) section.file_offset = 0;
    if (!file_.contains(section.file_offset, section.file_size))
        throw file_.error(0,
                          "section " + base::printable(section.name) + " at " + base::hex(section.file_offset) +
                              " of " + base::hex(section.file_size) + " bytes leaves the file",
                          "inside its " + base::hex(file_.size()) + " bytes");
    facts_->sections.push_back(section);
}

void FactsDecoder::detail(Payload& in) {
    Detail detail;
    detail.kind = in.at_most<DetailKind>(static_cast<uint64_t>(DetailKind::kLast));
    if (static_cast<uint8_t>(detail.kind) == 0) fail("a detail of no kind");
    detail.text = keep(in.text());
    facts_->details.push_back(detail);
}

void FactsDecoder::symbol(Payload& in) {
    Symbol symbol;
    symbol.name = keep(in.text());
    symbol.version = keep(in.text());
    symbol.target = keep(in.text());
    symbol.value = in.number();
    symbol.size = in.number();
    symbol.section = in.u32();
    symbol.library = in.u32();
    symbol.binding = in.at_most<Binding>(static_cast<uint64_t>(Binding::kLast));
    symbol.type = in.at_most<SymbolType>(static_cast<uint64_t>(SymbolType::kLast));
    symbol.dynamic = in.flag();
    symbol.hidden_version = in.flag();
    facts_->symbols.push_back(symbol);
}

void FactsDecoder::end(Payload& in) {
    if (!has_header_) fail("no header");
    const uint64_t counts[] = {facts_->segments.size(), facts_->sections.size(), facts_->libraries.size(),
                               facts_->details.size(), facts_->symbols.size()};
    for (const uint64_t count : counts)
        if (in.number() != count) fail("fewer facts than it counted");
    facts_->left_out = in.number();
    check_symbols();
    done_ = true;
}

void FactsDecoder::check_symbols() const {
    for (const Symbol& symbol : facts_->symbols) {
        const bool special =
            symbol.section == kAbsoluteSection || symbol.section == kCommonSection || symbol.section == kAnySection;
        if (!special && symbol.section > facts_->sections.size()) fail("a symbol in a section that is not there");
        if (symbol.library != kNoLibrary && symbol.library >= facts_->libraries.size())
            fail("a symbol of a library that is not there");
    }
}

}  // namespace strata::foreign
