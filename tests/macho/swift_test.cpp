// Swift context descriptors: names with their parents, kinds, conformances, and descriptors made to hurt.
#include "macho/swift.h"
#include "macho/swift_symbol.h"

#include <gtest/gtest.h>

#include "support/buffer.h"
#include "support/memory_space.h"

namespace strata::macho {
namespace {

using test::le32;
using test::MemorySpace;

constexpr uint64_t kSwiftBase = 0x100000;

/// Descriptors in one mapping; relative fields are filled in as records are placed.
class SwiftMaker {
  public:
    explicit SwiftMaker(bool is_64) : is_64_(is_64) {
        bytes_.assign(64, '\0');
        image.address = kSwiftBase;
        image.is_64 = is_64;
    }
    uint64_t next() const { return kSwiftBase + (bytes_.size() + 7) / 8 * 8; }
    uint64_t place(const std::string& bytes) {
        const uint64_t at = next();
        bytes_.resize(at - kSwiftBase, '\0');
        bytes_ += bytes;
        return at;
    }
    void set(uint64_t address, std::string_view bytes) { test::put(bytes_, address - kSwiftBase, bytes); }
    std::string pointer(uint64_t address) const {
        return is_64_ ? test::le64(MemorySpace::encode_pointer(address)) : le32(address);
    }
    uint64_t text(std::string_view text) { return place(std::string(text) + '\0'); }

    /// Kind, parent and name; `parent` 0 = none.
    uint64_t context(uint32_t kind, uint64_t parent, std::string_view name) {
        const uint64_t name_at = text(name);
        const uint64_t at = next();
        return place(le32(kind | 0x80) + le32(parent == 0 ? 0 : parent - (at + 4)) + le32(name_at - (at + 8)) +
                     le32(0) + le32(0));
    }
    uint64_t module(std::string_view name) { return context(0, 0, name); }

    /// A list section of fields relative to themselves; the low bits are added as they are.
    void list(std::string_view name, const std::vector<uint64_t>& targets, uint32_t low_bits = 0) {
        const uint64_t at = next();
        std::string bytes;
        for (const uint64_t target : targets) bytes += le32(target - (at + bytes.size()) + low_bits);
        place(bytes);
        Section section;
        section.segment = "__TEXT";
        section.name = name;
        section.address = at;
        section.size = bytes.size();
        image.sections.push_back(section);
    }
    uint64_t conformance(uint64_t protocol, uint32_t protocol_bits, uint64_t type, uint32_t type_kind) {
        const uint64_t at = next();
        return place(le32(protocol - at + protocol_bits) + le32(type - (at + 4)) + le32(0) + le32(type_kind << 3));
    }

    std::string read(const std::function<std::string_view(uint64_t)>& bound = {}) const {
        const MemorySpace space(kSwiftBase, bytes_);
        std::string text;
        const auto summary = walk_swift({space, image, bound}, [&](const SwiftItem& item) {
            text += item.type + (item.conforms.empty() ? "" : " : " + item.conforms) + "\n";
        });
        return text + summary.text();
    }
    const std::string& bytes() const { return bytes_; }

    Image image;

