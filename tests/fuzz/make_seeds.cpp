// Writes the seed corpus of all fuzz targets below the folder given: fuzz_seeds tests/fuzz/corpus. Crashers that
// fuzzing found are kept beside the seeds under names of their own ("crash-..."); this program leaves them alone.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "foreign/wire.h"
#include "mini_cache.h"
#include "record/firmware.h"
#include "record/functions.h"
#include "record/head.h"
#include "record/layout.h"
#include "record/strings.h"
#include "record/symbols.h"
#include "support/file_maker.h"
#include "support/fixups_maker.h"
#include "support/objc_maker.h"
#include "support/signature_maker.h"

namespace {
namespace fs = std::filesystem;
using strata::testing::Bytes;
using strata::testing::MiniCache;
using strata::testing::Region;
namespace test = strata::test;

class Corpus {
  public:
    explicit Corpus(fs::path folder) : folder_(std::move(folder)) {}
    void add(const std::string& target, const std::string& name, std::string_view bytes) {
        fs::create_directories(folder_ / target);
        std::ofstream(folder_ / target / name, std::ios::binary)
            .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        ++count_;
        bytes_ += bytes.size();
    }
    size_t count() const { return count_; }
    size_t bytes() const { return bytes_; }

  private:
    fs::path folder_;
    size_t count_ = 0;
    size_t bytes_ = 0;
};

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(value));
    return text;
}

MiniCache rich_cache(uint32_t era, const std::string& arch, uint32_t slide_version) {
    MiniCache cache;
    cache.era = era;
    cache.arch = arch;
    cache.slide_version = slide_version;
    cache.place(Region::kData, std::string(16, '\0'));  // the chain's page begins with a null pointer
    for (const char* path : {"/usr/lib/liba.dylib", "/usr/lib/libb.dylib"})
        cache.images.push_back(rich_image(cache, path));
    if (slide_version != 0) cache.slide = cache.place(Region::kLinkedit, slide_info(cache, slide_version, 0));
    if (era >= 0x138) {
        cache.dylibs_trie = cache.place(Region::kLinkedit,
                                        strata::testing::flat_trie({{"/usr/lib/libalias.dylib", std::string(1, '\0')},
                                                                    {"/usr/lib/libb.dylib", "\x01"}}));
    } else {
        cache.aliases_of_first = {"/usr/lib/libalias.dylib"};
    }
    const auto text = cache.address(Region::kText, 8);
    cache.locals = strata::testing::local_symbols(era >= 0x190, cache.is_64(), cache.headers_at, text);
    return cache;
}

void add_caches(Corpus& corpus) {
    for (const uint32_t era : {0x70U, 0x98U, 0x138U, 0x140U, 0x1c8U, 0x228U}) {
        const uint32_t slide = era < 0x98 ? 1 : era < 0x140 ? 2 : era < 0x228 ? 3 : 5;
        corpus.add("cache", "era-" + hex(era), rich_cache(era, era < 0x138 ? "arm64" : "arm64e", slide).build());
    }
    corpus.add("cache", "narrow", rich_cache(0x1c8, "arm64_32", 4).build());
    corpus.add("cache", "plain-pointers", rich_cache(0x228, "x86_64", 0).build());
}

std::string u32_text(uint64_t value) {
    Bytes bytes;
    bytes.add(value, 4);
    return bytes.text();
}

/// A main file that lists ".01" and has a ".symbols"; the sub-cache is a whole mini cache moved behind it.
void add_file_sets(Corpus& corpus) {
    MiniCache cache = rich_cache(0x228, "arm64e", 5);
    cache.locals.clear();
    Bytes main;
    main.add(cache.build());
    Bytes sub;
    sub.add(cache.build());
    constexpr uint64_t kMove = 0x10000000;
    for (uint64_t i = 0; i < 3; ++i) {
        const uint64_t moved = cache.base() + (i == 0 ? 0 : cache.region_at[i]) + kMove;
        sub.set(0x228 + i * 0x20, moved, 8);
        sub.set(0x228 + 0x60 + i * 0x38, moved, 8);
    }
    for (const uint64_t field : {0x1c0U, 0x1c4U}) sub.set(field, 0, 4);
    for (const uint64_t field : {0x88U, 0x90U, 0x110U}) sub.set(field, 0, 8);
    sub.set(0x58, 0x77, 1);

    Bytes entry;
    for (uint64_t i = 0; i < 16; ++i) entry.add(i == 0 ? 0x77 : 0x30 + i, 1);
    entry.add(kMove, 8);
    entry.add(std::string(".01") + std::string(29, '\0'));
    main.set(0x188, main.size(), 4);
    main.set(0x18c, 1, 4);
    main.add(entry.text());
    for (uint64_t i = 0; i < 16; ++i) main.set(0x190 + i, i == 0 ? 0x78 : 0x30 + i, 1);

    Bytes symbols;
    symbols.add(sub.text());
    symbols.set(0x58, 0x78, 1);
    symbols.align(16);
    symbols.set(0x48, symbols.size(), 8);
    symbols.add(strata::testing::local_symbols(true, true, cache.headers_at, cache.address(Region::kText, 8)));
    symbols.set(0x50, 100, 8);
    corpus.add("cache", "files",
               "SET1" + u32_text(main.size()) + u32_text(sub.size()) + main.text() + sub.text() + symbols.text());
}

