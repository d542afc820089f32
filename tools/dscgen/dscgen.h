#pragma once
// Synthetic dyld shared caches: make one, make the next version of one, damage one. Written from the format's
// description alone and sharing no code with the readers, so that it is an independent witness.

#include "spec.h"

#include <string>
#include <vector>

namespace dscgen {

struct Result {
    std::string main_file;  // path of the main cache file
    u32 files = 0;
    u32 images = 0;
    u64 symbols = 0;  // as a reader counts them: exports, re-exports, imports and locals, each once
    u64 bytes = 0;    // of all cache files
};

// Writes the cache files, `truth.jsonl` (a line an image: what a reader must count) and `dscgen.state` into
// `directory`, which is created. Throws std::invalid_argument for a Spec without sense, std::runtime_error and
// std::system_error for what goes wrong later.
Result make(Spec spec, const std::string& directory);

// Makes the next version of the cache in `from`: truth.jsonl has a line for each image that was changed, added,
// removed or moved; images.jsonl the counts of all images. Counts beyond what is there are cut.
Result next(const std::string& from, const std::string& to, const Step& step);

// Every Objective-C fact of the cache in `directory`, image after image: what a reader must find, no more and no less.
struct ObjcTruth {
    std::string path;   // of the image
    std::string owner;  // "class Foo", "category Foo(Bar)", "protocol P"
    std::string
        name;  // "" (value: superclass), "-sel:", "+sel", "optional -sel", "ivar _x", "property x", "protocol P"
    std::string value;
};
std::vector<ObjcTruth> objc_truth(const std::string& directory);

enum class Fatal {
    cache,  // a reader must refuse the whole cache
    image,  // one image must fail, all others must stay readable
    none,   // legal or harmless: every image must stay readable
    any     // a reader may refuse, lose images or go on; it must not crash, hang or invent facts
};
struct DamageKind {
    std::string name;
    std::string what;
    Fatal fatal;
};
// All kinds that damage() knows.
std::vector<DamageKind> damage_kinds();
const char* fatal_name(Fatal fatal);

struct Damage {
    std::string kind;
    std::string file;   // name of the damaged file, in `to`
    u64 offset = 0;     // first changed byte, or new size of a truncated file
    std::string image;  // path of the image that was hit, "" when none in particular
    Fatal fatal = Fatal::any;
};
// Copies the cache in `from` to `to` with one corruption. Throws std::invalid_argument when the kind is unknown or the
// cache has no such part (for example a slide info kind on a cache without slide info).
Damage damage(const std::string& from, const std::string& to, const std::string& kind);

}  // namespace dscgen
