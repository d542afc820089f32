#include <memory>

#include "base/error.h"
#include "options.h"
#include "query/image_name.h"
#include "query/similar.h"
#include "query_options.h"
#include "report/output.h"
#include "report/query_rows.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

struct SimilarArguments {
    Common common;
    std::string firmware;
    std::string image;
    std::string among;
    size_t top = 10;
};

int similar(const SimilarArguments& options) {
    RunStats stats("similar");
    strata::store::Reader reader(store_directory(options.common));
    const auto firmware = reader.firmware(options.firmware);
    const auto path = strata::query::resolve_image(reader, firmware, options.image);
    const auto head = reader.head(firmware.id, path);
    if (!head || head->failure)
        throw strata::base::Error::usage(path + " could not be read when " + firmware.name + " was indexed");
    const bool same = options.among.empty() || options.among == firmware.name;
    const auto among = same ? firmware : reader.firmware(options.among);
    strata::query::SimilarOptions similar_options;
    similar_options.top = options.top;
    similar_options.jobs = options.common.jobs;
    similar_options.stop = &stop_flag();
    strata::report::Output output;
    for (const auto& image : strata::query::similar_images(reader, *head, among, same ? path : "", similar_options))
        output.write(options.common.json ? strata::report::similar_json(among.name, image)
                                         : strata::report::similar_text(image));
    output.finish();
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_similar(const Command& program, Run& run) {
    auto options = std::make_shared<SimilarArguments>();
    const Command command =
        program.subcommand("similar", "The images most like a given one, by names and strings they share");
    command.option("FIRMWARE", options->firmware, "A firmware name (strata list shows them)").required();
    command.option("IMAGE", options->image, "Its path, an alias, or an unambiguous last component").required();
    command.option("--among", options->among, "Look in this firmware instead of FIRMWARE");
    command.option("--top,-n", options->top, "How many").show_default().range(1, 100000);
    add_jobs_option(command, options->common);
    add_query_options(command, options->common);
    command.footer(
        "Similarity is shared / all (Jaccard) of the distinct names that the images define and their strings; imports\n"
        "do not count. It is counted, not estimated. Text: similarity, path, shared entries of that image's.\n\n"
        "Examples:\n"
        "  strata similar 26.0 libobjc.A.dylib\n"
        "  strata similar 26.0 /usr/lib/libobjc.A.dylib --among 26.1 -n 1");
    command.runs(run, [options] { return similar(*options); });
}

}  // namespace tool
