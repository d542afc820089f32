#include <memory>
#include <optional>

#include "base/error.h"
#include "options.h"
#include "query/image_name.h"
#include "query/symbols.h"
#include "query_options.h"
#include "report/output.h"
#include "report/query_rows.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

using strata::record::SymbolKind;

struct SymbolsArguments {
    Common common;
    std::string firmware;
    std::vector<std::string> images;
    std::vector<std::string> kinds;
    std::string exact;
    std::string prefix;
    std::string glob;
    std::string regex;
    bool demangle = false;
};

std::optional<strata::query::Pattern> pattern_of(const SymbolsArguments& options) {
    using strata::query::Match;
    if (!options.exact.empty()) return strata::query::Pattern(Match::kExact, options.exact);
    if (!options.prefix.empty()) return strata::query::Pattern(Match::kPrefix, options.prefix);
    if (!options.glob.empty()) return strata::query::Pattern(Match::kGlob, options.glob);
    if (!options.regex.empty()) return strata::query::Pattern(Match::kRegex, options.regex);
    return std::nullopt;
}

std::vector<SymbolKind> kinds_of(const std::vector<std::string>& names) {
    std::vector<SymbolKind> kinds;
    for (const auto& name : names) {
        bool known = false;
        for (unsigned i = 0; i <= static_cast<unsigned>(SymbolKind::kRedacted); ++i) {
            const auto kind = static_cast<SymbolKind>(i);
            if (strata::record::symbol_kind_name(kind) != name) continue;
            kinds.push_back(kind);
            known = true;
        }
        if (!known) throw strata::base::Error::usage("--kind: no symbol is a \"" + name + "\" (see --help)");
    }
    return kinds;
}

/// Writes the symbols of one image after another.
class SymbolLister {
  public:
    SymbolLister(const SymbolsArguments& options, strata::store::Reader& reader, strata::report::Output& output)
        : options_(options), reader_(reader), output_(output), pattern_(pattern_of(options)) {
        filter_.kinds = kinds_of(options.kinds);
        if (pattern_) filter_.pattern = &*pattern_;
    }

    void list(const std::string& firmware, std::string_view path, const strata::record::Head& head) {
        const bool with_image = options_.images.size() != 1;
        strata::query::for_each_symbol(reader_, head, filter_, [&](const strata::query::Symbol& symbol) {
            output_.write(options_.common.json
                              ? strata::report::symbol_json(firmware, path, symbol, options_.demangle)
                              : strata::report::symbol_text(path, symbol, with_image, options_.demangle));
        });
    }

  private:
    const SymbolsArguments& options_;
    strata::store::Reader& reader_;
    strata::report::Output& output_;
    std::optional<strata::query::Pattern> pattern_;
    strata::query::SymbolFilter filter_;
};

int symbols(const SymbolsArguments& options) {
    RunStats stats("symbols");
    strata::store::Reader reader(store_directory(options.common));
    const auto firmware = reader.firmware(options.firmware);
    strata::report::Output output;
    SymbolLister lister(options, reader, output);
    std::vector<std::string> paths;
    for (const auto& name : options.images) paths.push_back(strata::query::resolve_image(reader, firmware, name));
    for (const auto& path : paths) {
        const auto head = reader.head(firmware.id, path);
        if (head) lister.list(firmware.name, path, *head);
    }
    if (paths.empty()) {
        const auto heads = reader.heads(firmware.id);
        for (; heads->valid(); heads->next()) lister.list(firmware.name, heads->path(), heads->head());
        heads->check();
    }
    output.finish();
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_symbols(const Command& program, Run& run) {
    auto options = std::make_shared<SymbolsArguments>();
    const Command command = program.subcommand("symbols", "The symbols of images: kind, address, importing library");
    command.option("FIRMWARE", options->firmware, "A firmware name (strata list shows them)").required();
    command.option("IMAGE", options->images, "Image paths, aliases or unambiguous last components (default: all)");
    command.option("--kind", options->kinds, "Only these: export, reexport, weak, local, import, absolute, redacted")
        .comma_separated();
    const Command group = command.group("match", "Only symbols of these names");
    group.option("--exact", options->exact, "This name");
    group.option("--prefix", options->prefix, "Names that begin so");
    group.option("--glob", options->glob, "Whole names, with * ? [a-z] [!a-z]");
    group.option("--regex", options->regex, "Any part of the name; RE2's syntax");
    group.exclude_each_other();
    command.flag("--demangle", options->demangle, "C++ names as they were written");
    add_query_options(command, options->common);
    command.footer(
        "Text: path (unless one image is asked for), address, kind, name, library of an import; tabs between.\n\n"
        "Examples:\n"
        "  strata symbols 26.0 libSystem.B.dylib --kind export\n"
        "  strata symbols 26.0 /usr/lib/libobjc.A.dylib --glob '_objc_*'\n"
        "  strata symbols 26.0 --regex '^__ZN.*Keychain' --demangle --json");
    command.runs(run, [options] { return symbols(*options); });
}

}  // namespace tool
