#include "image.h"

#include "objc.h"

namespace dscgen {

namespace {

// Image sizes are roughly log-normal: a power of two whose exponent is a sum of dice, in 1/16 steps, plus one image
// in two hundred that is up to a hundred times the median. Returns a weight whose median is about 256.
u64 weight(u64 seed, u32 id) {
    const u64 h = hash(seed, 0x3E1647);
    u64 dice = 0;
    for (u32 i = 0; i < 8; ++i) dice += (h >> (4 * i)) & 15;
    u64 sixteenths = 64 + dice;  // 2^4 .. 2^11.5
    if (id >= kCoreImages && ((h >> 40) % 200) == 0) sixteenths += 64 + ((h >> 50) & 31);
    const u64 fraction = sixteenths & 15;
    const u64 whole = u64{1} << (sixteenths >> 4);
    return whole + whole * fraction / 16;
}

// Bytes that one symbol costs outside code, measured on generated caches: nlist or local entry, its name, its share
// of trie, strings, CFStrings and data; and what an image costs by being there: header, page rounding.
constexpr u64 kBytesPerSymbol = 117;
constexpr u64 kBytesPerImage = 6400;
constexpr u64 kBytesPerCache = 200 << 10;

}  // namespace

ImageRecord new_image(const Spec& spec, u32 id) {
    ImageRecord image;
    image.id = id;
    image.seed = hash(spec.seed, 0x11A6E, id);
    return image;
}

Scale::Scale(const Spec& spec) : spec_(spec) {
    total_weight_ = 0;
    for (u32 id = 0; id < spec_.images; ++id) total_weight_ += weight(new_image(spec_, id).seed, id);
    if (spec_.bytes == 0) return;
    const u64 fixed = spec_.images * kBytesPerImage + spec_.symbols * kBytesPerSymbol + kBytesPerCache;
    const u64 code = spec_.bytes > fixed ? spec_.bytes - fixed : 0;
    const u64 functions = std::max<u64>(1, spec_.symbols * 3 / 4);
    mean_words_ = static_cast<u32>(std::clamp<u64>(code / functions / 4, 10, 160));
    const u64 in_functions = functions * mean_words_ * 4;
    if (code > in_functions) padding_per_weight_ = ((code - in_functions) << 8) / total_weight_;
}

u64 Scale::share(const ImageRecord& image) const {
    return std::max<u64>(12, spec_.symbols * weight(image.seed, image.id) / total_weight_);
}

Counts Scale::counts(const ImageRecord& image) const {
    const u64 n = std::min<u64>(share(image), 900000);
    const u64 h = hash(image.seed, 0xC0);
    const auto part = [n](u64 percent) { return static_cast<u32>(n * percent / 100); };
    Counts c;
    const u32 exports = std::max(4U, part(16 + (h & 15)));
    c.exported_data = exports / 4;
    c.exported_functions = exports - c.exported_data;
    c.absolutes = ((h >> 8) & 7) == 0 ? 1 + static_cast<u32>((h >> 12) & 1) : 0;
    c.imports = part(12);  // a bound; the resolver cuts it to what the dependencies offer
    const u64 locals = n - std::min<u64>(n, u64{exports} + c.absolutes + c.imports);
    c.local_data = static_cast<u32>(locals / 6);
    c.local_functions = static_cast<u32>(locals) - c.local_data;
    c.functions = c.exported_functions + c.local_functions + (c.local_functions / 20) + 1;
    c.cstrings = part(30 + ((h >> 16) & 15)) + 4;
    c.oslogs = part(5);
    c.methnames = ((h >> 24) & 3) != 0 ? part(20) : 0;
    c.ustrings = part(1) + 1;
    c.cfstrings = part(6) + 2;
    c.const_slots = part(20) + 4;
    c.data_slots = part(15) + 8;
    c.reexports = n >= 40 ? 1 + static_cast<u32>((h >> 28) & 1) : 0;
    c.text_padding = ((padding_per_weight_ * weight(image.seed, image.id)) >> 8) & ~u64{15};
    c.mean_words = mean_words_;
    c.objc = count_objc(spec_, image, n, c.methnames != 0);
    return c;
}

FunctionName function_name(const Counts& c, u32 number) {
    const u64 all = c.functions;
    const u64 exported = c.exported_functions;
    const u64 e = number * exported / all;
    if ((u64{number} + 1) * exported / all != e) return {Naming::exported, static_cast<u32>(e)};
    const u64 rest = all - exported;
    const u64 q = number - e;
    const u64 local = q * c.local_functions / rest;
    if ((q + 1) * c.local_functions / rest != local) return {Naming::local, static_cast<u32>(local)};
    return {Naming::nameless, 0};
}

u32 function_of_export(const Counts& c, u32 ordinal) {
    const u64 exported = c.exported_functions;
    return static_cast<u32>(((u64{ordinal} + 1) * c.functions + exported - 1) / exported - 1);
}

std::vector<Dependency> dependencies(const Spec& spec, const ImageRecord& image) {
    std::vector<Dependency> out;
    const bool is_dyld = image.id == 4 && spec.era >= 0x200;
    if (image.id == 0 || is_dyld) return out;
    const auto add = [&](u32 id, LoadKind kind) {
        if (is_provider(id) && id < image.id && !(id == 4 && spec.era >= 0x200) &&
            std::none_of(out.begin(), out.end(), [id](const Dependency& d) { return d.id == id; }))
            out.push_back({id, kind});
    };
    Rng rng{hash(image.seed, 0xDE9)};
    // Foundation and CoreFoundation first, as linkers list them, libSystem at the end.
    if (image.id > 3 && (rng.next() & 3) != 0) add(3, LoadKind::load);
    const u32 wanted = rng.below(24);
    for (u32 i = 0; i < wanted; ++i) {
        const u64 h = rng.next();
        const u32 id = static_cast<u32>((h >> 32) % image.id);
        const u32 provider = id < kCoreImages ? id : id & ~3U;
        const u32 roll = h & 31;
        add(provider, roll < 2    ? LoadKind::weak
                      : roll == 2 ? LoadKind::reexport
                      : roll == 3 ? LoadKind::upward
                                  : LoadKind::load);
    }
    add(2, LoadKind::load);
    add(1, LoadKind::load);
    add(0, LoadKind::load);
    if (image.mutations) {
        for (const u32 id : image.mutations->dependencies_added) out.push_back({id, LoadKind::load});
    }
    return out;
}

}  // namespace dscgen
