#pragma once
// What to generate, and the text file beside a cache from which `next` goes on.

#include "bits.h"

#include <string>
#include <vector>

namespace dscgen {

enum class Arch { arm64, arm64e, arm64_32, armv7, armv7k, x86_64, x86_64h };
enum class Layout { automatic, single, split, many };
// kept: locals stay in the images; unmapped: `<redacted>` in the images, real names in .symbols (or after the last
// mapping of a single-file era); redacted: `<redacted>` in the images and the real names nowhere.
enum class Locals { automatic, kept, unmapped, redacted };
// own: each image has its Objective-C names, types and selectors in its own sections; pool: the builder left these
// sections empty and moved what was in them behind the selectors of libobjc.
enum class ObjcStrings { as_before, own, pool };

struct Spec {
    u32 images = 40;
    u64 symbols = 0;  // total over all images; 0: 200 an image
    u64 bytes = 0;    // total size of all files; 0: what the symbols need
    u32 era = 0x228;  // size of the cache header, the format's version key
    Arch arch = Arch::arm64e;
    Layout layout = Layout::automatic;
    Locals locals = Locals::automatic;
    u32 slide = 0;       // 0: what arch and era use; 1..5; 99: no slide info, plain pointers
    u32 platform = 0;    // 0: by arch; else PLATFORM_* (1 macOS, 2 iOS, ...)
    u32 os_version = 0;  // 0: by era; else 16.8.8 bits
    u64 seed = 1;
    ObjcStrings objc_strings = ObjcStrings::own;
};

// One `next`: how many images it changed, added, removed and moved, and where Objective-C strings are from here on.
struct Step {
    u32 change = 0;
    u32 add = 0;
    u32 remove = 0;
    u32 move = 0;
    u64 seed = 1;
    ObjcStrings objc_strings = ObjcStrings::as_before;
};

// A generated cache is a pure function of this.
struct State {
    Spec spec;
    std::vector<Step> steps;
};

// The spec as the last step left it.
Spec spec_now(const State& state);

// Throws std::invalid_argument with a sentence for the user when a combination makes no sense.
void resolve(Spec& spec);

Arch parse_arch(const std::string& text);
Layout parse_layout(const std::string& text);
Locals parse_locals(const std::string& text);
ObjcStrings parse_objc_strings(const std::string& text);
std::string arch_name(Arch arch);

constexpr bool is_64bit(Arch a) {
    return a == Arch::arm64 || a == Arch::arm64e || a == Arch::x86_64 || a == Arch::x86_64h;
}
constexpr bool is_x86(Arch a) {
    return a == Arch::x86_64 || a == Arch::x86_64h;
}
constexpr bool is_thumb(Arch a) {
    return a == Arch::armv7 || a == Arch::armv7k;
}
constexpr u32 pointer_size(Arch a) {
    return is_64bit(a) ? 8 : 4;
}
constexpr u32 nlist_size(Arch a) {
    return is_64bit(a) ? 16 : 12;
}

void save_state(const State& state, const std::string& path);
State load_state(const std::string& path);

}  // namespace dscgen
