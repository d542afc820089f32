// How facts travel from a worker process to the one that asked: frames of one kind each, over a socket.
//
//   frame   = kind: u8, size of the payload: u32 little-endian, payload
//   payload = entries back to back: numbers as ULEB128, texts as ULEB128 length and bytes
//
// A worker reads hostile files with a parser that is not ours, so its frames are as hostile as the file: FactsDecoder
// believes nothing. It bounds counts and bytes, and what it hands out has been checked against the file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "foreign/facts.h"

namespace strata::foreign {

enum class FrameKind : uint8_t {
    kHeader = 'H',
    kSegments = 'G',
    kSections = 'S',
    kLibraries = 'L',
    kDetails = 'D',
    kSymbols = 'Y',
    kEnd = 'E',    ///< counts of everything that came before: nothing is missing
    kError = 'X',  ///< the parser refused the file: one text
};

inline constexpr size_t kFrameHead = 5;
inline constexpr uint32_t kMaxFrame = 1U << 20;  ///< bytes of a payload

// What one file may have. The largest real ones have some hundred thousand symbols.
inline constexpr uint64_t kMaxSegments = 4096;
inline constexpr uint64_t kMaxSections = 0xfff0;  ///< places number them in 16 bits
inline constexpr uint64_t kMaxLibraries = 0xfff0;
inline constexpr uint64_t kMaxDetails = 65536;
inline constexpr uint64_t kMaxSymbols = 1U << 20;
inline constexpr uint64_t kMaxTextBytes = 64U << 20;  ///< all texts together
inline constexpr uint64_t kMaxText = 256U << 10;      ///< one text

/// Encodes facts into frames of about 64 KiB. Not thread-safe.
class FactsEncoder {
  public:
    /// `send` gets whole frames.
    explicit FactsEncoder(std::function<void(std::string_view)> send) : send_(std::move(send)) {}

    void header(Format format, const Header& header);
    void segment(const Segment& segment);
    void section(const Section& section);
    void library(std::string_view name);
    void detail(const Detail& detail);
    void symbol(const Symbol& symbol);
    /// Not sent, but counted.
    void left_out() { ++left_out_; }
    /// The last frame, when all went well.
    void end();
    /// The last frame, when not.
    void error(std::string_view message);

  private:
    void begin(FrameKind kind);
    void number(uint64_t value);
    void text(std::string_view value);
    void flush();

    std::function<void(std::string_view)> send_;
    std::string frame_;
    FrameKind kind_ = FrameKind::kEnd;
    uint64_t segments_ = 0;
    uint64_t sections_ = 0;
    uint64_t libraries_ = 0;
    uint64_t details_ = 0;
    uint64_t symbols_ = 0;
    uint64_t left_out_ = 0;
};

/// Takes the frames about one file. Throws base::Error(kInput), with the file's name, on anything that does not fit:
/// a frame that is no frame, more than the bounds above, a section outside the file, an index of nothing.
class FactsDecoder {
  public:
    /// `file` must outlive this.
    FactsDecoder(Format format, base::ByteView file);

    /// One frame without its head. Throws also when the worker refused the file, with its reason.
    void frame(uint8_t kind, std::string_view payload);

    /// Whether the end has come: nothing more may.
    bool done() const { return done_; }

    /// Call when done().
    std::unique_ptr<Facts> take() { return std::move(facts_); }

  private:
    class Payload;

    void header(Payload& in);
    void segment(Payload& in);
    void section(Payload& in);
    void detail(Payload& in);
    void symbol(Payload& in);
    void end(Payload& in);
    std::string_view keep(std::string_view text);
    void check_symbols() const;
    [[noreturn]] void fail(const std::string& what) const;

    base::ByteView file_;
    std::unique_ptr<Facts> facts_;
    bool has_header_ = false;
    bool done_ = false;
    uint64_t text_bytes_ = 0;
};

}  // namespace strata::foreign
