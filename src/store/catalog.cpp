#include "store/catalog.h"

#include <cstring>

#include "store/record_file.h"

namespace strata::store {
namespace {

/// Small records that are not framed (or came from a write buffer) are copied to aligned memory.
class Aligned {
  public:
    explicit Aligned(std::string_view bytes) : size_(bytes.size()), words_((bytes.size() + 7) / 8) {
        std::memcpy(words_.data(), bytes.data(), bytes.size());
    }
    std::string_view view() const { return {reinterpret_cast<const char*>(words_.data()), size_}; }

  private:
    size_t size_;
    std::vector<uint64_t> words_;
};

record::Firmware decode(std::string_view name, std::string_view value) { return record::decode_firmware(name, Aligned(value).view()); }

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
    for (at->SeekToFirst(); at->Valid(); at->Next()) firmwares.push_back(decode(at->key().ToStringView(), at->value().ToStringView()));
    database.check(at->status(), "cannot read the store");
    return firmwares;
}

record::Head decode_stored_head(std::string_view value) {
    const auto message = unframe_record(value);
    if (reinterpret_cast<uintptr_t>(message.data()) % 8 == 0) return record::decode_head(message);
    return record::decode_head(Aligned(message).view());
}

}  // namespace strata::store
