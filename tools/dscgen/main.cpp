#include "dscgen.h"
#include "truth.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace {

using dscgen::u32;

struct MakeArguments {
    dscgen::Spec spec;
    std::string out;
    std::string era = "0x228";
    std::string arch = "arm64e";
    std::string layout = "auto";
    std::string locals = "auto";
    std::string objc_strings = "own";
};

void add_make(CLI::App& app, MakeArguments& a) {
    CLI::App* c = app.add_subcommand("make", "write a new cache");
    c->add_option("--out", a.out, "directory for the files")->required();
    c->add_option("--images", a.spec.images, "number of images")->capture_default_str();
    c->add_option("--symbols", a.spec.symbols, "total number of symbols (default: 200 an image)");
    c->add_option("--bytes", a.spec.bytes, "total size to aim at (default: what the symbols need)");
    c->add_option("--era", a.era, "header size: 0x70 0x98 0xF8 0x138 0x140 0x1C8 0x200 0x208 0x228 0x238")
        ->capture_default_str();
    c->add_option("--arch", a.arch, "arm64 arm64e arm64_32 armv7 armv7k x86_64 x86_64h")->capture_default_str();
    c->add_option("--layout", a.layout, "auto, single, split or many files")->capture_default_str();
    c->add_option("--locals", a.locals, "auto, kept, unmapped or redacted")->capture_default_str();
    c->add_option("--slide", a.spec.slide, "slide info version 1..5, 99 for none (default: by arch and era)");
    c->add_option("--platform", a.spec.platform, "PLATFORM_ number (default: by arch)");
    c->add_option("--os", a.spec.os_version, "OS version as 16.8.8 bits (default: by era)");
    c->add_option("--objc-strings", a.objc_strings, "own sections, or moved to the pool of all images")
        ->capture_default_str();
    c->add_option("--seed", a.spec.seed, "same seed, same bytes")->capture_default_str();
}

// 0x228, or 552.
u32 parse_era(const std::string& text) {
    try {
        std::size_t used = 0;
        const unsigned long era = std::stoul(text, &used, 0);
        if (used == text.size()) return static_cast<u32>(era);
    } catch (const std::logic_error&) {
    }
    throw std::invalid_argument("unknown era: " + text);
}

struct NextArguments {
    std::string from;
    std::string out;
    std::string objc_strings;
    dscgen::Step step;
};

void add_next(CLI::App& app, NextArguments& a) {
    CLI::App* c = app.add_subcommand("next", "write the next version of a generated cache");
    c->add_option("--from", a.from, "directory of the old one")->required();
    c->add_option("--out", a.out, "directory for the new one")->required();
    c->add_option("--change", a.step.change, "images to change");
    c->add_option("--add", a.step.add, "images to add");
    c->add_option("--remove", a.step.remove, "images to remove");
    c->add_option("--move", a.step.move, "images to give another path");
    c->add_option("--objc-strings", a.objc_strings, "own or pool: where they are now (default: as before)");
    c->add_option("--seed", a.step.seed, "chooses the images and changes")->capture_default_str();
}

struct DamageArguments {
    std::string from;
    std::string out;
    std::string kind;
    bool list = false;
};

void add_damage(CLI::App& app, DamageArguments& a) {
    CLI::App* c = app.add_subcommand("damage", "copy a small cache with one corruption");
    c->add_option("--from", a.from, "directory of the sound cache");
    c->add_option("--out", a.out, "directory for the damaged one");
    c->add_option("--kind", a.kind, "name from --list");
    c->add_flag("--list", a.list, "all kinds: name, who must fail, what is done");
}

void print(const dscgen::Result& r) {
    std::cout << "{\"main\":" << dscgen::json_string(r.main_file) << ",\"files\":" << r.files
              << ",\"images\":" << r.images << ",\"symbols\":" << r.symbols << ",\"bytes\":" << r.bytes << "}\n";
}

void run_damage(const DamageArguments& a) {
    if (a.list) {
        for (const dscgen::DamageKind& k : dscgen::damage_kinds())
            std::cout << k.name << '\t' << dscgen::fatal_name(k.fatal) << '\t' << k.what << '\n';
        return;
    }
    if (a.from.empty() || a.out.empty() || a.kind.empty())
        throw std::invalid_argument("damage needs --list, or --from, --out and --kind");
    const dscgen::Damage d = dscgen::damage(a.from, a.out, a.kind);
    std::cout << "{\"kind\":" << dscgen::json_string(d.kind) << ",\"file\":" << dscgen::json_string(d.file)
              << ",\"offset\":" << d.offset << ",\"image\":" << dscgen::json_string(d.image) << ",\"fatal\":\""
              << dscgen::fatal_name(d.fatal) << "\"}\n";
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"dscgen: synthetic dyld shared caches"};
    app.require_subcommand(1);
    MakeArguments make_arguments;
    NextArguments next_arguments;
    DamageArguments damage_arguments;
    add_make(app, make_arguments);
    add_next(app, next_arguments);
    add_damage(app, damage_arguments);
    CLI11_PARSE(app, argc, argv);
    try {
        if (app.got_subcommand("make")) {
            MakeArguments& a = make_arguments;
            a.spec.era = parse_era(a.era);
            a.spec.arch = dscgen::parse_arch(a.arch);
            a.spec.layout = dscgen::parse_layout(a.layout);
            a.spec.locals = dscgen::parse_locals(a.locals);
            a.spec.objc_strings = dscgen::parse_objc_strings(a.objc_strings);
            print(dscgen::make(a.spec, a.out));
        } else if (app.got_subcommand("next")) {
            NextArguments& a = next_arguments;
            if (!a.objc_strings.empty()) a.step.objc_strings = dscgen::parse_objc_strings(a.objc_strings);
            print(dscgen::next(a.from, a.out, a.step));
        } else {
            run_damage(damage_arguments);
        }
    } catch (const std::invalid_argument& e) {
        std::cerr << "dscgen: " << e.what() << '\n';
        return 2;
    } catch (const std::exception& e) {
        std::cerr << "dscgen: " << e.what() << '\n';
        return 1;
    }
    return 0;
}
