#include "options.h"

#include <cstdlib>

#include "base/error.h"

namespace tool {

strata::base::StopFlag& stop_flag() {
    static strata::base::StopFlag flag;
    return flag;
}

void add_common_options(CLI::App& command, Common& common) {
    command.add_option("--store", common.store, "Store directory (default: $STRATA_STORE, $XDG_DATA_HOME/strata, ~/.local/share/strata)");
    command.add_flag("--stats", common.stats, "Print what the run cost to standard error, as one JSON line");
    command.add_flag("--quiet,-q", common.quiet, "No progress and no notes on standard error; errors still appear");
}

std::filesystem::path store_directory(const Common& common) {
    const auto variable = [](const char* name) -> std::filesystem::path {
        const char* value = std::getenv(name);
        return value == nullptr ? "" : value;
    };
    if (!common.store.empty()) return common.store;
    if (auto path = variable("STRATA_STORE"); !path.empty()) return path;
    if (auto path = variable("XDG_DATA_HOME"); !path.empty()) return path / "strata";
    if (auto path = variable("HOME"); !path.empty()) return path / ".local/share/strata";
    throw strata::base::Error::usage("no store: give --store DIR, or set STRATA_STORE or HOME");
}

}  // namespace tool
