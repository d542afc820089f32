// A store of made-up firmwares that share most of their images, with what is in it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/random.h"
#include "support/store_maker.h"

namespace strata::query {

using MadeImages = std::vector<std::pair<std::string, test::MadeFacts>>;

inline record::Layout made_layout() {
    record::Layout layout;
    layout.sections.push_back({"__TEXT", "__text", 0x10000, 0, 2, {}});
    return layout;
}

/// Names that collide often: the same ones in several images.
inline test::MadeFacts made_image(test::Random& random, uint64_t address) {
    using record::SymbolKind;
    test::MadeFacts facts;
    facts.address = address;
    facts.uuid = random.bytes(16);
    facts.layout = made_layout();
    for (uint32_t offset = 0; offset < 40 * 16; offset += 16) facts.functions.push_back({1, offset, 16});
    for (int i = 0; i < 60; ++i) {
        const auto kind = random.one_in(3)   ? SymbolKind::kImport
                          : random.one_in(2) ? SymbolKind::kExport
                                             : SymbolKind::kLocal;
        facts.symbols.push_back({"_" + random.crowded_name(3), kind, random.below(40 * 16), {}, {}});
        if (kind == SymbolKind::kImport) facts.symbols.back().dylib = "/usr/lib/lib" + std::to_string(random.below(3));
        facts.strings.push_back(random.crowded_name(4));
    }
    facts.objc = {{"class Foo" + random.crowded_name(1), "-bar:", "v16@0:8"}, {"protocol P", "", ""}};
    return facts;
}

struct MadeStore {
    MadeStore() {
        test::Random random(7);
        store::Writer writer(dir / "store");
        MadeImages images;
        for (int i = 0; i < 12; ++i)
            images.emplace_back("/usr/lib/lib" + std::to_string(i), made_image(random, 0x180000000 + i * 0x100000ULL));
        for (const std::string name : {"1.9", "1.10", "1.10b1"}) {
            test::put_firmware(writer, name, images);
            content[name] = images;
            images[random.below(images.size())].second = made_image(random, 0x190000000);
            images.pop_back();
        }
        writer.flush();
    }

    /// In version order.
    static std::vector<std::string> names() { return {"1.9", "1.10b1", "1.10"}; }

    test::TempDir dir;
    std::map<std::string, MadeImages> content;
};

}  // namespace strata::query
