#include "store/block_check.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "base/endian.h"
#include "base/xxh3.h"

namespace strata::store {
namespace {

constexpr size_t kChecksumSize = sizeof(uint32_t);
constexpr size_t kTrailerSize = 1 + kChecksumSize;
// The checksum is of the block; the byte behind it is mixed in (RocksDB's table/format.cc).
constexpr uint32_t kLastByteFactor = 0x6b9083d9;
constexpr size_t kInternalKeyTrailer = 8;  // sequence number and type

thread_local BlockCheck check_of_thread = BlockCheck::kNone;

uint32_t u32_at(const char* at) {
    base::Le32 value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

/// Advances `at`; empty where the number does not end before `end`, or has more than 32 bits.
std::optional<uint32_t> take_varint(const char*& at, const char* end) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35 && at != end; shift += 7) {
        const auto byte = static_cast<unsigned char>(*at++);
        value |= uint64_t{byte & 0x7fU} << shift;
        if ((byte & 0x80) != 0) continue;
        if (value > UINT32_MAX) return std::nullopt;
        return static_cast<uint32_t>(value);
    }
    return std::nullopt;
}

bool passes(BlockCheck check, const rocksdb::Slice& read, size_t wanted) {
    if (read.size() != wanted) return false;
    return check == BlockCheck::kChecksum ? has_right_checksum(read.data(), read.size())
                                          : has_sound_shape(read.data(), read.size());
}

class CheckingFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
  public:
    using FSRandomAccessFileOwnerWrapper::FSRandomAccessFileOwnerWrapper;

    rocksdb::IOStatus Read(uint64_t offset, size_t size, const rocksdb::IOOptions& options, rocksdb::Slice* result,
                           char* scratch, rocksdb::IODebugContext* debug) const override {
        auto status = target()->Read(offset, size, options, result, scratch, debug);
        if (check_of_thread != BlockCheck::kNone && status.ok() && !passes(check_of_thread, *result, size))
            return rocksdb::IOStatus::Corruption("block check");
        return status;
    }
};

class CheckingFiles : public rocksdb::FileSystemWrapper {
  public:
    using FileSystemWrapper::FileSystemWrapper;

    const char* Name() const override { return "strata.checking"; }

    rocksdb::IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                          rocksdb::IODebugContext* debug) override {
        std::unique_ptr<rocksdb::FSRandomAccessFile> file;
        auto status = target()->NewRandomAccessFile(name, options, &file, debug);
        if (status.ok()) *result = std::make_unique<CheckingFile>(std::move(file));
        return status;
    }
};

}  // namespace

bool has_right_checksum(const char* block, size_t size) {
    if (size < kTrailerSize) return false;
    const size_t block_size = size - kTrailerSize;
    const auto last_byte = static_cast<unsigned char>(block[block_size]);
    const auto hash = static_cast<uint32_t>(XXH3_64bits(block, block_size));
    return u32_at(block + block_size + 1) == (hash ^ (last_byte * kLastByteFactor));
}

bool has_sound_shape(const char* block, size_t size) {
    // Behind the entries: where each restart is, and how many there are.
    constexpr size_t kOneRestart = 2 * sizeof(uint32_t);
    if (size < kTrailerSize + kOneRestart) return false;
    const char* const end = block + size - kTrailerSize - kOneRestart;
    if (u32_at(end) != 0 || u32_at(end + sizeof(uint32_t)) != 1) return false;
    // An entry: how much of its key is that of the one before, sizes of the rest of the key and of the value; these.
    const char* at = block;
    const auto shared = take_varint(at, end);
    const auto key = take_varint(at, end);
    const auto value = take_varint(at, end);
    return shared == 0U && key && value && *key >= kInternalKeyTrailer &&
           uint64_t{*key} + *value <= static_cast<uint64_t>(end - at);
}

BlockCheckScope::BlockCheckScope(BlockCheck check) {
    check_of_thread = check;
}

BlockCheckScope::~BlockCheckScope() {
    check_of_thread = BlockCheck::kNone;
}

rocksdb::Env* checking_environment() {
    static const std::unique_ptr<rocksdb::Env> environment =
        rocksdb::NewCompositeEnv(std::make_shared<CheckingFiles>(rocksdb::FileSystem::Default()));
    return environment.get();
}

}  // namespace strata::store
