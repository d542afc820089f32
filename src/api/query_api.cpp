#include "api/guarded.h"
#include "base/text.h"
#include "query/find.h"
#include "query/lookup.h"
#include "query/versions.h"
#include "store/reader.h"
#include "strata/strata.h"

namespace strata {
namespace {

query::Match match_of(PatternKind kind) {
    switch (kind) {
        case PatternKind::kPrefix:
            return query::Match::kPrefix;
        case PatternKind::kGlob:
            return query::Match::kGlob;
        case PatternKind::kRegex:
            return query::Match::kRegex;
        case PatternKind::kExact:
            break;
    }
    return query::Match::kExact;
}

}  // namespace

void find(const std::filesystem::path& store, const FindRequest& request,
          const std::function<void(const Found&)>& on_found) {
    guarded([&] {
        const query::Pattern pattern(match_of(request.kind), request.pattern);
        query::FindOptions options;
        options.jobs = request.jobs;
        options.areas.clear();
        for (const auto& name : request.in) {
            const auto area = query::area_of(name);
            if (!area) throw base::Error::usage("nothing to search is called \"" + name + "\"");
            options.areas.push_back(*area);
        }
        store::Reader reader(store, query::mode_for(pattern, options.areas));
        query::find(reader, query::firmwares_by_version(reader, request.firmwares), pattern, options,
                    [&](const query::Hit& hit) {
                        on_found({hit.firmware, hit.image, query::area_name(hit.area), hit.text, hit.kind, hit.from,
                                  hit.value, hit.address, hit.size});
                    });
    });
}

void lookup(const std::filesystem::path& store, const std::string& firmware, const std::vector<uint64_t>& addresses,
            const std::function<void(const AddressInfo&)>& on_address) {
    guarded([&] {
        store::Reader reader(store);
        const query::AddressMap map(reader, reader.firmware(firmware));
        for (const uint64_t address : addresses) {
            AddressInfo info;
            info.address = address;
            if (auto location = map.locate(address)) {
                info.image = std::move(location->image);
                info.image_address = location->image_address;
                info.uuid = base::uuid_text(location->uuid);
                info.section = std::move(location->section);
                info.symbol = std::move(location->symbol);
                info.symbol_address = location->symbol_address;
                info.function_address = location->function_address;
                info.function_size = location->function_size;
            }
            on_address(info);
        }
    });
}

}  // namespace strata