/// A mini cache is mapped as it lies, so from its image's header on it is a flat image (macho_fuzz.cpp knows where it
/// starts).
void add_images(Corpus& corpus) {
    for (const char* arch : {"arm64e", "arm64_32"}) {
        MiniCache cache;
        cache.arch = arch;
        cache.images.push_back(rich_image(cache, "/usr/lib/liba.dylib"));
        corpus.add("macho", arch, std::string_view(cache.build()).substr(cache.headers_at));
    }
}

/// What objc_fuzz.cpp reads: layout, sections, then the mapping.
void add_metadata(Corpus& corpus, const std::string& name, uint8_t layout, std::string_view mapping,
                  const std::vector<std::array<uint64_t, 3>>& sections) {
    Bytes bytes;
    bytes.add(layout, 1);
    bytes.add(sections.size(), 1);
    for (const auto& [which, offset, size] : sections) {
        bytes.add(which, 1);
        bytes.add(offset, 4);
        bytes.add(size, 4);
    }
    corpus.add("objc", name, bytes.text() + std::string(mapping));
}

void add_objc(Corpus& corpus) {
    using strata::test::MethodForm;
    using strata::test::ObjcMaker;
    const std::array<std::pair<MethodForm, uint8_t>, 6> forms = {{{MethodForm::kPointers, 0},
                                                                  {MethodForm::kReferences, 0},
                                                                  {MethodForm::kDirectSelf, 0},
                                                                  {MethodForm::kDirectSigned, 1},
                                                                  {MethodForm::kDirectAddress, 2},
                                                                  {MethodForm::kDirectTypes, 2}}};
    for (const bool wide : {false, true}) {
        for (size_t i = 0; i < forms.size(); ++i) {
            ObjcMaker maker(wide, forms[i].first);
            const uint64_t protocol = maker.make_protocol("P", {.methods = maker.method_list({{"p", "v@"}})}, {});
            const uint64_t root = maker.make_class("A", 0, {});
            const uint64_t dog = maker.make_class(
                "B", root,
                {.methods = maker.list_of_lists({maker.method_list({{"c", "v"}}), maker.method_list({{"m:", "v@"}})}),
                 .class_methods = maker.method_list({{"n", "@"}}),
                 .protocols = maker.protocol_list({protocol}),
                 .ivars = maker.ivar_list({{"_i", "i"}}),
                 .properties = maker.property_list({{"i", "Ti"}})});
            maker.list_section("__objc_classlist", {root, dog});
            maker.list_section("__objc_catlist", {maker.make_category("C", dog, {})});
            maker.list_section("__objc_protolist", {protocol});
            std::vector<std::array<uint64_t, 3>> sections;
            for (const auto& section : maker.image.sections)
                sections.push_back({sections.size(), section.address - ObjcMaker::kBase, section.size});
            const auto layout = static_cast<uint8_t>((wide ? 1 : 0) | forms[i].second << 1 | (i % 2 != 0 ? 8 : 0));
            add_metadata(corpus, "form-" + std::to_string(i) + (wide ? "-wide" : "-narrow"), layout, maker.bytes(),
                         sections);
        }
    }
}

/// What swift_fuzz.cpp reads: flags, sections, names, then the mapping.
std::string swift_input(uint8_t flags, const std::vector<std::array<uint64_t, 3>>& sections, std::string_view names,
                        std::string_view mapping) {
    Bytes bytes;
    bytes.add(flags, 1);
    bytes.add(sections.size(), 1);
    for (const auto& [which, offset, size] : sections) {
        bytes.add(which, 1);
        bytes.add(offset, 4);
        bytes.add(size, 4);
    }
    bytes.add(names.size(), 1);
    return bytes.text() + std::string(names) + std::string(mapping);
}

