// ELF and PE files made by LLVM's yaml2obj, and a library made by the compiler: everything that is stored of them.
#include <gtest/gtest.h>

#include <cstdlib>

#include "foreign_reading.h"
#include "macho/names.h"
#include "macho/other_formats.h"
#include "record/code.h"
#include "support/temp_dir.h"

namespace strata::extract {
namespace {

using foreign::Format;
using record::SymbolKind;

class ForeignMade : public ::testing::Test {
  protected:
    std::unique_ptr<ForeignFacts> read(Format format, const std::string& name) {
        const std::string object = (dir_ / "object").string();
        const std::string command =
            std::string(STRATA_YAML2OBJ) + " '" + STRATA_YAML_DIR + "/" + name + "' -o '" + object + "'";
        if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot run: " + command);
        return read_foreign(format, object);
    }

    bool skip_without_yaml2obj() const { return std::string_view(STRATA_YAML2OBJ).empty(); }

    test::TempDir dir_;
};

const std::vector<std::string> kFound{"found in data (.rodata)", "gr\xc3\xbcn (.rodata)", "tail (.rodata)"};

TEST_F(ForeignMade, BigEndianExecutable) {
    if (skip_without_yaml2obj()) GTEST_SKIP() << "skipped: LLVM's yaml2obj is not installed";
    const auto facts = read(Format::kElf, "mips_be.yaml");
    const auto& layout = facts->layout;
    EXPECT_EQ(macho::arch_name(layout.cpu_type, layout.cpu_subtype), "mips");
    EXPECT_EQ(macho::file_type_name(layout.file_type), "ELF executable");
    EXPECT_FALSE(macho::is_macho_type(layout.file_type));
    EXPECT_EQ(macho::platform_name(layout.platform), "NetBSD");
    EXPECT_EQ(layout.flags, 1U);
    EXPECT_EQ(facts->head.address, 0x400000U);
    ASSERT_EQ(layout.segments.size(), 1U);
    EXPECT_EQ(layout.segments[0].name, "PT_LOAD");
    EXPECT_EQ(layout.segments[0].init_prot, 5U);  // read and execute, in Mach-O's bits
    ASSERT_GE(layout.sections.size(), 2U);
    EXPECT_EQ(layout.sections[0].name, ".text");
    EXPECT_EQ(layout.sections[0].size, 24U);
    EXPECT_EQ(layout.sections[0].align, 4U);
    EXPECT_EQ(layout.sections[0].flags, 1U | 6U << 8);  // SHT_PROGBITS; SHF_ALLOC, SHF_EXECINSTR
    ASSERT_NE(facts->symbol("main"), nullptr);
    EXPECT_EQ(facts->symbol("main")->kind, SymbolKind::kExport);
    EXPECT_EQ(facts->symbol("main")->flags, 0) << "the loader does not see it";
    EXPECT_EQ(facts->symbol("helper")->kind, SymbolKind::kLocal);
    // The second one says no size: it reaches to the end of its section.
    EXPECT_EQ(facts->functions(), (std::map<uint64_t, uint64_t>{{0x400000, 8}, {0x400008, 16}}));
    EXPECT_EQ(facts->strings(), kFound);
}

TEST_F(ForeignMade, ObjectFile) {
    if (skip_without_yaml2obj()) GTEST_SKIP() << "skipped: LLVM's yaml2obj is not installed";
    const auto facts = read(Format::kElf, "arm_object.yaml");
    EXPECT_EQ(macho::arch_name(facts->layout.cpu_type, facts->layout.cpu_subtype), "arm");
    EXPECT_EQ(macho::file_type_name(facts->layout.file_type), "ELF object");
    // 10 bytes of .text.first, then .text.second aligned to 16: sections one after another.
    EXPECT_EQ(facts->head.section_addresses.at(0), 0U);
    EXPECT_EQ(facts->head.section_addresses.at(1), 16U);
    EXPECT_EQ(facts->functions(), (std::map<uint64_t, uint64_t>{{0, 6}, {16, 4}, {20, 4}}));
    ASSERT_NE(facts->symbol("thumb"), nullptr);
    EXPECT_EQ(facts->symbol("thumb")->place, (record::Place{1, 0}));
    EXPECT_EQ(facts->symbol("thumb")->flags, record::kSymbolExported);
    EXPECT_EQ(facts->symbol("weak_second")->kind, SymbolKind::kWeak);
    EXPECT_EQ(facts->symbol("weak_second")->place, (record::Place{2, 4}));
    EXPECT_EQ(facts->symbol("imported")->kind, SymbolKind::kImport);
    EXPECT_EQ(facts->symbol("shared")->kind, SymbolKind::kImport) << "common: has no place before it is linked";
    EXPECT_EQ(facts->symbol("absolute")->kind, SymbolKind::kAbsolute);
    EXPECT_EQ(facts->symbol("absolute")->place.offset, 0x1234U);
    EXPECT_EQ(facts->symbols.size(), 6U);
    EXPECT_EQ(facts->head.stabs, 2U) << "the file's name and the marker of Thumb code";
    EXPECT_EQ(facts->strings(),
              (std::vector<std::string>{"\x01x (.rodata.str1.1)", "hi (.rodata.str1.1)", "merged (.rodata.str1.1)"}));
    // LIEF does not get to see relocation sections, we do.
    EXPECT_EQ(facts->layout.sections.at(2).name, ".rel.text.second");
    EXPECT_EQ(facts->layout.sections.at(2).flags & 0xff, 9U);
}

TEST_F(ForeignMade, PortableExecutable) {
    if (skip_without_yaml2obj()) GTEST_SKIP() << "skipped: LLVM's yaml2obj is not installed";
    const auto facts = read(Format::kPe, "pe64.yaml");
    const auto& layout = facts->layout;
    EXPECT_EQ(macho::arch_name(layout.cpu_type, layout.cpu_subtype), "x86_64");
    EXPECT_EQ(macho::file_type_name(layout.file_type), "PE library");
    EXPECT_EQ(macho::platform_name(layout.platform), "Windows");
    EXPECT_EQ(facts->details(), (std::vector<std::pair<uint32_t, std::string>>{{macho::kPeSubsystem, "windows-cui"}}));
    EXPECT_EQ(macho::load_command_name(macho::kPeSubsystem), "PE_SUBSYSTEM");
    EXPECT_EQ(facts->head.address, 0x180000000U);
    EXPECT_TRUE(facts->head.has_build_version);
    EXPECT_EQ(facts->head.min_os, 0x00060100U);
    ASSERT_EQ(layout.sections.size(), 3U);
    EXPECT_EQ(layout.sections[0].name, ".text");
    EXPECT_EQ(layout.sections[0].size, 0x40U);
    EXPECT_EQ(layout.sections[0].flags, 0x60000020U);
    EXPECT_EQ(facts->head.section_addresses.at(2), 0x180003000U);
    ASSERT_NE(facts->symbol("exported_by_name"), nullptr);
    EXPECT_EQ(facts->address_of(facts->symbol("exported_by_name")->place), 0x180001000U);
    ASSERT_NE(facts->symbol("helper"), nullptr);
    EXPECT_EQ(facts->symbol("helper")->kind, SymbolKind::kLocal);
    EXPECT_EQ(facts->head.stabs, 1U);
    // Of the exception table, but for the chained part; and of the symbol table, to the end of the section.
    EXPECT_EQ(facts->functions(),
              (std::map<uint64_t, uint64_t>{{0x180001000, 16}, {0x180001020, 16}, {0x180001034, 12}}));
    EXPECT_EQ(facts->strings(), (std::vector<std::string>{"narrow (.rdata)",
                                                          "w\xc3\xaf"
                                                          "de (.rdata)"}));
}

/// A library as the system's own tools make it, with versions, and one that uses it.
class Linked : public ForeignMade {
  protected:
    void SetUp() override {
        test::write_file(dir_ / "base.c",
                         "int old_api(void) { return 1; }\n"
                         "int new_api(void) { return 2; }\n"
                         "__asm__(\".symver old_api, api@BASE_1\");\n"
                         "__asm__(\".symver new_api, api@@BASE_2\");\n"
                         "__thread int counter = 7;\n");
        test::write_file(dir_ / "base.map", "BASE_1 { global: api; counter; local: *; };\nBASE_2 {} BASE_1;\n");
        test::write_file(dir_ / "user.c",
                         "int api(void);\n"
                         "int maybe(void) __attribute__((weak));\n"
                         "static int hidden(void) { return api() + (maybe ? maybe() : 0); }\n"
                         "int (*const table[])(void) = {hidden};\n"
                         "int visible(void) { return hidden(); }\n");
        ASSERT_TRUE(link("base.c", "libbase.so", "-Wl,--version-script=base.map -Wl,-soname,libbase.so.2"));
        ASSERT_TRUE(link("user.c", "libuser.so",
                         "-L. -lbase -Wl,-rpath,/opt/lib -Wl,--enable-new-dtags -Wl,-z,now "
                         "-Wl,--build-id=0x000102030405060708090a0b0c0d0e0f10111213"));
    }

