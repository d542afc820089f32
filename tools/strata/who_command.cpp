#include <memory>

#include "base/error.h"
#include "options.h"
#include "query/image_name.h"
#include "query/who.h"
#include "query_options.h"
#include "report/output.h"
#include "report/query_rows.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

struct WhoArguments {
    Common common;
    std::string image;
    std::string firmware;
    std::string symbol;
};

/// The one that is asked for; without a name, the only one there is.
strata::record::Firmware firmware_of(strata::store::Reader& reader, const std::string& name) {
    if (!name.empty()) return reader.firmware(name);
    auto all = reader.firmwares();
    if (all.size() != 1)
        throw strata::base::Error::usage("the store has " + std::to_string(all.size()) +
                                         " firmwares: say which one with --firmware");
    return all.front();
}

int who(const WhoArguments& options) {
    RunStats stats("who");
    strata::store::Reader reader(store_directory(options.common));
    const auto firmware = firmware_of(reader, options.firmware);
    const auto image = strata::query::resolve_image(reader, firmware, options.image);
    strata::query::WhoOptions who_options;
    if (!options.symbol.empty()) who_options.symbol = options.symbol;
    who_options.jobs = options.common.jobs;
    who_options.stop = &stop_flag();
    strata::report::Output output;
    strata::query::who(reader, firmware, image, who_options, [&](const strata::query::User& user) {
        output.write(options.common.json ? strata::report::user_json(user) : strata::report::user_text(user));
    });
    output.finish();
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_who(const Command& program, Run& run) {
    auto options = std::make_shared<WhoArguments>();
    const Command command = program.subcommand("who", "Who needs an image, or imports a symbol of it");
    command.option("IMAGE", options->image, "Its path, an alias, or an unambiguous last component").required();
    command.option("--firmware,-F", options->firmware, "In this firmware (needed when there are several)");
    command.option("--symbol,-s", options->symbol, "Only images that import this symbol from it");
    add_jobs_option(command, options->common);
    add_query_options(command, options->common);
    command.footer(
        "Text: image, kind of its dependency (- for none), how many symbols it imports; through which library, when\n"
        "that one re-exports the image.\n\n"
        "Examples:\n"
        "  strata who libobjc.A.dylib --firmware 26.0\n"
        "  strata who libSystem.B.dylib --symbol _malloc --firmware 26.0 --json");
    command.runs(run, [options] { return who(*options); });
}

}  // namespace tool
