#include "store/catalog.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <cstring>

#include "store/keys.h"
#include "store/record_file.h"

namespace strata::store {
namespace {

// Where tables are not mapped each head would else be a read of its own, of some 2 KB.
constexpr size_t kHeadsReadAhead = 128U << 10;

/// Small records that are not framed (or came from a write buffer) are copied to aligned memory.
class Aligned {
  public:
    explicit Aligned(std::string_view bytes) : size_(bytes.size()), words_((bytes.size() + 7) / 8) {
        // A damaged value may be empty, which memcpy does not take.
        if (!bytes.empty()) std::memcpy(words_.data(), bytes.data(), bytes.size());
    }
    std::string_view view() const { return {reinterpret_cast<const char*>(words_.data()), size_}; }

  private:
    size_t size_;
    std::vector<uint64_t> words_;
};

record::Firmware decode(std::string_view name, std::string_view value) {
    return record::decode_firmware(name, Aligned(value).view());
}

}  // namespace

std::optional<record::Firmware> find_firmware(Database& database, const std::string& name) {
    rocksdb::PinnableSlice value;
    const auto status = database.db().Get({}, database.firmwares(), name, &value);
    if (status.IsNotFound()) return std::nullopt;
    database.check(status, "cannot read the store");
    return decode(name, value.ToStringView());
}

std::vector<record::Firmware> list_firmwares(Database& database) {
    std::vector<record::Firmware> firmwares;
    const std::unique_ptr<rocksdb::Iterator> at(database.db().NewIterator({}, database.firmwares()));
    for (at->SeekToFirst(); at->Valid(); at->Next())
        firmwares.push_back(decode(at->key().ToStringView(), at->value().ToStringView()));
    database.check(at->status(), "cannot read the store");
    return firmwares;
}

std::optional<uint64_t> find_column(Database& database, const base::Digest& digest) {
    rocksdb::PinnableSlice value;
    const auto key = digest.view();
    const auto status = database.db().Get({}, database.digests(), rocksdb::Slice(key.data(), key.size()), &value);
    if (status.IsNotFound()) return std::nullopt;
    database.check(status, "cannot read the store");
    return from_big_endian(value.ToStringView());
}

uint32_t next_firmware_id(Database& database) {
    std::string stored;
    const auto status = database.db().Get({}, database.settings(), kNextFirmwareKey, &stored);
    if (!status.IsNotFound()) database.check(status, "cannot read the store");
    const uint32_t next = stored.size() == sizeof(uint32_t) ? static_cast<uint32_t>(from_big_endian(stored)) : 1U;
    // An import that was killed leaves heads without a manifest: another firmware must not take them for its own.
    const std::unique_ptr<rocksdb::Iterator> last(database.db().NewIterator({}, database.images()));
    last->SeekToLast();
    database.check(last->status(), "cannot read the store");
    if (!last->Valid()) return next;
    const auto used = static_cast<uint32_t>(from_big_endian(last->key().ToStringView().substr(0, kFirmwareIdSize)));
    return std::max(next, used + 1);
}

record::Head decode_stored_head(std::string_view value) {
    const auto message = unframe_record(value);
    if (reinterpret_cast<uintptr_t>(message.data()) % 8 == 0) return record::decode_head(message);
    return record::decode_head(Aligned(message).view());
}

HeadCursor::~HeadCursor() = default;

bool HeadCursor::valid() const {
    return iterator_->Valid();
}

HeadCursor::HeadCursor(Database& database, uint32_t firmware, base::Residency* residency)
    : database_(database),
      residency_(residency),
      begin_(big_endian(firmware)),
      end_(big_endian(firmware + 1)),
      end_slice_(end_) {
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end_slice_;
    options.readahead_size = kHeadsReadAhead;
    iterator_.reset(database.db().NewIterator(options, database.images()));
    iterator_->Seek(begin_);
}

std::string_view HeadCursor::path() const {
    return iterator_->key().ToStringView().substr(kFirmwareIdSize);
}
record::Head HeadCursor::head() const {
    return decode_stored_head(iterator_->value().ToStringView());
}
std::string_view HeadCursor::message() {
    const auto message = unframe_record(iterator_->value().ToStringView());
    if (message.empty() || reinterpret_cast<uintptr_t>(message.data()) % 8 == 0) return message;
    copy_.resize((message.size() + 7) / 8);
    std::memcpy(copy_.data(), message.data(), message.size());
    return {reinterpret_cast<const char*>(copy_.data()), message.size()};
}
void HeadCursor::next() {
    if (residency_ != nullptr) residency_->touched(iterator_->key().size() + iterator_->value().size());
    iterator_->Next();
}
void HeadCursor::seek(std::string_view path) {
    iterator_->Seek(begin_ + std::string(path));
}
void HeadCursor::check() const {
    database_.check(iterator_->status(), "cannot read the store");
}

std::unique_ptr<HeadCursor> walk_heads(Database& database, uint32_t firmware, base::Residency* residency) {
    return std::unique_ptr<HeadCursor>(new HeadCursor(database, firmware, residency));
}

}  // namespace strata::store
