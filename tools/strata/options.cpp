#include "options.h"

#include <csignal>
#include <cstdlib>
#include <mutex>

#include "base/error.h"

namespace tool {

namespace {

strata::base::StopFlag flag;

/// The first signal asks; the second one, by the default action, insists.
void stop_on_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { flag.request(); };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

strata::base::StopFlag& stop_flag() {
    static std::once_flag once;
    std::call_once(once, stop_on_signals);
    return flag;
}

void add_common_options(const Command& command, Common& common) {
    command
        .option("--store", common.store,
                "Store directory (default: $STRATA_STORE, $XDG_DATA_HOME/strata, ~/.local/share/strata)")
        .option_text("DIR");
    command.flag("--stats", common.stats, "Print what the run cost to standard error, as one JSON line");
    command.flag("--quiet,-q", common.quiet, "No progress and no notes on standard error; errors still appear");
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
