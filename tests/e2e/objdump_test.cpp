// Objective-C of real files against `llvm-objdump --macho --objc-meta-data`. Opt-in: $STRATA_TEST_BINARIES names a
// folder of Mach-O files (unpacked npm packages, for instance); without it, or without llvm-objdump, the test is
// skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "harness.h"
#include "show_checks.h"

namespace strata::e2e {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

std::string objdump(const std::string& file, const std::string& arch) {
    const std::string command =
        std::string(STRATA_LLVM_OBJDUMP) + " --macho --objc-meta-data --arch=" + arch + " '" + file + "' 2>/dev/null";
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return text;
    char buffer[65536];
    for (size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
    pclose(pipe);
    return text;
}

/// What objdump prints, as lines "class Foo | -sel: | types". Of a category it does not know the class.
class ObjdumpFacts {
  public:
    explicit ObjdumpFacts(const std::string& text) {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) read(line);
    }
    Names facts;

  private:
    enum class Part { kNone, kMethods, kProtocols, kIvars, kProperties };

    void read(const std::string& line) {
        if (line.starts_with("Contents of ")) {
            in_classes_ = line.find("__objc_classlist)") != std::string::npos;
            in_categories_ = line.find("__objc_catlist)") != std::string::npos;
        } else if (line.starts_with("0")) {  // a new entry: its place and where it leads
            owner_.clear();
            sign_ = "-";
            part_ = Part::kNone;
        } else if (line.starts_with("Meta Class")) {
            sign_ = "+";
            part_ = Part::kNone;
        } else if (in_classes_ || in_categories_) {
            read_field(line);
        }
    }

    /// "   name 0x1234 (0x5678) text": key, numbers, the rest of the line as it is. (std::regex recurses over long
    /// ones.)
    void read_field(const std::string& line) {
        const size_t start = line.find_first_not_of(" \t");
        const size_t end = line.find(' ', start);
        if (start == std::string::npos || end == std::string::npos) return;
        size_t at = line.find_first_not_of(' ', end);
        if (at == std::string::npos || line.compare(at, 2, "0x") != 0) return;
        at = std::min(line.find(' ', at), line.size());
        if (line.compare(at, 4, " (0x") == 0) at = std::min(line.find(')', at) + 1, line.size());
        field(line.substr(start, end - start), at < line.size() ? line.substr(at + 1) : "");
    }

    void field(const std::string& key, const std::string& value) {
        const bool was_isa = std::exchange(after_isa_, key == "isa");
        if (key == "superclass" && sign_ == "-") superclass_ = value;
        if (key == "baseMethods") part_ = Part::kMethods;
        if (part_ != Part::kProtocols && in_categories_ && key == "instanceMethods") part_ = Part::kMethods;
        if (part_ != Part::kProtocols && key == "classMethods") sign_ = "+";
        if (key == "baseProtocols" || (in_categories_ && key == "protocols")) part_ = Part::kProtocols;
        if (key == "ivars") part_ = Part::kIvars;
        if (key == "weakIvarLayout") part_ = Part::kNone;
        if (key == "baseProperties" || (in_categories_ && key == "instanceProperties" && part_ != Part::kProtocols))
            part_ = Part::kProperties;
        if (key == "name") name(value, was_isa);
        if (key == "types" && part_ == Part::kMethods) add(sign_ + name_, value);
        if (key == "type" && part_ == Part::kIvars) add("ivar " + name_, value);
        if (key == "attributes" && part_ == Part::kProperties)
            add((sign_ == "+" ? "class property " : "property ") + name_, value);
    }

    void name(const std::string& value, bool was_isa) {
        name_ = value;
        if (part_ == Part::kProtocols && was_isa && (in_categories_ || sign_ == "-")) add("protocol " + value, "");
        if (part_ != Part::kNone || !owner_.empty()) return;
        owner_ = (in_categories_ ? "category " : "class ") + value;
        constexpr std::string_view kSymbol = "_OBJC_CLASS_$_";
        if (in_categories_)
            add("", "");
        else if (superclass_.starts_with(kSymbol))
            add("", superclass_.substr(kSymbol.size()));
    }

    void add(const std::string& fact, const std::string& value) {
        facts.push_back(owner_ + " | " + fact + " | " + value);
    }

    bool in_classes_ = false;
    bool in_categories_ = false;
    bool after_isa_ = false;
    Part part_ = Part::kNone;
    std::string owner_, name_, superclass_;
    std::string sign_ = "-";
};

/// JSON writes a backslash that looks like the start of an escape as \x5C; one real type has '\xFF' in its text.
std::string raw(std::string text) {
    constexpr std::string_view kBackslash = "\\x5C";
    for (size_t at = 0; (at = text.find(kBackslash, at)) != std::string::npos; ++at)
        text.replace(at, kBackslash.size(), "\\");
    return text;
}

/// What `show` prints, in the same form: without protocols, which objdump does not list by themselves.
Names shown(const Json& facts, const Names& dumped) {
    Names all;
    for (const auto& f : facts) {
        auto owner = f.at("owner").get<std::string>();
        if (owner.starts_with("protocol ")) continue;
        if (owner.starts_with("category "))
            owner = "category " + owner.substr(owner.find('(') + 1, owner.size() - owner.find('(') - 2);
        const auto line = raw(owner + " | " + f.value("name", "") + " | " + f.value("value", ""));
        // Without a symbol objdump does not say the superclass.
        const bool is_class_itself = owner.starts_with("class ") && f.value("name", "").empty();
        if (is_class_itself && std::find(dumped.begin(), dumped.end(), line) == dumped.end() &&
            std::none_of(dumped.begin(), dumped.end(), [&](const auto& d) { return d.starts_with(owner + " |  | "); }))
            continue;
        all.push_back(line);
    }
    return all;
}

TEST(ObjcOfFiles, IsWhatObjdumpPrints) {
    const char* folder = std::getenv("STRATA_TEST_BINARIES");
    if (folder == nullptr) GTEST_SKIP() << "skipped: STRATA_TEST_BINARIES names no folder of Mach-O files";
    if (std::string_view(STRATA_LLVM_OBJDUMP).empty()) GTEST_SKIP() << "skipped: no llvm-objdump";
    IndexedStore store;
    store.index(folder, "files");
    size_t facts = 0;
    for (const auto& image : json_lines_of(store.run({"images", "files", "--json"}))) {
        const auto path = image.at("path").get<std::string>();
        SCOPED_TRACE(path);
        const Json all = json_of(store.run({"show", "files", path, "--json"}));
        if (!all.contains("objc") || path.find('(') != std::string::npos)
            continue;  // failed, or a member of an archive
        const std::string file = (fs::path(folder) / path.substr(0, path.rfind('@'))).string();
        auto dumped = ObjdumpFacts(objdump(fs::exists(file) ? file : (fs::path(folder) / path).string(),
                                           all.at("arch").get<std::string>()))
                          .facts;
        auto got = shown(all.at("objc"), dumped);
        for (Names* names : {&dumped, &got}) {
            std::sort(names->begin(), names->end());
            names->erase(std::unique(names->begin(), names->end()), names->end());
        }
        expect_same_members("objc", dumped, got);
        facts += got.size();
    }
    RecordProperty("facts", static_cast<int>(facts));
    std::printf("%zu facts compared\n", facts);
}

}  // namespace
}  // namespace strata::e2e
