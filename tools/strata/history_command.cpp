#include <memory>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "options.h"
#include "query/history.h"
#include "query/image_name.h"
#include "query/matrix.h"
#include "query/versions.h"
#include "query_options.h"
#include "report/history_rows.h"
#include "report/output.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

using strata::query::Match;
using strata::query::Pattern;
using strata::record::Firmware;

struct HistoryArguments {
    Common common;
    std::string what;
    std::string image;
    bool glob = false;
    std::vector<std::string> order;
};

void write_summary(const HistoryArguments& options, strata::report::Output& output,
                   const strata::query::HistorySummary& summary) {
    output.write(options.common.json ? strata::report::history_summary_json(summary)
                                     : strata::report::history_summary_text(summary));
}

/// How the name asked for names images.
enum class Named { kNoImage, kByPath, kByLastComponent };

/// Of each image so named its steps and a summary.
void image_history(const HistoryArguments& options, Named named, const std::vector<Firmware>& firmwares,
                   strata::store::Reader& reader, strata::report::Output& output) {
    strata::query::matrix(reader, firmwares, !options.order.empty(), Pattern(Match::kExact, options.what),
                          [&](const strata::query::MatrixRow& row) {
                              if (named == Named::kByPath && row.path != options.what) return;
                              if (named == Named::kByLastComponent && !options.common.json)
                                  output.write(strata::base::terminal_safe(row.path) + "\n");
                              output.write(options.common.json ? strata::report::image_history_json(firmwares, row)
                                                               : strata::report::image_history_text(firmwares, row));
                              strata::query::HistorySummary summary;
                              for (size_t i = 0; i < firmwares.size(); ++i)
                                  summary.add(firmwares[i], row.steps[i].step);
                              write_summary(options, output, summary);
                          });
}

void symbol_history(const HistoryArguments& options, const std::vector<Firmware>& firmwares,
                    strata::store::Reader& reader, strata::report::Output& output) {
    strata::query::HistorySummary summary;
    strata::query::HistoryOptions history;
    if (!options.image.empty()) history.image.emplace(options.glob ? Match::kGlob : Match::kExact, options.image);
    history.one_line = !options.order.empty();
    history.jobs = options.common.jobs;
    history.stop = &stop_flag();
    strata::query::symbol_history(reader, firmwares, options.what, history, [&](const strata::query::SymbolStep& step) {
        output.write(options.common.json ? strata::report::symbol_step_json(step)
                                         : strata::report::symbol_step_text(step));
        summary.add(*step.firmware, step.step);
    });
    write_summary(options, output, summary);
}

Named how_named(strata::store::Reader& reader, const std::vector<Firmware>& firmwares, const std::string& name) {
    for (const auto& firmware : firmwares)
        if (reader.head(firmware.id, name)) return Named::kByPath;
    // Nearly all symbols begin like this, and hardly any image: their heads need not be walked for that.
    if (name.empty() || name.starts_with('_') || name.starts_with("-[") || name.starts_with("+["))
        return Named::kNoImage;
    for (const auto& firmware : firmwares) {
        const auto heads = reader.heads(firmware.id);
        for (; heads->valid(); heads->next())
            if (strata::query::base_name(heads->path()) == name) return Named::kByLastComponent;
        heads->check();
    }
    return Named::kNoImage;
}

int history(const HistoryArguments& options) {
    RunStats stats("history");
    strata::store::Reader reader(store_directory(options.common));
    const auto firmwares = strata::query::firmwares_in_order(reader, options.order);
    strata::report::Output output;
    const Named named = options.image.empty() ? how_named(reader, firmwares, options.what) : Named::kNoImage;
    if (named != Named::kNoImage) {
        image_history(options, named, firmwares, reader, output);
    } else {
        symbol_history(options, firmwares, reader, output);
    }
    output.finish();
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

struct MatrixOptions {
    Common common;
    PatternOptions pattern;
    std::string image;
    std::vector<std::string> order;
};

int matrix(const MatrixOptions& options) {
    RunStats stats("matrix");
    strata::store::Reader reader(store_directory(options.common));
    const auto firmwares = strata::query::firmwares_in_order(reader, options.order);
    strata::report::Output output;
    strata::query::matrix(reader, firmwares, !options.order.empty(), Pattern(options.pattern.match(), options.image),
                          [&](const strata::query::MatrixRow& row) {
                              output.write(options.common.json ? strata::report::matrix_row_json(firmwares, row)
                                                               : strata::report::matrix_row_text(firmwares, row));
                          });
    output.finish();
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

void add_order_option(const Command& command, std::vector<std::string>& order) {
    command
        .option("--order", order,
                "Only these firmwares, in this order (default: all, by platform, architecture, OS version, build)")
        .comma_separated();
}

}  // namespace

void add_history(const Command& program, Run& run) {
    auto options = std::make_shared<HistoryArguments>();
    const Command command = program.subcommand("history", "A symbol or an image over all firmwares");
    command.option("NAME", options->what, "A symbol's name, or an image's path or last component").required();
    const Option image = command.option("--image,-i", options->image, "Only this image: a path, or its last component");
    command.flag("--glob", options->glob, "--image is a glob").needs(image);
    add_order_option(command, options->order);
    add_jobs_option(command, options->common);
    add_query_options(command, options->common);
    command.footer(
        "A symbol changes when the images that define it, its kind, its size as a function, or its code do. An image\n"
        "changes when the digest of one of its columns does. A name that is an image's is not taken for a symbol's,\n"
        "unless --image says where to look.\n\n"
        "Examples:\n"
        "  strata history _SecKeyCreateAttestation\n"
        "  strata history _main --image '*/sbin/*' --glob\n"
        "  strata history libobjc.A.dylib --order 26.0b1,26.0b2,26.0 --json");
    command.runs(run, [options] { return history(*options); });
}

void add_matrix(const Command& program, Run& run) {
    auto options = std::make_shared<MatrixOptions>();
    const Command command = program.subcommand("matrix", "Images over firmwares: counts, changes, what went back");
    command.option("IMAGE", options->image, "An image's path or last component, or a pattern of paths").required();
    options->pattern.add_flags(command);
    add_order_option(command, options->order);
    add_query_options(command, options->common);
    command.footer(
        "Content is a letter: A is the first one seen, and the same letter is the same content (columns have equal\n"
        "digests; places and signatures do not count).\n\n"
        "Examples:\n"
        "  strata matrix libobjc.A.dylib\n"
        "  strata matrix --glob '*/PrivateFrameworks/*' --order 26.0b1,26.0b2,26.0b3 --json |\n"
        "    jq -r 'select(any(.firmwares[]; .step==\"reverted\")).image'");
    command.runs(run, [options] { return matrix(*options); });
}

}  // namespace tool
