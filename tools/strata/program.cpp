#include "program.h"

#include <CLI/CLI.hpp>

#include "help.h"

namespace tool {

void describe_program(CLI::App& app, Run& run) {
    app.name("strata");
    app.formatter(std::make_shared<HelpFormatter>());
    app.description("Index firmwares once, compare any two for ever");
    app.footer(
        "Examples:\n"
        "  strata diff old/dyld_shared_cache_arm64e new/dyld_shared_cache_arm64e\n"
        "  strata index new/ --name 26.0.1\n"
        "  strata show 26.0.1 /usr/lib/libobjc.A.dylib --json\n\n"
        "strata COMMAND --help tells more, with examples.\n\n"
        "Exit codes: 0 done; 1 differences (diff --exit-code); 2 wrong usage or unusable input; 3 done, but some "
        "images failed; 4 trouble with the store; 130 interrupted.");
    const Command program(app);
    add_index(program, run);
    add_diff(program, run);
    add_rules(program, run);
    add_list(program, run);
    add_images(program, run);
    add_show(program, run);
    add_symbols(program, run);
    add_find(program, run);
    add_history(program, run);
    add_matrix(program, run);
    add_lookup(program, run);
    add_symbolicate(program, run);
    add_who(program, run);
    add_similar(program, run);
    add_remove(program, run);
    add_stats(program, run);
    add_verify(program, run);
    add_gc(program, run);
    add_compact(program, run);
    add_freeze(program, run);
    add_thaw(program, run);
    add_export(program, run);
    add_import(program, run);
    add_manual(program, run);
    add_completion(program, run);
    const auto group = [&](const char* title, std::initializer_list<const char*> names) {
        for (const char* name : names) app.get_subcommand(name)->group(title);
    };
    group("Index and compare", {"index", "diff", "rules"});
    group("What is in the store", {"list", "images", "show", "symbols", "stats"});
    group("Questions over all firmwares", {"find", "history", "matrix", "lookup", "symbolicate", "who", "similar"});
    group("Care of the store", {"remove", "verify", "gc", "compact", "freeze", "thaw", "export", "import"});
    group("Help", {"manual", "completion"});
}

}  // namespace tool
