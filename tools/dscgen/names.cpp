#include "names.h"

#include "words.h"

#include <algorithm>

namespace dscgen {

namespace {

constexpr std::array<std::string_view, 16> kPrefixes = {"CF", "NS", "AV", "CA", "UI", "MK", "PK", "SB",
                                                        "HM", "CK", "FB", "TU", "WK", "IM", "AS", "GE"};

// Two letters and a word: what the classes and functions of one framework begin with.
void put_prefix(Text& t, u64 seed) {
    t.put(kPrefixes[seed & 15]);
}

// Swift and Itanium manglings carry lengths before identifiers: write the identifier aside, then both.
template <typename Write>
void put_counted(Text& t, Write write) {
    u8 scratch[128];
    Text inner{scratch};
    write(inner);
    const std::size_t n = static_cast<std::size_t>(inner.p - scratch);
    t.number(n);
    t.put(std::string_view(reinterpret_cast<const char*>(scratch), n));
}

void put_c_function(Text& t, u64 seed, u64 h, u32 n) {
    t.put('_');
    put_prefix(t, seed);
    t.ordinal(seed, n);
    t.word(h >> 8);
    if ((h & 3) == 0) t.put("WithOptions");
}

void put_cxx_function(Text& t, u64 seed, u64 h, u32 n, bool internal) {
    constexpr std::array<std::string_view, 8> kArguments = {"v",   "Ev",   "EPKc",    "ERKNSt3__112basic_stringIcEE",
                                                            "Ejj", "EPvm", "EbRKS0_", "Ed"};
    t.put(internal ? "__ZNL" : "__ZN");
    if ((h & 7) == 0) t.put('K');
    put_counted(t, [&](Text& i) { i.word(seed >> 8); });
    put_counted(t, [&](Text& i) {
        put_prefix(i, seed);
        i.word(h >> 16);
        i.word(h >> 24);
    });
    put_counted(t, [&](Text& i) { i.lower_ordinal(seed, n); });
    t.put(kArguments[1 + (h >> 32) % 7]);
}

void put_swift(Text& t, u64 seed, u64 h, u32 n, std::string_view tail) {
    t.put("_$s");
    put_counted(t, [&](Text& i) {
        i.word(seed >> 8);
        i.word(seed >> 16);
    });
    put_counted(t, [&](Text& i) {
        i.word(h >> 16);
        i.word(h >> 24);
        if ((h & 1) != 0) i.put("View");
    });
    t.put("C");
    put_counted(t, [&](Text& i) { i.lower_ordinal(seed, n); });
    t.put(tail);
}

void put_class_name(Text& t, u64 seed, u64 h) {
    put_prefix(t, seed);
    t.word(h >> 16);
    t.word(h >> 24);
    if ((h & 1) != 0) t.put("Internal");
}

void put_method(Text& t, u64 seed, u64 h, u32 n) {
    t.put((h & 7) == 0 ? "+[" : "-[");
    put_class_name(t, seed, h);
    t.put(' ');
    t.lower_ordinal(seed, n);
    if ((h & 0x300) != 0) t.put(':');
    if ((h & 0x700) == 0x700) t.put("withCompletionHandler:");
    t.put(']');
}

std::size_t exported_function(Text t, u64 seed, u32 n) {
    u8* const start = t.p;
    const u64 h = hash(seed, 0xE1, n);
    const u32 kind = static_cast<u32>(h >> 56) % 10;
    constexpr std::array<std::string_view, 4> kTails = {"yyF", "SSyF", "10Foundation4DataVvg", "yyYaKFTu"};
    if (kind < 4)
        put_c_function(t, seed, h, n);
    else if (kind < 7)
        put_cxx_function(t, seed, h, n, false);
    else
        put_swift(t, seed, h, n, kTails[(h >> 40) & 3]);
    return static_cast<std::size_t>(t.p - start);
}

std::size_t exported_data(Text t, u64 seed, u32 n) {
    u8* const start = t.p;
    const u64 h = hash(seed, 0xE2, n);
    switch (name_kind(seed, Item::exported_data, n)) {
        case 0:
            t.put("_OBJC_CLASS_$_");
            put_prefix(t, seed);
            t.ordinal(seed, n);
            break;
        case 1:
            t.put("_OBJC_METACLASS_$_");
            put_prefix(t, seed);
            t.ordinal(seed, n);
            break;
        case 2:
            t.put("_OBJC_IVAR_$_");
            put_class_name(t, seed, h);
            t.put("._");
            t.lower_ordinal(seed, n);
            break;
        case 3:
            t.put("_k");
            put_prefix(t, seed);
            t.ordinal(seed, n);
            t.put("Key");
            break;
        case 4:
            t.put('_');
            put_prefix(t, seed);
            t.ordinal(seed, n);
            t.put("Notification");
            break;
        default:
            put_swift(t, seed, h, n, "Wvd");
            break;
    }
    return static_cast<std::size_t>(t.p - start);
}

std::size_t local_function(Text t, u64 seed, u32 n) {
    u8* const start = t.p;
    const u64 h = hash(seed, 0xE3, n);
    switch ((h >> 56) % 12) {
        case 0:
            t.put("___");
            t.number(20 + (h & 63));
            put_method(t, seed, h, n);
            t.put("_block_invoke");
            break;
        case 1:
            t.put("___");
            put_method(t, seed, h, n);
            t.put("_block_invoke");
            if ((h & 0x10) != 0) t.put("_2");
            t.put('.');
            t.number(1 + n % 900);
            break;
        case 2:
            put_method(t, seed, h, n);
            t.put(".cold.1");
            break;
        case 3:
            t.put("_OUTLINED_FUNCTION_");
            t.number(n);
            break;
        case 4:
            put_cxx_function(t, seed, h, n, true);
            break;
        case 5:
            put_swift(t, seed, h, n, "33_7A41C2B68D0E4F53LLyyF");
            break;
        case 6:
            put_swift(t, seed, h, n, "AA0A8ProtocolA2aDP4bodyQzvgTW");
            break;
        case 7:
            put_c_function(t, seed, h, n);
            t.put(".cold.2");
            break;
        case 8:
            t.put('_');
            put_c_function(t, seed, h, n);
            break;
        default:
            put_method(t, seed, h, n);
            break;
    }
    return static_cast<std::size_t>(t.p - start);
}

std::size_t local_data(Text t, u64 seed, u32 n) {
    u8* const start = t.p;
    const u64 h = hash(seed, 0xE4, n);
    switch (name_kind(seed, Item::local_data, n)) {
        case 0:
            t.put("GCC_except_table");
            t.number(n);
            break;
        case 1:
            t.put("___block_descriptor_40_e8_32s_e5_v8?0l.");
            t.number(n);
            break;
        case 2:
            t.put("_OBJC_IVAR_$_");
            put_class_name(t, seed, h);
            t.put("._private");
            t.ordinal(seed, n);
            break;
        case 3:
            put_swift(t, seed, h, n, "Wl");
            break;
        default:
            t.put("_s");
            t.ordinal(seed, n);
            t.put(".onceToken");
            break;
    }
    return static_cast<std::size_t>(t.p - start);
}

}  // namespace

u32 name_kind(u64 seed, Item item, u32 n) {
    if (item == Item::exported_data) return static_cast<u32>((hash(seed, 0xE2, n) >> 56) % 6);
    return static_cast<u32>((hash(seed, 0xE4, n) >> 56) % 5);
}

std::size_t symbol_name(u8* out, u64 seed, Item item, u32 n) {
    Text t{out};
    switch (item) {
        case Item::exported_function:
            return exported_function(t, seed, n);
        case Item::exported_data:
            return exported_data(t, seed, n);
        case Item::local_function:
            return local_function(t, seed, n);
        case Item::local_data:
            return local_data(t, seed, n);
        case Item::absolute:
            t.put("_");
            t.ordinal(seed, n);
            t.put("_absolute_mask");
            break;
        case Item::reexport:
            t.put("_");
            put_prefix(t, seed);
            t.put("Legacy");
            t.ordinal(seed, n);
            break;
    }
    return static_cast<std::size_t>(t.p - out);
}

bool is_weak_definition(u64 seed, Item item, u32 n) {
    if (item != Item::exported_function) return false;
    const u64 h = hash(seed, 0xE1, n);
    const u32 kind = static_cast<u32>(h >> 56) % 10;
    return kind >= 4 && kind < 7 && (h & 0x30) == 0;
}

std::size_t string_text(u8* out, u64 seed, Pool pool, u32 n) {
    Text t{out};
    const u64 h = hash(seed, 0x57 + static_cast<u32>(pool), n);
    if (pool == Pool::methname) {
        t.lower_ordinal(seed, n);
        if ((h & 3) != 0) t.put(':');
        if ((h & 12) == 12) t.put("error:");
        return static_cast<std::size_t>(t.p - out);
    }
    switch ((h >> 56) % 8) {
        case 0:
            t.put("com.apple.");
            break;
        case 1:
            t.put("%s: ");
            break;
        case 2:
            t.put("Failed to load ");
            break;
        case 3:
            t.put("[");
            break;
        default:
            break;
    }
    t.ordinal(seed, n);
    for (u32 i = 0; i < ((h >> 8) & 3); ++i) {
        t.put(' ');
        t.word(h >> (16 + 8 * i));
    }
    // Some text is not ASCII and, in strings that nothing refers to, not UTF-8 either; a few hold what looks like
    // an escape already.
    if ((h & 0x3F0000000000) == 0) t.put(" caf\xC3\xA9 \xE2\x80\xA6");
    if ((n & 15) == 15 && (h & 0x3000) == 0) t.put("\xFF\xFE!");
    if ((h & 0xFF000000000) == 0x41000000000) t.put(" \\x41");
    if (pool == Pool::oslog) t.put(" %{public}@ %d");
    return static_cast<std::size_t>(t.p - out);
}

std::size_t ustring_text(u16* out, u64 seed, u32 n) {
    u8 text[kMaxName];
    Text t{text};
    t.ordinal(seed, n);
    std::size_t units = 0;
    for (const u8* p = text; p != t.p; ++p) out[units++] = *p;
    out[units++] = 0x2014;
    if ((hash(seed, 0x75, n) & 1) != 0) {
        out[units++] = 0xD83D;  // a surrogate pair
        out[units++] = 0xDE00;
    }
    return units;
}

namespace {

constexpr std::array<std::string_view, 4> kCorePaths = {
    "/usr/lib/libSystem.B.dylib", "/usr/lib/libobjc.A.dylib",
    "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation",
    "/System/Library/Frameworks/Foundation.framework/Foundation"};

std::string framework(std::string_view folder, const std::string& name, bool mac) {
    return std::string(folder) + "/" + name + ".framework/" + (mac ? "Versions/A/" : "") + name;
}

}  // namespace

std::string install_name(u64 cache_seed, u32 id, u32 place, u32 platform, bool has_dyld) {
    const bool mac = platform == 1;
    if (id == 2 || id == 3) {
        std::string path(kCorePaths[id]);
        if (mac) path.insert(path.rfind('/') + 1, id == 2 ? "Versions/A/" : "Versions/C/");
        return path;
    }
    if (id < 2) return std::string(kCorePaths[id]);
    if (id == 4 && has_dyld) return "/usr/lib/dyld";
    const u64 h = hash(cache_seed, 0x9A7, id);
    u8 buffer[kMaxName];
    Text t{buffer};
    const u32 kind = static_cast<u32>(h >> 56) % 20;
    if (kind >= 17) {
        t.put("lib");
        t.lower_word(h);
    } else {
        t.word(h);
    }
    if (id >= 1U << 14) t.word(id >> 14);
    t.word(id >> 7);
    t.word(id);
    if ((h & 0x100) != 0) t.put(kind >= 17 ? "Support" : "Kit");
    const std::string name(reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(t.p - buffer));
    if (place > 0) {
        constexpr std::array<std::string_view, 3> kPlaces = {"/System/Library/SubFrameworks",
                                                             "/System/Library/PrivateFrameworks",
                                                             "/System/iOSSupport/System/Library/Frameworks"};
        return framework(kPlaces[(place + (kind < 12 ? 2 : 0)) % 3], name, mac);
    }
    if (kind < 12) return framework("/System/Library/PrivateFrameworks", name, mac);
    if (kind < 16) return framework("/System/Library/Frameworks", name, mac);
    if (kind < 17) return "/System/Library/Extensions/" + name + ".bundle/" + (mac ? "Contents/MacOS/" : "") + name;
    if (kind < 18) return "/usr/lib/swift/" + name + ".dylib";
    if (kind < 19) return "/usr/lib/system/" + name + ".dylib";
    return "/usr/lib/" + name + ".1.dylib";
}

std::string alias_name(const std::string& path, u32 platform) {
    if (path.ends_with(".1.dylib") || path.ends_with(".B.dylib")) return path.substr(0, path.size() - 8) + ".dylib";
    const std::size_t versions = path.find("/Versions/");
    if (platform == 1 && versions != std::string::npos) return path.substr(0, versions) + path.substr(path.rfind('/'));
    return {};
}

}  // namespace dscgen