    bool link(const std::string& source, const std::string& target, const std::string& options) const {
        const std::string command = "cd '" + dir_.path().string() + "' && " + STRATA_CXX + " -x c " + source +
                                    " -x none -shared -fPIC -O0 -nostdlib -o " + target + " " + options +
                                    " > linked.log 2>&1";
        return std::system(command.c_str()) == 0;
    }
};

TEST_F(Linked, Definitions) {
    const auto facts = read_foreign(Format::kElf, dir_ / "libbase.so");
    EXPECT_EQ(facts->layout.install_name, "libbase.so.2");
    EXPECT_EQ(macho::file_type_name(facts->layout.file_type), "ELF shared object");
    // The default version has the plain name, the other one is only reached by naming it.
    const auto* now = facts->symbol("api");
    const auto* old = facts->symbol("api@BASE_1");
    ASSERT_NE(now, nullptr);
    ASSERT_NE(old, nullptr);
    EXPECT_NE(now->place, old->place);
    EXPECT_EQ(now->flags & record::kSymbolExported, record::kSymbolExported);
    EXPECT_EQ(old->flags & record::kSymbolExported, record::kSymbolExported);
    // Both tables name it: kept once.
    EXPECT_EQ(
        std::count_if(facts->symbols.begin(), facts->symbols.end(), [](const auto& s) { return s.name == "api"; }), 1);
    const auto* counter = facts->symbol("counter");
    ASSERT_NE(counter, nullptr);
    EXPECT_EQ(facts->layout.sections.at(counter->place.section - 1U).name, ".tdata");
    EXPECT_EQ(counter->place.offset, 0U);
    const auto details = facts->details();
    for (const char* version : {"BASE_1", "BASE_2"})
        EXPECT_NE(std::find(details.begin(), details.end(), std::pair(macho::kElfDefinedVersion, std::string(version))),
                  details.end())
            << version;
    const auto* function = facts->symbol("old_api");
    if (function != nullptr) {
        EXPECT_EQ(function->kind, SymbolKind::kLocal);
    }
    EXPECT_GE(facts->functions().size(), 2U);
}

TEST_F(Linked, Uses) {
    const auto facts = read_foreign(Format::kElf, dir_ / "libuser.so");
    ASSERT_EQ(facts->layout.dependencies.size(), 1U);
    EXPECT_EQ(facts->layout.dependencies[0].name, "libbase.so.2");
    EXPECT_EQ(facts->head.uuid, std::string("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16)) << "16 of 20 bytes";
    const auto* api = facts->symbol("api");
    ASSERT_NE(api, nullptr);
    EXPECT_EQ(api->kind, SymbolKind::kImport);
    EXPECT_EQ(api->dylib, "libbase.so.2");
    const auto* maybe = facts->symbol("maybe");
    ASSERT_NE(maybe, nullptr);
    EXPECT_EQ(maybe->kind, SymbolKind::kImport);
    EXPECT_EQ(maybe->flags, record::kSymbolWeak);
    EXPECT_EQ(maybe->dylib, "");
    EXPECT_EQ(facts->imports(), (std::vector<std::string>{" maybe bind weak", "libbase.so.2 api bind BASE_2"}));
    EXPECT_EQ(facts->symbol("visible")->flags, record::kSymbolExported);
    EXPECT_EQ(facts->symbol("hidden")->kind, SymbolKind::kLocal);
    const auto details = facts->details();
    for (const auto& detail : {std::pair(macho::kElfRunpath, std::string("/opt/lib")),
                               std::pair(macho::kElfDynamicFlags, std::string("BIND_NOW")),
                               std::pair(macho::kElfDynamicFlags1, std::string("NOW")),
                               std::pair(macho::kElfNeededVersion, std::string("libbase.so.2 BASE_2"))})
        EXPECT_NE(std::find(details.begin(), details.end(), detail), details.end()) << detail.second;
}

/// The same file gives the same records, whichever worker reads it.
TEST_F(Linked, Deterministic) {
    const auto first = read_foreign(Format::kElf, dir_ / "libuser.so");
    foreign::WorkerPool other(foreign::WorkerProgram::other(STRATA_BIN));
    const auto file = base::MappedFile::open(dir_ / "libuser.so");
    Kept kept;
    const auto head = extract_foreign(
        other, Format::kElf, file->view(), [](uint64_t) {}, kept.sink());
    for (const auto kind : record::kColumnKinds)
        EXPECT_TRUE(head.column(kind).same_content(first->head.column(kind))) << record::column_name(kind);
}

#ifdef __x86_64__
constexpr const char* kPlainCalls = " -fcf-protection=none";  // stubs without a landing pad
#else
constexpr const char* kPlainCalls = "";
#endif

/// Fingerprints of functions, by the name of the function.
class LinkedCode : public ForeignMade {
  protected:
    std::map<std::string, record::CodeRecord> build(const std::string& source, const std::string& options = "-shared") {
        test::write_file(dir_ / "code.c", source);
        const std::string command = "cd '" + dir_.path().string() + "' && " + STRATA_CXX +
                                    " -x c code.c -fPIC -O1 -fno-inline -nostdlib -o code.so " + options +
                                    " > code.log 2>&1";
        EXPECT_EQ(std::system(command.c_str()), 0) << command;
        const auto facts = read_foreign(Format::kElf, dir_ / "code.so");
        std::vector<std::pair<uint64_t, record::CodeRecord>> codes;
        const auto& functions = facts->kept.of(record::ColumnKind::kFunctions);
        const auto& chunks = facts->kept.of(record::ColumnKind::kCode);
        for (size_t c = 0; c < functions.size(); ++c) {
            const record::FunctionsView places(functions[c].message.bytes());
            const record::CodeView view(chunks.at(c).message.bytes());
            for (uint64_t i = 0; i < view.size(); ++i)
                codes.emplace_back(facts->address_of({places[i].section, places[i].offset}), view[i]);
        }
        std::map<std::string, record::CodeRecord> by_name;
        for (const auto& symbol : facts->symbols)
            for (const auto& [address, code] : codes)
                if (symbol.kind != SymbolKind::kImport && facts->address_of(symbol.place) == address)
                    by_name[symbol.name] = code;
        return by_name;
    }

    /// All that may be edited of three functions; `before` is laid out in front of them.
    static std::string source(const std::string& before, const std::string& constant, const std::string& callee,
                              const std::string& text) {
        return before + "\nint first(int x) { return x * 3 + " + constant + "; }\n" +
               "int second(int x) { return x - 11; }\n"
               "const char* say(int x) { return x ? \"" +
               text +
               "\" : \"neither\"; }\n"
               "__attribute__((visibility(\"hidden\"))) int third(int x) { return x ^ 5; }\n"
               "__attribute__((visibility(\"hidden\"))) int fourth(int x) { return x ^ 6; }\n"
               "int caller(int x) { return " +
               callee + "(x) + 1; }\n";
    }
};

TEST_F(LinkedCode, ALayoutChangesNothingAndEditsAreSeen) {
    const auto before = build(source("", "77", "third", "the one"));
    if (before.empty() || before.at("first").code == 0) GTEST_SKIP() << "no code of this machine is fingerprinted";
    const std::string filler =
        "const char filler[] = \"0123456789012345678901234567890123456789\";\n"
        "const char* added(int x) { return filler + x * 1234567; }\n";
    auto moved = build(source(filler, "77", "third", "the one"));
    EXPECT_EQ(moved.erase("added"), 1U);
    for (const auto& [name, code] : before) EXPECT_EQ(moved.at(name), code) << name;

    const auto changed = [&](const std::map<std::string, record::CodeRecord>& after) {
        std::vector<std::string> names;
        for (const auto& [name, code] : before)
            if (after.at(name).code != code.code)
                names.push_back(name + " code");
            else if (after.at(name) != code)
                names.push_back(name + " references");
        return names;
    };
    using Functions = std::vector<std::string>;
    EXPECT_EQ(changed(build(source("", "78", "third", "the one"))), Functions{"first code"});
    EXPECT_EQ(changed(build(source("", "77", "fourth", "the one"))), Functions{"caller references"});
    EXPECT_EQ(changed(build(source("", "77", "third", "the two"))), Functions{"say references"});
}

// Calls of a library go through a stub and a slot, loads of its variables through a slot.
TEST_F(LinkedCode, WhichImportIsCalledIsSeen) {
    const auto source = [](const std::string& before, const std::string& callee, const std::string& variable) {
        return before +
               "\nint alpha(int); int beta(int); int gamma(int); extern int red; extern int green; extern int blue;\n"
               "int uses_all(int x) { return alpha(x) + beta(x + 1) + gamma(x + 2) + red + green + blue; }\n"
               "int calls(int x) { return " +
               callee + "(x) + 1; }\nint loads(void) { return " + variable + " + 2; }\n";
    };
    for (const std::string options : {"-shared", "-shared -fno-plt", "-shared -Wl,-z,now"}) {
        const auto before = build(source("", "alpha", "red"), options);
        if (before.empty() || before.at("calls").code == 0) GTEST_SKIP() << "no code of this machine is fingerprinted";
        const auto moved =
            build(source("int more(int); int added(int x) { return more(x) * 7; }", "alpha", "red"), options);
        for (const auto& [name, code] : before) EXPECT_EQ(moved.at(name), code) << name << options;
        const auto called = build(source("", "beta", "red"), options);
        EXPECT_EQ(called.at("calls").code, before.at("calls").code) << options;
        EXPECT_NE(called.at("calls").references, before.at("calls").references) << options;
        EXPECT_EQ(called.at("uses_all"), before.at("uses_all")) << options;
        EXPECT_EQ(called.at("loads"), before.at("loads")) << options;
        const auto loaded = build(source("", "alpha", "blue"), options);
        EXPECT_EQ(loaded.at("loads").code, before.at("loads").code) << options;
        EXPECT_NE(loaded.at("loads").references, before.at("loads").references) << options;
        EXPECT_EQ(loaded.at("calls"), before.at("calls")) << options;
    }
}

// A function that is called and whose address is taken has a stub in .plt.got, of 8 bytes on x86-64; the last one ends
// with its section, and there is only one at first.
TEST_F(LinkedCode, AnImportWhoseAddressIsTakenIsSeen) {
    const auto source = [](const std::string& before, const std::string& callee) {
        return before + "\nint " + callee + "(int);\nvoid* keeps(void) { return (void*)" + callee +
               "; }\nint calls(int x) { return " + callee + "(x) + 1; }\n";
    };
    const std::string options = std::string("-shared -Wl,-z,lazy") + kPlainCalls;
    const auto before = build(source("", "alpha"), options);
    if (before.empty() || before.at("calls").code == 0) GTEST_SKIP() << "no code of this machine is fingerprinted";
    const auto called = build(source("", "beta"), options);
    EXPECT_EQ(called.at("calls").code, before.at("calls").code);
    EXPECT_NE(called.at("calls").references, before.at("calls").references);
    std::string more;  // linkers sort stubs by a hash of the names: some of these come before it, some behind
    for (const std::string name : {"one", "two", "three", "four"})
        more += "int " + name + "(int); void* keeps_" + name + "(void) { return (void*)" + name + "; }\nint calls_" +
                name + "(int x) { return " + name + "(x) * 7; }\n";
    const auto moved = build(source(more, "alpha"), options);
    for (const auto& [name, code] : before) EXPECT_EQ(moved.at(name), code) << name;
}

// Operands that the linker fills in are zeros, and say nothing.
TEST_F(LinkedCode, ObjectFiles) {
    const auto before = build(source("", "77", "third", "the one"), "-c");
    if (before.empty() || before.at("first").code == 0) GTEST_SKIP() << "no code of this machine is fingerprinted";
    const auto moved = build(source("int added(int x) { return x * x; }\n", "78", "third", "the one"), "-c");
    EXPECT_EQ(moved.at("caller"), before.at("caller"));
    EXPECT_EQ(moved.at("say"), before.at("say"));
    EXPECT_EQ(moved.at("say").references, 0U);
    EXPECT_NE(moved.at("first").code, before.at("first").code);
}

// A table of numbers, one of texts, one of functions: each is its own fact, whatever the layout.
TEST_F(LinkedCode, NamedData) {
    const auto data = [&](const std::string& before, const std::string& number, const std::string& text,
                          const std::string& function) {
        build(before + "\nint number_table[] = {1, 2, " + number + "};\n" +
              "const char* const text_table[] = {\"alpha\", \"" + text +
              "\"};\nint one(int x) { return x + 1; }\nint two(int x) { return x * 2; }\n" +
              "int (*const function_table[])(int) = {one, " + function + "};\n");
        const auto facts = read_foreign(Format::kElf, dir_ / "code.so");
        std::map<std::string, std::string> values;
        for (const auto& chunk : facts->kept.of(record::ColumnKind::kData)) {
            const record::FactsView view(chunk.message.bytes());
            for (uint64_t i = 0; i < view.size(); ++i) values[std::string(view[i].name)] = view[i].value;
        }
        return values;
    };
    const auto before = data("", "3", "beta", "two");
    ASSERT_EQ(before.size(), 3U) << "64-bit ELF only";
    auto moved = data("const char* const added[] = {\"more\"};\nint added_number = 9;", "3", "beta", "two");
    EXPECT_EQ(moved.erase("added") + moved.erase("added_number"), 2U);
    EXPECT_EQ(moved, before);
    const auto changed = [&](const std::map<std::string, std::string>& after) {
        std::string names;
        for (const auto& [name, value] : before)
            if (after.at(name) != value) names += name + " ";
        return names;
    };
    EXPECT_EQ(changed(data("", "4", "beta", "two")), "number_table ");
    EXPECT_EQ(changed(data("", "3", "gamma", "two")), "text_table ");
    EXPECT_EQ(changed(data("", "3", "beta", "one")), "function_table ");
}

TEST_F(ForeignMade, ArchitecturesByName) {
    const auto elf = [](uint32_t machine, bool is_64, bool big) {
        const auto cpu = macho::elf_cpu(machine, is_64, big);
        return macho::arch_name(cpu.type, cpu.subtype);
    };
    EXPECT_EQ(elf(62, true, false), "x86_64");
    EXPECT_EQ(elf(62, false, false), "x32");
    EXPECT_EQ(elf(3, false, false), "i386");
    EXPECT_EQ(elf(183, true, false), "arm64");
    EXPECT_EQ(elf(40, false, false), "arm");
    EXPECT_EQ(elf(8, false, false), "mipsel");
    EXPECT_EQ(elf(21, true, false), "ppc64le");
    EXPECT_EQ(elf(243, true, false), "riscv64");
    EXPECT_EQ(elf(9999, true, false), "ELF machine 9999");
    const auto pe = [](uint32_t machine) {
        const auto cpu = macho::pe_cpu(machine);
        return macho::arch_name(cpu.type, cpu.subtype);
    };
    EXPECT_EQ(pe(0x8664), "x86_64");
    EXPECT_EQ(pe(0xaa64), "arm64");
    EXPECT_EQ(pe(0x14c), "i386");
    EXPECT_EQ(pe(0x1234), "PE machine 0x1234");
}

}  // namespace
}  // namespace strata::extract
