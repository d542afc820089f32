// LIEF as witness: another reader of Mach-O, with which ours must agree on every image that both can read. What the two
// do not agree on is in kDifferences, one by one, with the reason; anything else is a failure.
//
// Images: those that yaml2obj makes, those of the collection of malformed files that are sound after all, and all below
// the folder STRATA_TEST_MACHO (unpacked npm packages, say).
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <LIEF/MachO.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/text.h"
#include "macho/archive.h"
#include "macho/exports.h"
#include "macho/fat.h"
#include "macho/function_starts.h"
#include "macho/image.h"
#include "macho/segment_space.h"
#include "macho/symbols.h"
#include "support/temp_dir.h"

namespace strata::macho {
namespace {

namespace fs = std::filesystem;
using Facts = std::map<std::string, std::vector<std::string>>;  // kind -> one line a fact, in file order

constexpr uint32_t kObjectFile = 1;
constexpr uintmax_t kLargest = 16U << 20;  // LIEF takes seconds for larger ones
constexpr size_t kMaxSymbols = 20000;      // and is quadratic in these

Facts ours(base::ByteView bytes) {
    const Image image = read_file_image(bytes);
    Facts facts;
    const auto add = [&](const char* kind, const std::string& line) { facts[kind].push_back(line); };
    for (const auto& segment : image.segments)
        add("segments", std::string(segment.name) + " " + base::hex(segment.address) + " " + base::hex(segment.size) +
                            " " + base::hex(segment.file_offset) + " " + base::hex(segment.file_size) + " " +
                            std::to_string(segment.max_prot) + " " + std::to_string(segment.init_prot) + " " +
                            base::hex(segment.flags));
    for (const auto& section : image.sections)
        add("sections", std::string(section.segment) + "," + std::string(section.name) + " " +
                            base::hex(section.address) + " " + base::hex(section.size) + " " +
                            base::hex(section.flags) + " " + std::to_string(section.align));
    const SymbolTable table(image.nlists, image.string_pool, image.is_64);
    for (uint64_t i = 0; i < table.size(); ++i) {
        const SymbolEntry entry = table[i];
        add("symbols", std::string(entry.name) + " " + base::hex(entry.type) + " " + std::to_string(entry.section) +
                           " " + base::hex(entry.desc) + " " + base::hex(entry.value));
    }
    if (image.uuid) {
        std::string uuid;
        for (const uint8_t byte : *image.uuid) uuid += base::hex(byte) + " ";
        add("uuid", uuid);
    }
    for (const auto& dependency : image.dependencies)
        add("dependencies", std::string(dependency.name) + " " + base::version_text(dependency.current_version) + " " +
                                base::version_text(dependency.compatibility_version));
    if (!image.install_name.empty()) add("install name", std::string(image.install_name));
    walk_function_starts(image, [&](uint64_t address) { add("functions", base::hex(address)); });
    walk_exports(image.exports_trie, [&](const ExportEntry& entry) {
        add("exports", std::string(entry.name) + " " + base::hex(entry.flags) + " " + base::hex(entry.value));
    });
    std::sort(facts["exports"].begin(), facts["exports"].end());
    return facts;
}

std::string version_of(const std::array<uint16_t, 3>& parts) {
    return std::to_string(parts[0]) + "." + std::to_string(parts[1]) + "." + std::to_string(parts[2]);
}

/// Throws when LIEF cannot read it, too.
Facts what_lief_reads(const fs::path& file) {
    const auto fat = LIEF::MachO::Parser::parse(file.string(), LIEF::MachO::ParserConfig::deep());
    if (!fat || fat->size() != 1) throw std::runtime_error("not one image");
    const auto& image = fat->at(0);
    Facts facts;
    const auto add = [&](const char* kind, const std::string& line) { facts[kind].push_back(line); };
    const auto number = [](auto value) { return static_cast<uint64_t>(value); };
    for (const auto& segment : image.segments())
        add("segments", segment.name() + " " + base::hex(segment.virtual_address()) + " " +
                            base::hex(segment.virtual_size()) + " " + base::hex(segment.file_offset()) + " " +
                            base::hex(segment.file_size()) + " " + std::to_string(segment.max_protection()) + " " +
                            std::to_string(segment.init_protection()) + " " + base::hex(segment.flags()));
    for (const auto& section : image.sections())
        add("sections", section.segment_name() + "," + section.name() + " " + base::hex(section.address()) + " " +
                            base::hex(section.size()) + " " +
                            base::hex(section.raw_flags() | static_cast<uint32_t>(section.type())) + " " +
                            std::to_string(section.alignment()));
    for (const auto& symbol : image.symbols()) {
        if (symbol.origin() != LIEF::MachO::SYMBOL_ORIGINS::SYM_ORIGIN_LC_SYMTAB) continue;
        add("symbols", symbol.name() + " " + base::hex(symbol.type()) + " " +
                           std::to_string(symbol.numberof_sections()) + " " + base::hex(symbol.description()) + " " +
                           base::hex(symbol.value()));
    }
    if (image.has_uuid()) {
        std::string uuid;
        for (const uint8_t byte : image.uuid().uuid()) uuid += base::hex(byte) + " ";
        add("uuid", uuid);
    }
    for (const auto& library : image.libraries()) {
        const auto command = number(library.command());
        if (command == kLcIdDylib) {
            add("install name", library.name());
        } else {
            add("dependencies", library.name() + " " + version_of(library.current_version()) + " " +
                                    version_of(library.compatibility_version()));
        }
    }
    if (image.has_function_starts())
        for (const uint64_t offset : image.function_starts().functions())
            add("functions", base::hex(offset + image.imagebase()));
    if (image.has_dyld_info())
        for (const auto& entry : image.dyld_info().exports())
            add("exports", (entry.has_symbol() ? entry.symbol().name() : "?") + " " + base::hex(entry.flags()) + " " +
                               base::hex(entry.address()));
    std::sort(facts["exports"].begin(), facts["exports"].end());
    return facts;
}

/// The same in a process of its own: LIEF 0.9 remembers trie nodes from one file to the next, and leaves them out.
/// Throws when LIEF cannot read it, or dies of it.
Facts theirs(base::ByteView bytes, const fs::path& scratch) {
    const fs::path answer = scratch.string() + ".facts";
    test::write_file(scratch, bytes.as_text());
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            std::string text;
            for (const auto& [kind, lines] : what_lief_reads(scratch))
                for (const auto& line : lines) text += kind + '\0' + line + '\0';
            test::write_file(answer, text);
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) throw std::runtime_error("LIEF cannot read it");
    Facts facts;
    const std::string text = test::read_file(answer);
    for (size_t at = 0; at < text.size();) {
        const std::string kind = text.c_str() + at;
        at += kind.size() + 1;
        const std::string line = text.c_str() + at;
        at += line.size() + 1;
        facts[kind].push_back(line);
    }
    return facts;
}

/// What both know about an image, to decide whether a difference is explained.
struct Case {
    const std::string& name;
    const Image& image;
    const Facts& ours;
    const Facts& theirs;
};

bool has_command(const Image& image, uint32_t command) {
    return std::find(image.commands.begin(), image.commands.end(), command) != image.commands.end();
}

struct Difference {
    const char* kind;
    const char* why;
    bool (*explains)(const Case&);
};

/// "__TEXT,__text 0x0 ..." without what is before the comma.
std::vector<std::string> without_segments(std::vector<std::string> sections) {
    for (auto& line : sections) line.erase(0, line.find(','));
    return sections;
}

/// Hexadecimal addresses with bit 0 cleared.
std::vector<std::string> without_thumb_bits(std::vector<std::string> addresses) {
    for (auto& address : addresses) address = base::hex(std::stoull(address, nullptr, 16) & ~1ULL);
    return addresses;
}

constexpr std::string_view kReexport = " 0x8 ";  // EXPORT_SYMBOL_FLAGS_REEXPORT, as in the lines of exports

/// "name flags address", re-exports without the address.
std::vector<std::string> without_ordinals(std::vector<std::string> exports) {
    for (auto& line : exports) {
        const size_t at = line.find(kReexport);
        if (at != std::string::npos) line.erase(at + kReexport.size());
    }
    std::sort(exports.begin(), exports.end());
    return exports;
}

/// Whether `some` has nothing that `all` has not.
bool is_part(std::vector<std::string> some, std::vector<std::string> all) {
    std::sort(some.begin(), some.end());
    std::sort(all.begin(), all.end());
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

/// In one file LIEF leaves out the one dylib, what is imported from it, and the exports; llvm-objdump shows them all.
bool is_the_odd_one(const Case& c, const char* kind) {
    return c.name.ends_with("unwind-info-no-relocs.macho-x86_64") && is_part(c.theirs.at(kind), c.ours.at(kind));
}

const Difference kDifferences[] = {
    {"exports", "LIEF gives the library ordinal of a re-export as its address",
     [](const Case& c) { return without_ordinals(c.ours.at("exports")) == without_ordinals(c.theirs.at("exports")); }},
    {"functions", "LC_FUNCTION_STARTS without data: LIEF reads on behind it",
     [](const Case& c) { return c.image.function_starts.empty() && c.ours.at("functions").empty(); }},
    {"symbols", "one file of which LIEF leaves out the dylib",
     [](const Case& c) { return is_the_odd_one(c, "symbols"); }},
    {"dependencies", "one file of which LIEF leaves out the dylib",
     [](const Case& c) { return is_the_odd_one(c, "dependencies"); }},
    {"exports", "one file of which LIEF leaves out the dylib",
     [](const Case& c) { return is_the_odd_one(c, "exports"); }},
    {"functions", "32-bit ARM: LIEF leaves bit 0 set, which says Thumb",
     [](const Case& c) {
         return c.image.cpu_type == kCpuTypeArm &&
                without_thumb_bits(c.theirs.at("functions")) == c.ours.at("functions");
     }},
    {"sections",
     "an object file's sections: LIEF names the one segment they lie in (\"\"), we the one they are meant for",
     [](const Case& c) {
         return c.image.file_type == kObjectFile &&
                without_segments(c.ours.at("sections")) == without_segments(c.theirs.at("sections"));
     }},
    {"exports", "LIEF 0.9 does not know LC_DYLD_EXPORTS_TRIE",
     [](const Case& c) { return has_command(c.image, kLcDyldExportsTrie) && c.theirs.at("exports").empty(); }},
};

class Witness : public ::testing::Test {
  protected:
    void compare_file(const fs::path& path) {
        const auto file = base::MappedFile::open(path);
        try {
            look_into(file->view(), path.string(), 0);
        } catch (const base::Error&) {
            // Not to be listed to its end: no images, or some have been compared.
        }
    }

    void look_into(base::ByteView bytes, const std::string& name, int depth) {
        if (depth > 2) return;
        if (is_fat(bytes)) {
            for (const auto& slice : read_fat(bytes)) look_into(slice_bytes(bytes, slice), name, depth + 1);
        } else if (is_archive(bytes)) {
            walk_archive(bytes, [&](std::string_view member, base::ByteView content) {
                look_into(content, name + "(" + std::string(member) + ")", depth + 1);
            });
        } else if (bytes.contains(0, kHeaderSize64) &&
                   (bytes.u32(0, "magic") == kMagic64 || bytes.u32(0, "magic") == kMagic32)) {
            compare(bytes, name);
        }
    }

    /// Both must be able to read it: that damaged files are refused is for other tests.
    void compare(base::ByteView bytes, const std::string& name) {
        Facts mine;
        Facts other;
        std::optional<Image> image;
        try {
            image = read_file_image(bytes);
            if (image->nlists.size() / image->nlist_size() > kMaxSymbols) return;
            mine = ours(bytes);
            other = theirs(bytes, dir_ / "slice");
        } catch (const std::exception&) {
            return;
        }
        ++images_;
        for (const char* kind :
             {"segments", "sections", "symbols", "uuid", "dependencies", "install name", "functions", "exports"}) {
            facts_ += mine[kind].size();
            if (mine[kind] == other[kind]) continue;
            const Case found{name, *image, mine, other};
            const auto* known = std::find_if(
                std::begin(kDifferences), std::end(kDifferences),
                [&](const Difference& d) { return std::string_view(d.kind) == kind && d.explains(found); });
            if (known != std::end(kDifferences)) {
                ++explained_[known->why];
                continue;
            }
            ADD_FAILURE() << name << ": " << kind << " differ\n" << first_difference(mine[kind], other[kind]);
        }
    }

    static std::string first_difference(const std::vector<std::string>& mine, const std::vector<std::string>& other) {
        for (size_t i = 0; i < std::max(mine.size(), other.size()); ++i) {
            const std::string a = i < mine.size() ? mine[i] : "(none)";
            const std::string b = i < other.size() ? other[i] : "(none)";
            if (a != b)
                return std::to_string(i) + " of " + std::to_string(mine.size()) + " and " +
                       std::to_string(other.size()) + ": ours " + base::printable(a) + ", LIEF's " + base::printable(b);
        }
        return "none";
    }

    void TearDown() override {
        std::printf("%zu images, %zu facts\n", images_, facts_);
        for (const auto& [why, count] : explained_) std::printf("%zu images: %s\n", count, why.c_str());
    }

    static std::vector<fs::path> files_below(const fs::path& folder) {
        std::vector<fs::path> files;
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file() && !entry.is_symlink() && entry.file_size() <= kLargest &&
                entry.file_size() > 0)
                files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        return files;
    }

    test::TempDir dir_;
    size_t images_ = 0;
    size_t facts_ = 0;
    std::map<std::string, size_t> explained_;
};

TEST_F(Witness, MadeByYaml2Obj) {
    if (std::string_view(STRATA_YAML2OBJ).empty()) GTEST_SKIP() << "skipped: LLVM's yaml2obj is not installed";
    for (const auto& yaml : files_below(STRATA_YAML_DIR)) {
        const fs::path object = dir_ / yaml.stem().string();
        const std::string command =
            std::string(STRATA_YAML2OBJ) + " '" + yaml.string() + "' -o '" + object.string() + "'";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
        compare_file(object);
    }
    EXPECT_GE(images_, 3U);
}

TEST_F(Witness, SoundOnesAmongTheMalformed) {
    const char* given = std::getenv("STRATA_TEST_DATA");
    const fs::path archive = (given != nullptr ? fs::path(given) : fs::path(STRATA_SHARED_DATA)) / "malformed.tar.xz";
    if (!fs::exists(archive)) GTEST_SKIP() << "skipped: no collection of malformed files";
    const std::string command = "tar -xJf '" + archive.string() + "' -C '" + dir_.path().string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    // LLVM's tests of its printer, the deliberately bad ones too: what both can read they must read alike. LIEF 0.9
    // does not come to an end with one of them (a bind entry that names no segment), which ours refuses.
    for (const auto& file : files_below(dir_ / "llvm-objdump-macho"))
        if (file.filename() != "macho-invalid-bind-entry") compare_file(file);
    EXPECT_GE(images_, 10U);
}

TEST_F(Witness, RealOnes) {
    const char* folder = std::getenv("STRATA_TEST_MACHO");
    if (folder == nullptr) GTEST_SKIP() << "skipped: set STRATA_TEST_MACHO to a folder of Mach-O files";
    for (const auto& file : files_below(folder)) compare_file(file);
    EXPECT_GE(images_, 1U);
}

}  // namespace
}  // namespace strata::macho
