// The byte stream of a bundle (docs/bundle-format.md): a magic line, then one LZ4 frame of entries, the last of which
// holds the SHA-256 of all before it. Written and read front to back, so a pipe will do.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"

namespace strata::store {

enum class BundleEntry : uint8_t { kColumn = 'C', kFirmware = 'F', kHead = 'H', kEnd = 'E' };

/// Writes entries through an LZ4 frame. About 300 kB.
class BundleWriter {
  public:
    using Sink = std::function<void(std::string_view)>;

    explicit BundleWriter(Sink sink);
    ~BundleWriter();
    BundleWriter(const BundleWriter&) = delete;
    BundleWriter& operator=(const BundleWriter&) = delete;

    /// One entry of two texts; what they are depends on the kind.
    void write(BundleEntry kind, std::string_view first, std::string_view second);
    /// The end entry and the end of the frame. Nothing may follow.
    void finish();

  private:
    void put(std::string_view bytes);

    struct Frame;
    std::unique_ptr<Frame> frame_;
    Sink sink_;
    base::Sha256 hash_;
};

/// One entry as read; owns its memory, the second text 8-byte aligned.
struct BundleItem {
    BundleEntry kind = BundleEntry::kEnd;
    std::string first;
    std::vector<uint64_t> words;
    uint64_t size = 0;
    std::string_view second() const { return {reinterpret_cast<const char*>(words.data()), size}; }
};

/// Reads entries; every size is bounded before memory is taken.
class BundleReader {
  public:
    /// Fills up to `size` bytes, returns how many; 0 = the end.
    using Fill = std::function<size_t(char* data, size_t size)>;

    /// `name` is for messages. Throws base::Error(kInput) when the magic is not there.
    BundleReader(std::string name, Fill fill);
    ~BundleReader();
    BundleReader(const BundleReader&) = delete;
    BundleReader& operator=(const BundleReader&) = delete;

    /// The next entry; false after the end entry, whose digest was then right. Throws base::Error(kInput) when the
    /// bundle is damaged or cut off.
    bool next(BundleItem& item);

  private:
    void get(char* data, size_t size);
    void expect_end();
    [[noreturn]] void fail(const std::string& message, const std::string& expected) const;

    struct Frame;
    std::unique_ptr<Frame> frame_;
    std::string name_;
    Fill fill_;
    base::Sha256 hash_;
    uint64_t position_ = 0;  // in the stream, for messages
};

}  // namespace strata::store
