#include "record/column.h"

namespace strata::record {
namespace {

constexpr uint64_t kMinChunk = 64U << 10;
constexpr uint64_t kMaxChunk = 512U << 10;
constexpr uint64_t kCutMask = 1023;

/// FNV-1a: any stable hash does; the bytes decide, not the process.
uint64_t name_hash(std::string_view name) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    return hash ^ (hash >> 32);
}

}  // namespace

const char* column_name(ColumnKind kind) {
    switch (kind) {
        case ColumnKind::kLayout:
            return "layout";
        case ColumnKind::kSymbols:
            return "symbols";
        case ColumnKind::kPlaces:
            return "places";
        case ColumnKind::kFunctions:
            return "functions";
        case ColumnKind::kStrings:
            return "strings";
        case ColumnKind::kCode:
            return "code";
        case ColumnKind::kImports:
            return "imports";
        case ColumnKind::kSignature:
            return "signature";
        case ColumnKind::kData:
            return "data";
        case ColumnKind::kObjc:
            return "objc";
        case ColumnKind::kSwift:
            return "swift";
    }
    return "unknown";
}

base::Digest column_digest(ColumnKind kind, std::string_view message) {
    thread_local base::Sha256 hash;
    return hash.update(&kind, sizeof kind).update(message).finish();
}

Chunk make_chunk(ColumnKind kind, uint64_t count, capnp::MessageBuilder& builder) {
    Chunk chunk{kind, count, {}, encode(builder)};
    chunk.digest = column_digest(kind, chunk.message.bytes());
    return chunk;
}

bool ChunkCutter::ends_after(std::string_view name, std::string_view following, uint64_t bytes) {
    size_ += bytes;
    if (size_ < kMinChunk || (name == following && size_ < kLongestRun)) return false;
    if (size_ < kMaxChunk && (name_hash(name) & kCutMask) != 0) return false;
    size_ = 0;
    return true;
}

}  // namespace strata::record
