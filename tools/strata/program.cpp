#include "program.h"

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
    add_index(app, run);
    add_diff(app, run);
    add_rules(app, run);
    add_list(app, run);
    add_images(app, run);
    add_show(app, run);
    add_symbols(app, run);
    add_find(app, run);
    add_history(app, run);
    add_matrix(app, run);
    add_lookup(app, run);
    add_symbolicate(app, run);
    add_who(app, run);
    add_similar(app, run);
    add_remove(app, run);
    add_stats(app, run);
    add_verify(app, run);
    add_gc(app, run);
    add_compact(app, run);
    add_freeze(app, run);
    add_thaw(app, run);
    add_export(app, run);
    add_import(app, run);
    add_manual(app, run);
    add_completion(app, run);
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
