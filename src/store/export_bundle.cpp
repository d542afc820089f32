#include <set>

#include "store/bundle.h"
#include "store/keys.h"
#include "store/references.h"

namespace strata::store {
namespace {

/// Columns of the chosen firmwares, by id: their kind + 1, 0 = not referred to.
std::vector<uint8_t> columns_of(Reader& reader, const std::vector<record::Firmware>& firmwares) {
    std::vector<uint8_t> kinds(end_of_column_ids(reader.database()));
    for (const auto& firmware : firmwares) {
        const auto heads = reader.heads(firmware.id);
        for (; heads->valid(); heads->next()) {
            const auto head = heads->head();
            for (const auto kind : record::kColumnKinds)
                for (const auto& chunk : head.column(kind).chunks)
                    if (chunk.id < kinds.size()) kinds[chunk.id] = static_cast<uint8_t>(static_cast<uint8_t>(kind) + 1);
        }
        heads->check();
    }
    return kinds;
}

}  // namespace

void export_bundle(Reader& reader, const std::vector<std::string>& names, const BundleWriter::Sink& sink,
                   const std::function<void(uint64_t done, uint64_t total)>& progress) {
    std::vector<record::Firmware> firmwares;
    std::set<std::string> named;
    for (const auto& name : names) {
        if (!named.insert(name).second) continue;
        firmwares.push_back(reader.firmware(name));
        if (!firmwares.back().complete)
            throw base::Error::usage("firmware \"" + name +
                                     "\" is not indexed to the end: run its index command again first");
    }
    BundleWriter bundle(sink);
    const auto kinds = columns_of(reader, firmwares);
    for (uint64_t id = 0; id < kinds.size(); ++id) {
        if (progress) progress(id + 1, kinds.size());
        if (kinds[id] == 0) continue;
        const Lease lease = reader.column(id);
        const auto kind = static_cast<char>(kinds[id] - 1);
        bundle.write(BundleEntry::kColumn, std::string(1, kind) + big_endian(id), lease.message());
    }
    for (const auto& firmware : firmwares) {
        bundle.write(BundleEntry::kFirmware, firmware.name, record::encode_firmware(firmware).bytes());
        const auto heads = reader.heads(firmware.id);
        for (; heads->valid(); heads->next())
            bundle.write(BundleEntry::kHead, heads->path(), record::encode_head(heads->head()).bytes());
        heads->check();
    }
    bundle.finish();
}

}  // namespace strata::store