  private:
    bool is_64_;
    std::string bytes_;
};

class Swift : public ::testing::TestWithParam<bool> {
  protected:
    SwiftMaker maker{GetParam()};
    uint64_t module = maker.module("Main");
};
INSTANTIATE_TEST_SUITE_P(Swift, Swift, ::testing::Bool(),
                         [](const auto& wide) { return wide.param ? "Wide" : "Narrow"; });

TEST_P(Swift, TypesOfEachKind) {
    const uint64_t outer = maker.context(17, module, "Outer");
    const uint64_t anonymous = maker.context(2, outer, "");
    maker.list("__swift5_types", {outer, maker.context(16, outer, "Inner"), maker.context(18, anonymous, "Hidden")});
    maker.list("__swift5_protos", {maker.context(3, module, "Walking")});
    EXPECT_EQ(maker.read(),
              "struct Main.Outer\nclass Main.Outer.Inner\nenum Main.Outer.Hidden\nprotocol Main.Walking\n");
}

TEST_P(Swift, ReferencesThroughPointers) {
    const uint64_t type = maker.context(17, module, "Type");
    maker.list("__swift5_types", {maker.place(maker.pointer(type))}, 1);
    const uint64_t protocol = maker.context(3, module, "Walking");
    maker.list("__swift5_protos", {maker.place(maker.pointer(protocol))}, 1);
    EXPECT_EQ(maker.read(), "struct Main.Type\nprotocol Main.Walking\n");
}

TEST_P(Swift, ParentsOfOtherImages) {
    const uint64_t slot = maker.place(maker.pointer(module));
    const uint64_t type = maker.context(17, 0, "Type");
    maker.set(type + 4, le32(slot - (type + 4) + 1));
    maker.list("__swift5_types", {type});
    EXPECT_EQ(maker.read(), "struct Main.Type\n");
    EXPECT_EQ(maker.read([](uint64_t) { return "_$s5Other4MainVMn"; }), "struct Other.Main.Type\n");
}

TEST_P(Swift, ExtensionsAreNamedAfterWhatTheyExtend) {
    const uint64_t extended = maker.context(18, maker.module("Other"), "Shape");
    const uint64_t reference = maker.place(std::string("\x01") + le32(0) + '\0');
    maker.set(reference + 1, le32(extended - (reference + 1)));
    const uint64_t extension = maker.context(1, module, "");
    maker.set(extension + 8, le32(reference - (extension + 8)));
    const uint64_t plain = maker.context(1, module, "$s5Other4KindO");
    maker.list("__swift5_types", {maker.context(17, extension, "Side"), maker.context(17, plain, "Side")});
    EXPECT_EQ(maker.read(), "struct Other.Shape.Side\nstruct Main.Side\n");
}

TEST_P(Swift, Conformances) {
    const uint64_t type = maker.context(17, module, "Type");
    const uint64_t protocol = maker.context(3, module, "Walking");
    const uint64_t slot = maker.place(maker.pointer(protocol));
    maker.list("__swift5_proto", {maker.conformance(protocol, 0, type, 0),
                                  maker.conformance(slot, 1, maker.place(maker.pointer(type)), 1),
                                  maker.conformance(protocol, 0, maker.text("NSString"), 2)});
    EXPECT_EQ(maker.read(),
              "struct Main.Type : Main.Walking\nstruct Main.Type : Main.Walking\nclass NSString : Main.Walking\n");
    EXPECT_EQ(maker.read([&](uint64_t at) { return at == slot ? "_$sSQMp" : ""; }),
              "struct Main.Type : Main.Walking\nstruct Main.Type : Swift.Equatable\nclass NSString : Main.Walking\n");
}

TEST(SwiftSymbol, PlainNames) {
    EXPECT_EQ(plain_swift_name("_$s10Foundation4DataVMn"), "Foundation.Data");
    EXPECT_EQ(plain_swift_name("$s4Main5OuterV5InnerC4KindOMn"), "Main.Outer.Inner.Kind");
    EXPECT_EQ(plain_swift_name("_$ss16TextOutputStreamMp"), "Swift.TextOutputStream");
    EXPECT_EQ(plain_swift_name("_$sSHMp"), "Swift.Hashable");
    EXPECT_EQ(plain_swift_name("_$sSS5IndexVMn"), "Swift.String.Index");
    EXPECT_EQ(plain_swift_name("_$sSo7CGPointVMn"), "__C.CGPoint");
}

TEST(SwiftSymbol, EverythingElseIsNotGuessed) {
    for (const std::string symbol : {"", "_", "$s", "_$s4Main", "_$s4Main3FooVMa", "_$s4Main3Foo33_7A41LLVMn",
                                     "_$s4Main0aB4TypeVMn", "_$sS?Mp", "_$s9Main3FooVMn", "_$s4Main3FooMn",
                                     "_$s99999999999999999999MainMp", "_OBJC_CLASS_$_NSObject", "_$s4MainAAVMn"})
        EXPECT_EQ(plain_swift_name(symbol), "") << symbol;
}

TEST_P(Swift, DamageCostsItsRecord) {
    const uint64_t good = maker.context(17, module, "Good");
    const uint64_t unknown = maker.context(9, module, "Bad");
    maker.list("__swift5_types", {unknown, 0x7000000, good});
    EXPECT_EQ(maker.read(), "struct Main.Good\n2 of 3, first: type #0: context descriptor is of an unknown kind");
}

TEST_P(Swift, ParentsInALoopEnd) {
    const uint64_t a = maker.context(17, module, "A");
    const uint64_t b = maker.context(17, a, "B");
    maker.set(a + 4, le32(b - (a + 4)));
    maker.list("__swift5_types", {a, a});
    EXPECT_EQ(maker.read(), "2 of 2, first: type #0: parent of a type is nested too deeply");
}

TEST_P(Swift, ATypeThatIsItsOwnParent) {
    const uint64_t a = maker.context(17, module, "A");
    maker.set(a + 4, le32(static_cast<uint64_t>(-4)));
    maker.list("__swift5_types", {a});
    EXPECT_EQ(maker.read(), "1 of 1, first: type #0: parent of a type is nested too deeply");
}

TEST_P(Swift, EmptyRecordsAreNothing) {
    const uint64_t at = maker.place(le32(0) + le32(0));
    Section section;
    section.name = "__swift5_types";
    section.address = at;
    section.size = 7;
    maker.image.sections.push_back(section);
    EXPECT_EQ(maker.read(), "1 of 2, first: type #1: list ends in half a reference");
}

TEST_P(Swift, EveryByteMayBeWrong) {
    const uint64_t outer = maker.context(17, module, "Outer");
    const uint64_t protocol = maker.context(3, module, "Walking");
    maker.list("__swift5_types", {outer, maker.context(16, maker.context(2, outer, ""), "Inner")});
    maker.list("__swift5_proto", {maker.conformance(protocol, 0, outer, 0)});
    for (size_t at = 0; at < maker.bytes().size(); ++at) {
        for (const char value : {'\x00', '\x01', '\x7f', '\xff'}) {
            SwiftMaker hurt = maker;
            hurt.set(kSwiftBase + at, std::string(1, value));
            EXPECT_NO_THROW(hurt.read()) << at;
        }
    }
}

}  // namespace
}  // namespace strata::macho
