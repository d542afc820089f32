// Carrying firmwares from one store to another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/bundle_stream.h"
#include "store/reader.h"

namespace strata::store {

/// Writes firmwares, with every column they refer to, once each. The same store content gives the same bytes. Throws
/// Error(kUsage) when a firmware is not there or not complete. Memory: a byte a column id, one record. A name given
/// twice counts once. `progress`: column ids gone through; images come after them.
void export_bundle(Reader& reader, const std::vector<std::string>& firmwares, const BundleWriter::Sink& sink,
                   const std::function<void(uint64_t done, uint64_t total)>& progress = {});

struct ImportResult {
    std::vector<std::string> added;
    std::vector<std::string> present;  ///< were there already, with the same content
    uint64_t columns_written = 0;
    uint64_t columns_shared = 0;
};

/// Merges a bundle into a store. Everything is checked before anything counts: a damaged or cut-off bundle is refused
/// whole and the store answers as before. A firmware that is there already (same name, same content) is left as it is;
/// a name that belongs to other content refuses the bundle (Error(kUsage)). Memory: about 100 bytes a column of the
/// bundle.
ImportResult import_bundle(const std::filesystem::path& directory, const std::string& name,
                           const BundleReader::Fill& fill);

}  // namespace strata::store
