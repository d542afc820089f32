#include "spec.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace dscgen {

namespace {

constexpr std::array<u32, 10> kEras = {0x70, 0x98, 0xF8, 0x138, 0x140, 0x1C8, 0x200, 0x208, 0x228, 0x238};

constexpr std::array<std::pair<const char*, Arch>, 7> kArches = {{{"arm64", Arch::arm64},
                                                                  {"arm64e", Arch::arm64e},
                                                                  {"arm64_32", Arch::arm64_32},
                                                                  {"armv7", Arch::armv7},
                                                                  {"armv7k", Arch::armv7k},
                                                                  {"x86_64", Arch::x86_64},
                                                                  {"x86_64h", Arch::x86_64h}}};
constexpr std::array<std::pair<const char*, Layout>, 4> kLayouts = {
    {{"auto", Layout::automatic}, {"single", Layout::single}, {"split", Layout::split}, {"many", Layout::many}}};
constexpr std::array<std::pair<const char*, Locals>, 4> kLocals = {{{"auto", Locals::automatic},
                                                                    {"kept", Locals::kept},
                                                                    {"unmapped", Locals::unmapped},
                                                                    {"redacted", Locals::redacted}}};

constexpr std::array<std::pair<const char*, ObjcStrings>, 2> kObjcStrings = {
    {{"own", ObjcStrings::own}, {"pool", ObjcStrings::pool}}};

template <typename Table>
auto lookup(const Table& table, const std::string& text, const char* what) {
    for (const auto& [name, value] : table) {
        if (text == name) return value;
    }
    throw std::invalid_argument(std::string("unknown ") + what + ": " + text);
}

template <typename Table, typename Value>
std::string name_of(const Table& table, Value value) {
    for (const auto& [name, v] : table) {
        if (v == value) return name;
    }
    return "?";
}

u32 default_slide(const Spec& s) {
    if (s.era < 0x98) return 1;
    switch (s.arch) {
        case Arch::arm64e:
            return s.era >= 0x208 ? 5 : 3;
        case Arch::arm64_32:
            return s.era >= 0x200 ? 1 : 4;
        case Arch::armv7k:
            return 4;
        default:
            return 2;
    }
}

void check_slide(const Spec& s) {
    const bool pointers64 = is_64bit(s.arch);
    const bool ok = s.slide == 1 || s.slide == 99 || s.slide == 2 || (s.slide == 4 && !pointers64) ||
                    ((s.slide == 3 || s.slide == 5) && s.arch == Arch::arm64e);
    if (!ok) throw std::invalid_argument("slide info version does not fit the architecture");
}

u32 default_os(u32 era) {
    switch (era) {
        case 0x70:
            return 0x090000;
        case 0x98:
            return 0x0A0000;
        case 0xF8:
            return 0x0B0000;
        case 0x138:
            return 0x0D0000;
        case 0x140:
            return 0x0E0000;
        case 0x1C8:
            return 0x0F0200;
        case 0x200:
            return 0x100200;
        case 0x208:
            return 0x120000;
        case 0x228:
            return 0x120400;
        default:
            return 0x1B0000;
    }
}

u32 default_platform(Arch arch) {
    if (is_x86(arch)) return 1;
    return arch == Arch::arm64_32 || arch == Arch::armv7k ? 4 : 2;
}

}  // namespace

void resolve(Spec& s) {
    if (std::find(kEras.begin(), kEras.end(), s.era) == kEras.end())
        throw std::invalid_argument("era must be one of 0x70 0x98 0xF8 0x138 0x140 0x1C8 0x200 0x208 0x228 0x238");
    // Six times the largest real cache; a step that changes all of them still fits 64 MiB.
    if (s.images == 0 || s.images > 24000) throw std::invalid_argument("images must be 1..24000");
    if (s.arch == Arch::arm64e && s.era < 0x138) throw std::invalid_argument("arm64e begins with era 0x138");
    if (s.layout == Layout::automatic) s.layout = s.era >= 0x1C8 ? Layout::split : Layout::single;
    if (s.layout != Layout::single && s.era < 0x1C8)
        throw std::invalid_argument("caches of several files begin with era 0x1C8");
    if (s.platform == 0) s.platform = default_platform(s.arch);
    if (s.os_version == 0) s.os_version = default_os(s.era);
    if (s.locals == Locals::automatic) s.locals = s.platform == 1 ? Locals::kept : Locals::unmapped;
    if (s.slide == 0) s.slide = default_slide(s);
    check_slide(s);
    if (s.symbols == 0) s.symbols = u64{s.images} * 200;
}

