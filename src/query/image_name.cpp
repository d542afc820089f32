#include "query/image_name.h"

#include <optional>
#include <vector>

#include "record/head_view.h"

namespace strata::query {
namespace {

constexpr size_t kListed = 8;

}  // namespace

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

std::string resolve_image(store::Reader& reader, const record::Firmware& firmware, std::string_view name) {
    const auto heads = reader.heads(firmware.id);
    heads->seek(name);
    if (heads->valid() && heads->path() == name) return std::string(name);
    std::optional<std::string> alias;
    std::vector<std::string> same_base;
    size_t count = 0;
    const auto all = reader.heads(firmware.id);
    for (; all->valid(); all->next()) {
        const record::HeadView head(all->message());
        for (const auto other : head.aliases())
            if (!alias && other == name) alias = all->path();
        if (base_name(all->path()) != name) continue;
        if (++count <= kListed) same_base.emplace_back(all->path());
    }
    all->check();
    if (alias) return *alias;
    if (count == 1) return same_base.front();
    if (count == 0)
        throw base::Error::usage("no image \"" + std::string(name) + "\" in " + firmware.name + " (strata images " +
                                 firmware.name + " shows them)");
    std::string list;  // on one line: errors are, whatever names hold
    for (const auto& path : same_base) list += (list.empty() ? " " : ", ") + path;
    throw base::Error::usage(std::to_string(count) + " images in " + firmware.name + " are named \"" +
                             std::string(name) + "\"; give a path:" + list + (count > kListed ? ", ..." : ""));
}

}  // namespace strata::query