void add_swift(Corpus& corpus) {
    const auto context = [](uint64_t kind, uint64_t parent, uint64_t name) {
        return u32_text(kind | 0x80) + u32_text(parent) + u32_text(name) + u32_text(0);
    };
    std::string mapping = std::string("Main\0\0\0\0Type\0\0\0\0", 16);
    mapping += context(0, 0, static_cast<uint64_t>(0 - (16 + 8)));                 // module at 16, its name at 0
    mapping += context(17, static_cast<uint64_t>(16 - (32 + 4)), 8 - (32 + 8));    // struct at 32, its name at 8
    mapping += context(3, static_cast<uint64_t>(16 - (48 + 4)), 8 - (48 + 8));     // protocol at 48
    mapping += u32_text(48 - 64) + u32_text(32 - 68) + u32_text(0) + u32_text(0);  // conformance at 64
    mapping += u32_text(32 - 80) + u32_text(48 - 84) + u32_text(64 - 88);          // the lists
    add_metadata(corpus, "swift", 1, mapping, {{5, 80, 4}, {6, 84, 4}, {7, 88, 4}});
    corpus.add("swift", "plain", swift_input(1, {{0, 80, 4}, {2, 84, 4}, {3, 88, 4}}, {}, mapping));

    mapping.resize(80);
    mapping += context(1, static_cast<uint64_t>(16 - (80 + 4)), 96 - (80 + 8));  // extension at 80, of what is at 96
    mapping += std::string("\1", 1) + u32_text(32 - 97) + std::string(11, '\0');
    mapping += context(16, static_cast<uint64_t>(80 - (112 + 4)), 8 - (112 + 8));   // class at 112, in the extension
    mapping += context(18, static_cast<uint64_t>(112 - (128 + 4)), 8 - (128 + 8));  // enum at 128, in the class
    mapping += u32_text((8 - 144) | 1) + u32_text(24 - 148) + u32_text(1 << 3) + u32_text(0);  // bound, and through one
    mapping += u32_text((24 - 160) | 1) + u32_text(8 - 164) + u32_text(2 << 3) + u32_text(0);  // a class by its name
    mapping += u32_text(128 - 176) + u32_text(112 - 180) + u32_text((8 - 184) | 1);            // types; the last bound
    mapping += u32_text(144 - 188) + u32_text(160 - 192) + u32_text(64 - 196);                 // conformances
    const std::string names("_$s10Foundation4DataVMn\0_$sSHMp\0", 31);
    for (const uint8_t flags : {uint8_t{2}, uint8_t{3}})
        corpus.add("swift", flags == 3 ? "bound" : "bound-narrow",
                   swift_input(flags, {{1, 176, 12}, {3, 188, 12}}, names, mapping));
}