Arch parse_arch(const std::string& text) {
    return lookup(kArches, text, "architecture");
}
Layout parse_layout(const std::string& text) {
    return lookup(kLayouts, text, "layout");
}
Locals parse_locals(const std::string& text) {
    return lookup(kLocals, text, "locals mode");
}
ObjcStrings parse_objc_strings(const std::string& text) {
    return lookup(kObjcStrings, text, "place of Objective-C strings");
}
Spec spec_now(const State& state) {
    Spec spec = state.spec;
    for (const Step& step : state.steps)
        if (step.objc_strings != ObjcStrings::as_before) spec.objc_strings = step.objc_strings;
    return spec;
}
std::string arch_name(Arch arch) {
    return name_of(kArches, arch);
}

void save_state(const State& state, const std::string& path) {
    std::ofstream out(path, std::ios::binary);
    const Spec& s = state.spec;
    out << "dscgen 1\n"
        << "spec images " << s.images << " symbols " << s.symbols << " bytes " << s.bytes << " era " << s.era
        << " arch " << arch_name(s.arch) << " layout " << name_of(kLayouts, s.layout) << " locals "
        << name_of(kLocals, s.locals) << " slide " << s.slide << " platform " << s.platform << " os " << s.os_version
        << " seed " << s.seed;
    if (s.objc_strings != ObjcStrings::own) out << " objc-strings " << name_of(kObjcStrings, s.objc_strings);
    out << "\n";
    for (const Step& t : state.steps) {
        out << "step change " << t.change << " add " << t.add << " remove " << t.remove << " move " << t.move
            << " seed " << t.seed;
        if (t.objc_strings != ObjcStrings::as_before) out << " objc-strings " << name_of(kObjcStrings, t.objc_strings);
        out << "\n";
    }
    if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

State load_state(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string line;
    if (!in || !std::getline(in, line) || line != "dscgen 1") throw std::runtime_error("not a dscgen state: " + path);
    State state;
    while (std::getline(in, line)) {
        std::istringstream words(line);
        std::string what;
        std::string key;
        std::string value;
        words >> what;
        Step step;
        while (words >> key >> value) {
            Spec& s = state.spec;
            if (key == "arch")
                s.arch = parse_arch(value);
            else if (key == "layout")
                s.layout = parse_layout(value);
            else if (key == "locals")
                s.locals = parse_locals(value);
            else if (key == "objc-strings")
                (what == "step" ? step.objc_strings : s.objc_strings) = parse_objc_strings(value);
            else {
                const u64 n = std::stoull(value);
                const u32 n32 = static_cast<u32>(n);
                if (what == "step") {
                    if (key == "change") step.change = n32;
                    if (key == "add") step.add = n32;
                    if (key == "remove") step.remove = n32;
                    if (key == "move") step.move = n32;
                    if (key == "seed") step.seed = n;
                } else {
                    if (key == "images") s.images = n32;
                    if (key == "symbols") s.symbols = n;
                    if (key == "bytes") s.bytes = n;
                    if (key == "era") s.era = n32;
                    if (key == "slide") s.slide = n32;
                    if (key == "platform") s.platform = n32;
                    if (key == "os") s.os_version = n32;
                    if (key == "seed") s.seed = n;
                }
            }
        }
        if (what == "step") state.steps.push_back(step);
    }
    return state;
}

}  // namespace dscgen
