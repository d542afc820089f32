#include "store/bundle_stream.h"

#include <lz4frame.h>

#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "base/error.h"

namespace strata::store {
namespace {

constexpr std::string_view kMagic = "strata bundle 1\n";
constexpr size_t kStep = 64U << 10;
constexpr uint32_t kMaxFirst = 64U << 10;
constexpr uint32_t kMaxSecond = 256U << 20;
constexpr size_t kEntryHeader = 1 + 2 * sizeof(uint32_t);

std::array<char, kEntryHeader> entry_header(BundleEntry kind, size_t first, size_t second) {
    std::array<char, kEntryHeader> header{};
    header[0] = static_cast<char>(kind);
    for (size_t i = 0; i < sizeof(uint32_t); ++i) {
        header[1 + i] = static_cast<char>(first >> (8 * i));
        header[1 + sizeof(uint32_t) + i] = static_cast<char>(second >> (8 * i));
    }
    return header;
}

size_t checked(size_t code) {
    if (LZ4F_isError(code) != 0)
        throw base::Error(base::ErrorKind::kIo, std::string("LZ4: ") + LZ4F_getErrorName(code));
    return code;
}

}  // namespace

struct BundleWriter::Frame {
    LZ4F_cctx* context = nullptr;
    std::vector<char> out;
    Frame() { checked(LZ4F_createCompressionContext(&context, LZ4F_VERSION)); }
    ~Frame() { LZ4F_freeCompressionContext(context); }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
};

BundleWriter::BundleWriter(Sink sink) : frame_(std::make_unique<Frame>()), sink_(std::move(sink)) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled;
    frame_->out.resize(LZ4F_compressBound(kStep, &preferences) + LZ4F_HEADER_SIZE_MAX);
    sink_(kMagic);
    const size_t size =
        checked(LZ4F_compressBegin(frame_->context, frame_->out.data(), frame_->out.size(), &preferences));
    sink_({frame_->out.data(), size});
}

BundleWriter::~BundleWriter() = default;

void BundleWriter::put(std::string_view bytes) {
    hash_.update(bytes);
    while (!bytes.empty()) {
        const auto step = bytes.substr(0, kStep);
        bytes.remove_prefix(step.size());
        const size_t size = checked(LZ4F_compressUpdate(frame_->context, frame_->out.data(), frame_->out.size(),
                                                        step.data(), step.size(), nullptr));
        if (size != 0) sink_({frame_->out.data(), size});
    }
}

void BundleWriter::write(BundleEntry kind, std::string_view first, std::string_view second) {
    const auto header = entry_header(kind, first.size(), second.size());
    put({header.data(), header.size()});
    put(first);
    put(second);
}

void BundleWriter::finish() {
    const auto digest = hash_.finish();
    write(BundleEntry::kEnd, digest.view(), {});
    const size_t size = checked(LZ4F_compressEnd(frame_->context, frame_->out.data(), frame_->out.size(), nullptr));
    sink_({frame_->out.data(), size});
}

struct BundleReader::Frame {
    LZ4F_dctx* context = nullptr;
    std::vector<char> in = std::vector<char>(kStep);
    size_t in_begin = 0;
    size_t in_end = 0;
    bool ended = false;
    Frame() { checked(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)); }
    ~Frame() { LZ4F_freeDecompressionContext(context); }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
};

BundleReader::BundleReader(std::string name, Fill fill)
    : frame_(std::make_unique<Frame>()), name_(std::move(name)), fill_(std::move(fill)) {
    std::array<char, kMagic.size()> magic{};
    size_t got = 0;
    while (got < magic.size()) {
        const size_t more = fill_(magic.data() + got, magic.size() - got);
        if (more == 0) break;
        got += more;
    }
    if (std::string_view(magic.data(), got) != kMagic)
        fail("is not a strata bundle", "\"strata bundle 1\" at the start");
    position_ = got;
}

BundleReader::~BundleReader() = default;

void BundleReader::fail(const std::string& message, const std::string& expected) const {
    throw base::Error::input(name_, position_, message, expected);
}

/// Decompresses exactly `size` bytes.
void BundleReader::get(char* data, size_t size) {
    while (size != 0) {
        if (frame_->in_begin == frame_->in_end) {
            frame_->in_begin = 0;
            frame_->in_end = fill_(frame_->in.data(), frame_->in.size());
            if (frame_->in_end == 0) fail("bundle is cut off", "more bytes");
        }
        size_t in_size = frame_->in_end - frame_->in_begin;
        size_t out_size = size;
        const size_t code =
            LZ4F_decompress(frame_->context, data, &out_size, frame_->in.data() + frame_->in_begin, &in_size, nullptr);
        if (LZ4F_isError(code) != 0) fail(std::string("bundle is damaged: ") + LZ4F_getErrorName(code), "an LZ4 frame");
        frame_->in_begin += in_size;
        position_ += in_size;
        data += out_size;
        size -= out_size;
        frame_->ended = code == 0;
        if (frame_->ended && size != 0) fail("bundle ends before its end entry", "more entries");
    }
}

/// The frame ends here, and with it the input: a second bundle behind this one must not be passed over in silence.
void BundleReader::expect_end() {
    // Reading the last entry may have read the frame's end with it.
    while (!frame_->ended) {
        if (frame_->in_begin == frame_->in_end) {
            frame_->in_begin = 0;
            frame_->in_end = fill_(frame_->in.data(), frame_->in.size());
            if (frame_->in_end == 0) fail("bundle is cut off", "the end of its frame");
        }
        char none = 0;
        size_t in_size = frame_->in_end - frame_->in_begin;
        size_t out_size = sizeof none;
        const size_t left =
            LZ4F_decompress(frame_->context, &none, &out_size, frame_->in.data() + frame_->in_begin, &in_size, nullptr);
        if (LZ4F_isError(left) != 0) fail(std::string("bundle is damaged: ") + LZ4F_getErrorName(left), "an LZ4 frame");
        if (out_size != 0) fail("bundle goes on after its end entry", "the end of its frame");
        frame_->ended = left == 0;
        frame_->in_begin += in_size;
        position_ += in_size;
    }
    if (frame_->in_begin != frame_->in_end || fill_(frame_->in.data(), 1) != 0)
        fail("there is more after the end of the bundle", "one bundle in each file: import them one after another");
}

bool BundleReader::next(BundleItem& item) {
    const auto digest = hash_.peek();
    std::array<char, kEntryHeader> header{};
    get(header.data(), header.size());
    base::Le32 first_size;
    base::Le32 second_size;
    std::memcpy(&first_size, header.data() + 1, sizeof first_size);
    std::memcpy(&second_size, header.data() + 1 + sizeof first_size, sizeof second_size);
    if (first_size > kMaxFirst || second_size > kMaxSecond) fail("bundle entry is too large", "at most 256 MiB");
    item.kind = static_cast<BundleEntry>(header[0]);
    item.first.resize(first_size);
    item.size = second_size;
    item.words.resize((item.size + 7) / 8);
    get(item.first.data(), item.first.size());
    get(reinterpret_cast<char*>(item.words.data()), item.size);
    if (item.kind == BundleEntry::kEnd) {
        if (item.first != digest.view()) fail("bundle is damaged", "the SHA-256 of its entries");
        expect_end();
        return false;
    }
    hash_.update(header.data(), header.size()).update(item.first).update(item.second());
    return true;
}

}  // namespace strata::store