void add_tries(Corpus& corpus) {
    using strata::testing::flat_trie;
    const std::string plain("\x00\x10", 2);
    corpus.add(
        "trie", "exports",
        flat_trie({{"_a", plain}, {"_b", std::string("\x08\x01_c\0", 5)}, {"_d", std::string("\x10\x20\x30", 3)}}));
    corpus.add("trie", "nested", std::string_view("\0\1_\0\5\0\2a\0\xc\0b\0\x10\2\0\x10\0\2\4\x20\0", 24));
    corpus.add("trie", "loop", std::string_view("\0\1a\0\0", 5));
    corpus.add("trie", "unterminated", std::string_view("\0\1aaaa", 6));
    corpus.add("trie", "long-uleb", std::string_view("\0\1a\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 15));
    corpus.add("trie", "empty", std::string_view("\0\0", 2));
}

void add_slides(Corpus& corpus) {
    MiniCache cache;
    for (const uint32_t version : {1U, 2U, 3U, 4U, 5U}) {
        for (const uint32_t start : {0U, 8U, 0x8000U, 0xffffU}) {
            Bytes file;
            const std::string info = slide_info(cache, version, static_cast<uint16_t>(start));
            file.add(version == 4 ? 1 : 0, 1);
            file.add(1, 1);
            file.add(info.size(), 2);
            file.add(info);
            // Two pointers: the first links to the second, 16 bytes on, in every version's own bits.
            const uint64_t next = version == 2   ? uint64_t{4} << 40
                                  : version == 3 ? uint64_t{2} << 51
                                  : version == 5 ? uint64_t{2} << 52
                                                 : uint64_t{1} << 31;
            for (int i = 0; i < 8; ++i) file.add(i == 0 ? next | 0x1000 : 0x2000, 8);
            corpus.add("slide", "v" + std::to_string(version) + "-" + hex(start), file.text());
        }
    }
}

void add_record(Corpus& corpus, char kind, const std::string& name, std::string_view message) {
    corpus.add("record", name, std::string(1, kind) + std::string(7, '\0') + std::string(message));
}

void add_records(Corpus& corpus) {
    using namespace strata::record;
    const std::string_view dylibs[] = {"/usr/lib/liba.dylib"};
    std::vector<SymbolRecord> symbols{{"_a", {}, {1, 16}, kNoDylib, 0x10},
                                      {"_b", "_c", {}, 0, 1},
                                      {"_d", {}, {kFarPlace, 0x7ffffffffff}, kNoDylib, 5},
                                      {"_e", {}, {}, 0, 4}};
    encode_symbols(symbols, dylibs, [&](const Chunk& chunk) {
        const bool places = chunk.kind == ColumnKind::kPlaces;
        add_record(corpus, places ? 1 : 0, places ? "places" : "symbols", chunk.message.bytes());
    });
    const FunctionRecord functions[] = {{1, 0, 16}, {1, 16, 4}, {0, 4096, 0}};
    encode_functions(functions, [&](const Chunk& chunk) { add_record(corpus, 2, "functions", chunk.message.bytes()); });
    std::vector<StringRecord> strings{{"one", 0}, {"two", 1}, {"two", 0}};
    const std::string sections[] = {"__DATA,__cfstring", "__TEXT,__cstring"};
    encode_strings(strings, sections,
                   [&](const Chunk& chunk) { add_record(corpus, 3, "strings", chunk.message.bytes()); });

    Head head;
    head.uuid = std::string(16, 'u');
    head.source_version = 0x123456789;
    head.segment_addresses = {0x180000000, 0x190000000};
    head.section_addresses = {0x180001000};
    head.section_digests = std::string(16, 'd');
    head.dependency_versions = {0x10000, 0x20000};
    head.column(ColumnKind::kSymbols) = {2, 128, {{7, {}}, {8, {}}}};
    head.aliases = {"/usr/lib/libalias.dylib"};
    add_record(corpus, 4, "head", encode_head(head).bytes());
    head = {};
    head.failure = Failure{"cache.01", 0x1234, "no Mach-O magic", "feedfacf"};
    add_record(corpus, 4, "head-failed", encode_head(head).bytes());

    Layout layout;
    layout.install_name = "/usr/lib/liba.dylib";
    layout.segments = {{"__TEXT", 5, 5, 0}};
    layout.sections = {{"__TEXT", "__cstring", 64, 2, 0, std::string(32, 'l')}};
    layout.dependencies = {{"/usr/lib/libSystem.B.dylib", 0}};
    layout.load_commands = {0x19, 0x2, 0x80000033};
    layout.details = {{0x8000001c, "@loader_path"}};
    add_record(corpus, 5, "layout", encode_layout(layout).message.bytes());

    Firmware firmware;
    firmware.identity = std::string(32, 'i');
    firmware.source_path = "/cache";
    firmware.files = {{"cache", 4096, std::string(16, 'u')}};
    firmware.warnings = {"cache.01 is not used"};
    add_record(corpus, 6, "firmware", encode_firmware(firmware).bytes());
}

/// Files as they lie in trees.
void add_files(Corpus& corpus) {
    const std::string arm = test::make_dylib("lib");
    const std::string intel = test::make_dylib("lib", test::kCpuX86, "");
    corpus.add("file", "thin", arm);
    corpus.add("file", "fat", test::make_fat({{test::kCpuX86, 3, intel}, {test::kCpuArm64, 0, arm}}));
    corpus.add("file", "fat64", test::make_fat({{test::kCpuX86, 3, intel}, {test::kCpuArm64, 0, arm}}, true));
    corpus.add("file", "archive",
               test::make_archive({{"a.o", intel}, {"a name of more than 16", arm}, {"a.o", "text"}}));
    corpus.add("file", "archive-gnu",
               test::make_archive({{"a.o", intel}, {"a name of more than 16", arm}}, test::ArchiveForm::kGnu));
    corpus.add("file", "fat-archive", test::make_fat({{test::kCpuArm64, 0, test::make_archive({{"a.o", arm}})}}));
    corpus.add("file", "ppc", test::be32(0xfeedface) + test::be32(18) + std::string(64, '\0'));
}

void add_texts(Corpus& corpus) {
    corpus.add("text", "escapes",
               "plain \\x41 \\x5C \\x4 \\ \xff\xfe \xc2\x9b \x1b[2J \xe2\x82\xac \xed\xa0\x80 \xf4\x90\x80\x80");
    corpus.add("text", "nul", std::string_view("a\0b\\x00", 7));
    corpus.add(
        "text", "xbs",
        "/Library/Caches/com.apple.xbs/7A5B8C9D-0123-4567-89AB-CDEF01234567/TemporaryDirectory.a1B2c3/Sources/x.c");
    corpus.add("text", "buildroot",
               "/AppleInternal/Library/BuildRoots/4a5b/Applications and /AppleInternal/Library/BuildRoots/");
}

void add_plists(Corpus& corpus) {
    using namespace strata::test;
    corpus.add("plist", "xml",
               xml_plist("<key>a</key><array><true/><integer>-7</integer><real>1.5</real></array><key>b</key><dict>"
                         "<key>c</key><string>&lt;&#x20ac;<![CDATA[x]]></string></dict><key>d</key><data>aGk=</data>"
                         "<key>e</key><date>2024-01-31T12:00:00Z</date>"));
    corpus.add("plist", "der",
               der_plist(der_pair("a", der(1, "\xff")) + der_pair("b", der(0x30, der(0x0c, "x") + der(2, "\x07"))) +
                         der_pair("c", der(0xb0, der_pair("d", der(4, "data"))))));
    corpus.add("plist", "der-older", der(0x31, der_pair("a", der(1, "\xff"))));
    // {"k": [["k", 300], true, 1.5]}, an array named twice over.
    const std::string objects(
        "bplist00\x51k\xa2\x00\x02\x11\x01\x2c\xa3\x01\x04\x05\x09\x23\x3f\xf8\0\0\0\0\0\0\xd1\x00\x03", 33);
    corpus.add("plist", "binary",
               objects + "\x08\x0a\x0d\x10\x14\x15\x1e" + std::string(6, '\0') + "\x01\x01" + be64(7) + be64(6) +
                   be64(objects.size()));
}

void add_signatures(Corpus& corpus) {
    using namespace strata::test;
    const std::string entitlements = xml_plist("<key>com.apple.security.app-sandbox</key><true/>");
    const std::string same = der_plist(der_pair("com.apple.security.app-sandbox", der(1, "\xff")));
    MadeDirectory old;
    old.version = 0x20100;
    old.hash_type = 1;
    corpus.add("signature", "full",
               super_blob({{0, old.bytes()},
                           {2, blob(0xfade0c01, be32(0))},
                           {5, blob(0xfade7171, entitlements)},
                           {7, blob(0xfade7172, same)},
                           {8, blob(0xfade8181, der_plist(der_pair("ccat", der(2, std::string(1, '\0')))))},
                           {0x1000, MadeDirectory{}.bytes()},
                           {0x10000, blob(0xfade0b01, "cms")}}));
    corpus.add("signature", "adhoc", super_blob({{0, MadeDirectory{}.bytes()}}));
    corpus.add("signature", "directory", MadeDirectory{}.bytes());
}

void add_fixups(Corpus& corpus) {
    using namespace strata::test;
    const auto seed = [&](const std::string& name, bool is_32, const std::string& fixups, const std::string& page) {
        corpus.add("fixups", name, le16(is_32 ? 1 : 0) + le16(fixups.size()) + le32(0) + fixups + page);
    };
    for (uint16_t format = 1; format <= 14; ++format) {
        FixupsMaker maker;
        maker.import_format = 1 + format % 3U;
        maker.imports = {{1, "_malloc"}, {-2, "_flat", true, 4}};
        maker.segments = {{}, {0x1000, format, 0x4000, 0x1000, {0x8001}, {0, 0x8010}}};
        // One word of each layout that links to the next; they are read by every format.
        std::string page;
        for (const uint64_t word :
             {uint64_t{1} << 51 | 0x10, uint64_t{3} << 62 | 1, uint64_t{1} << 63 | 1, uint64_t{1} << 52, uint64_t{0}})
            page += le64(word);
        seed("format-" + std::to_string(format), format >= 3 && format <= 5, maker.bytes(), page);
    }
    seed("binds", false,
         std::string(
             "\x11\x40_a\0\x51\x71\x10\x90\xa0\x08\xb1\xc0\x03\x08\x80\x10\x20\x02\x41_b\0\x90\x3e\x60\x78\x90\0", 34),
         "");
    seed("threaded", false, std::string("\xd0\x02\x11\x40_a\0\x51\x90\x40_b\0\x90\x71\x20\xd1\0", 19), "");
}

/// A format byte, frames, and bytes that its sections point at.
void add_foreign_file(Corpus& corpus, const char* name, strata::foreign::Format format, bool object) {
    using namespace strata::foreign;
    const std::string content("one string\0another\0w\0i\0d\0e\0\0\0", 28);
    std::string stream(1, format == Format::kElf ? '\1' : '\0');
    FactsEncoder out([&](std::string_view frame) { stream += frame; });
    Header header;
    header.machine = format == Format::kElf ? 62 : 0x8664;
    header.type = object ? 1 : 3;
    header.is_64 = true;
    header.base = format == Format::kElf ? 0 : 0x140000000;
    header.build_id = "0123456789abcdef0123";
    header.install_name = "libseed.so.1";
    header.abi_system = 1;
    header.min_os = 0x30200;
    header.exceptions_at = 0x1000;
    header.exceptions_size = 24;
    out.header(format, header);
    out.segment({1, 5, 0, 0x3000, 0, 0x100});
    out.segment({7, 4, 0x2000, 0x10, 0, 0x10});
    const uint64_t code = format == Format::kElf ? 6 : 0x60000020;
    const uint64_t constant = format == Format::kElf ? 0x32 : 0x40000040;
    out.section({".text", 1, code, 0x1000, 0x100, 1, 40, 16, 0});
    out.section({format == Format::kElf ? ".rodata.str1.1" : ".rdata", 1, constant, 0x2000, 28, 20, 28, 1, 1});
    out.section({".rodata", 1, format == Format::kElf ? 2U : constant, 0x2100, 28, 20, 60, 1, 0});
    out.section({".bss", 8, 3, 0x2200, 0x100, 0, 0, 4, 0});
    out.library("libc.so.6");
    for (const auto kind : {DetailKind::kInterpreter, DetailKind::kRunpath, DetailKind::kNeededVersion})
        out.detail({kind, "detail"});
    Symbol symbol;
    symbol.type = SymbolType::kFunction;
    symbol.binding = Binding::kGlobal;
    symbol.dynamic = true;
    for (const uint32_t section : {0U, 1U, 2U, kAbsoluteSection, kCommonSection, kAnySection}) {
        symbol.name = section == 0 ? "imported" : "defined";
        symbol.version = "VERS_1";
        symbol.hidden_version = section == 2;
        symbol.library = section == 0 ? 0 : kNoLibrary;
        symbol.section = section;
        symbol.value = 0x1000 + section % 3 * 16;
        symbol.size = section % 2 * 8;
        out.symbol(symbol);
    }
    symbol.target = "OTHER.name";
    symbol.section = kAnySection;
    out.symbol(symbol);
    out.left_out();
    out.end();
    corpus.add("foreign", name, stream + content);
}

void add_foreign(Corpus& corpus) {
    add_foreign_file(corpus, "elf", strata::foreign::Format::kElf, false);
    add_foreign_file(corpus, "elf-object", strata::foreign::Format::kElf, true);
    add_foreign_file(corpus, "pe", strata::foreign::Format::kPe, false);
    corpus.add("foreign", "refused", std::string("\1X\4\0\0\0\3bad", 10));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
        return 2;
    }
    Corpus corpus(argv[1]);
    add_caches(corpus);
    add_file_sets(corpus);
    add_images(corpus);
    add_objc(corpus);
    add_swift(corpus);
    add_files(corpus);
    add_tries(corpus);
    add_slides(corpus);
    add_plists(corpus);
    add_signatures(corpus);
    add_fixups(corpus);
    add_records(corpus);
    add_texts(corpus);
    add_foreign(corpus);
    std::printf("%zu seeds, %zu bytes\n", corpus.count(), corpus.bytes());
    return 0;
}
