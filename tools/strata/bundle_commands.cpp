// export and import: carrying firmwares from one store to another.

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "options.h"
#include "progress.h"
#include "report/json.h"
#include "report/output.h"
#include "run_stats.h"
#include "store/bundle.h"

namespace tool {
namespace {

struct ExportOptions {
    Common common;
    std::vector<std::string> firmwares;
    std::string output = "-";
};

struct ImportOptions {
    Common common;
    std::string file;
};

int export_firmwares(const ExportOptions& options) {
    RunStats stats("export");
    strata::store::Reader reader(store_directory(options.common));
    const auto output = options.output == "-" ? std::make_unique<strata::report::Output>()
                                              : std::make_unique<strata::report::Output>(options.output);
    if (output->is_terminal())
        throw strata::base::Error::usage("a bundle is no text: give -o FILE or redirect standard output");
    Progress progress("exporting", "columns", options.common.quiet);
    uint64_t written = 0;
    auto& stop = stop_flag();  // a killed run would leave half a bundle beside its place
    const auto sink = [&](std::string_view bytes) {
        if (stop.requested())
            throw strata::base::Error(strata::base::ErrorKind::kInterrupted, "stopped: no bundle was written");
        output->write(bytes);
        written += bytes.size();
    };
    strata::store::export_bundle(reader, options.firmwares, sink,
                                 [&](uint64_t done, uint64_t total) { progress.update(done, total, written); });
    progress.clear();
    output->finish();
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

/// A file, or standard input for "-".
class Input {
  public:
    explicit Input(const std::string& path) : path_(path), file_(path == "-" ? stdin : std::fopen(path.c_str(), "rb")) {
        if (file_ == nullptr) throw strata::base::Error::io(path, std::string("cannot open: ") + std::strerror(errno));
    }
    ~Input() {
        if (file_ != stdin) std::fclose(file_);
    }
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    /// Bytes read so far, and of the whole file; 0 when that cannot be known.
    uint64_t done() const { return done_; }
    uint64_t size() const {
        struct stat about {};
        return ::fstat(::fileno(file_), &about) == 0 && S_ISREG(about.st_mode) ? static_cast<uint64_t>(about.st_size)
                                                                               : 0;
    }

    size_t read(char* data, size_t size) {
        const size_t got = std::fread(data, 1, size, file_);
        done_ += got;
        if (got == 0 && std::ferror(file_) != 0)
            throw strata::base::Error::io(path_, std::string("cannot read: ") + std::strerror(errno));
        return got;
    }

  private:
    std::string path_;
    std::FILE* file_;
    uint64_t done_ = 0;
};

void print_result(const ImportOptions& options, const strata::store::ImportResult& result) {
    if (options.common.json) {
        strata::report::JsonWriter json;
        json.begin_object();
        for (const auto& [key, names] : {std::pair{"added", &result.added}, std::pair{"present", &result.present}}) {
            json.key(key).begin_array();
            for (const auto& name : *names) json.text(name);
            json.end_array();
        }
        json.field("columns_written", result.columns_written)
            .field("columns_shared", result.columns_shared)
            .end_object();
        std::printf("%s\n", json.drain().c_str());
        return;
    }
    if (options.common.quiet) return;
    for (const auto& name : result.added) std::printf("added %s\n", strata::base::terminal_safe(name).c_str());
    for (const auto& name : result.present)
        std::printf("%s was there already\n", strata::base::terminal_safe(name).c_str());
}

int import_file(const ImportOptions& options) {
    RunStats stats("import");
    Input input(options.file);
    Progress progress("importing", "bytes", options.common.quiet);
    const uint64_t size = input.size();
    const auto fill = [&](char* data, size_t room) {
        const size_t got = input.read(data, room);
        progress.update(input.done(), size);
        return got;
    };
    const auto result = strata::store::import_bundle(store_directory(options.common),
                                                     options.file == "-" ? "standard input" : options.file, fill);
    progress.clear();
    print_result(options, result);
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_export(const Command& program, Run& run) {
    auto options = std::make_shared<ExportOptions>();
    const Command command =
        program.subcommand("export", "Write firmwares into one self-contained, checksummed, compressed file");
    command.option("FIRMWARE", options->firmwares, "Firmware names (strata list shows them)").required();
    command.option("--output,-o", options->output, "The bundle; - for standard output").show_default();
    add_common_options(command, options->common);
    command.footer(
        "Examples:\n  strata export 26.0 26.0.1 -o 26.strata\n  strata export 26.0 | ssh host strata import -");
    command.runs(run, [options] { return export_firmwares(*options); });
}

void add_import(const Command& program, Run& run) {
    auto options = std::make_shared<ImportOptions>();
    const Command command =
        program.subcommand("import", "Merge a bundle into the store; what is there already is not stored again");
    command.option("FILE", options->file, "A bundle made by strata export; - for standard input").required();
    command.flag("--json", options->common.json, "Print the result as one JSON object");
    add_common_options(command, options->common);
    command.footer("A damaged or cut-off bundle is refused whole.\n\nExample:\n  strata import 26.strata");
    command.runs(run, [options] { return import_file(*options); });
}

}  // namespace tool
