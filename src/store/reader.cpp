#include "store/reader.h"

#include <rocksdb/db.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "store/block_check.h"
#include "store/catalog.h"
#include "store/keys.h"
#include "store/record_file.h"

namespace strata::store {
namespace {

constexpr uint64_t kResidentLimit = 48U << 20;
// Touching one small record makes this much of a file resident (fault-around, large folios).
constexpr uint64_t kTouchCost = 64U << 10;

std::mutex& opening_mutex() {
    static std::mutex mutex;
    return mutex;
}

}  // namespace

/// RocksDB maps every table file when opening and keeps it (max_open_files = -1): the ranges hold for our lifetime.
Reader::Reader(const std::filesystem::path& directory, Database::Mode mode)
    : opening_(opening_mutex()),
      maps_(mode == Database::Mode::kReadOnly),
      mapped_before_(maps_ ? all_mapped_files() : std::vector<Range>()),
      database_(directory, mode),
      residency_(kResidentLimit) {
    if (maps_)
        for (const Range& range : all_mapped_files())
            if (std::find(mapped_before_.begin(), mapped_before_.end(), range) == mapped_before_.end())
                mapped_.push_back(range);
    opening_.unlock();
    residency_.add([this] { release_pages(); });
}

Reader::~Reader() {
    opening_.lock();  // until the database is closed
}

std::vector<Reader::Range> Reader::all_mapped_files() {
    std::vector<Range> ranges;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (!line.ends_with(".sst") && line.find(".sst (deleted)") == std::string::npos) continue;
        Range range{};
        char dash = 0;
        std::istringstream(line) >> std::hex >> range.begin >> dash >> range.end;
        ranges.push_back(range);
    }
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
    return ranges;
}

bool Reader::is_mapped(const char* data) const {
    const auto address = reinterpret_cast<uintptr_t>(data);
    const auto after = std::upper_bound(mapped_.begin(), mapped_.end(), address,
                                        [](uintptr_t a, const Range& r) { return a < r.begin; });
    return after != mapped_.begin() && address < (after - 1)->end;
}

void Reader::release_pages() const {
    for (const Range& range : mapped_)
        ::madvise(reinterpret_cast<void*>(range.begin), range.end - range.begin, MADV_DONTNEED);
}

void Reader::touched(uint64_t bytes) {
    if (maps_) residency_.touched(bytes);
}

std::optional<record::Firmware> Reader::find(const std::string& name) {
    return find_firmware(database_, name);
}
std::vector<record::Firmware> Reader::firmwares() {
    return list_firmwares(database_);
}

record::Firmware Reader::firmware(const std::string& name) {
    auto found = find(name);
    if (!found)
        throw base::Error::usage("no firmware named \"" + name + "\" in " + database_.directory().string() +
                                 " (strata list shows them)");
    return *found;
}

std::unique_ptr<HeadCursor> Reader::heads(uint32_t firmware) {
    return walk_heads(database_, firmware, maps_ ? &residency_ : nullptr);
}

std::optional<record::Head> Reader::head(uint32_t firmware, std::string_view path) {
    rocksdb::PinnableSlice value;
    const auto status = database_.db().Get({}, database_.images(), image_key(firmware, path), &value);
    if (status.IsNotFound()) return std::nullopt;
    database_.check(status, "cannot read the store");
    return decode_stored_head(value.ToStringView());
}

/// Points the lease at its message: in the mapped file where possible, else at a copy in aligned memory.
void Reader::open_record(std::string_view value, Lease& lease) {
    if (is_frozen(value)) {
        lease.message_ = thaw_record(value, lease.copy_);
        counters_.records_thawed += 1;
        counters_.bytes_thawed += lease.message_.size();
        return;
    }
    lease.message_ = unframe_record(value);
    const bool aligned = reinterpret_cast<uintptr_t>(lease.message_.data()) % 8 == 0;
    const bool in_place = aligned && is_mapped(value.data());
    (in_place ? counters_.records_in_place : counters_.records_copied) += 1;
    (in_place ? counters_.bytes_in_place : counters_.bytes_copied) += lease.message_.size();
    if (aligned) return;
    lease.copy_.resize((lease.message_.size() + 7) / 8);
    std::memcpy(lease.copy_.data(), lease.message_.data(), lease.message_.size());
    lease.message_ = {reinterpret_cast<const char*>(lease.copy_.data()), lease.message_.size()};
}

Lease Reader::column(uint64_t id) {
    Lease lease = read_column(id, true);
    touched(std::max<uint64_t>(lease.message().size(), kTouchCost));
    return lease;
}

Lease Reader::peek(uint64_t id) {
    Lease lease = read_column(id, false);
    touched(kTouchCost);
    return lease;
}

Lease Reader::read_column(uint64_t id, bool verify) {
    Lease lease;
    lease.slice_ = std::make_unique<rocksdb::PinnableSlice>();
    const auto status =
        checked_read(database_, verify ? BlockCheck::kChecksum : BlockCheck::kShape, [&](const auto& options) {
            return database_.db().Get(options, database_.columns(), column_key(id), lease.slice_.get());
        });
    if (status.IsNotFound())
        throw base::Error::store(database_.directory().string(),
                                 "column " + std::to_string(id) + " is missing: the store is damaged");
    database_.check(status, "cannot read a column");
    const auto value = lease.slice_->ToStringView();
    open_record(value, lease);
    if (lease.message_.empty())
        throw base::Error::store(database_.directory().string(), "column " + std::to_string(id) + " is damaged");
    return lease;
}

void Reader::for_each_filter(record::ColumnKind kind, IdRange ids,
                             const std::function<void(uint64_t id, std::string_view filter)>& visit) {
    store::for_each_filter(database_, kind, ids, [&](uint64_t id, std::string_view filter) {
        visit(id, filter);
        touched(filter.size());
    });
}

StoreSizes Reader::sizes() {
    StoreSizes sizes;
    std::vector<rocksdb::LiveFileMetaData> files;
    database_.db().GetLiveFilesMetaData(&files);
    for (const auto& file : files) {
        if (file.column_family_name == kFamilyColumns) sizes.columns += file.size;
        if (file.column_family_name == kFamilyImages) sizes.images += file.size;
        if (file.column_family_name == kFamilyDigests) sizes.digests += file.size;
        if (file.column_family_name == kFamilyFilters) sizes.filters += file.size;
    }
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(database_.directory(), error))
        if (entry.is_regular_file(error)) sizes.total += entry.file_size(error);
    return sizes;
}

}  // namespace strata::store
