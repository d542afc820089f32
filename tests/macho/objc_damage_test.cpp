// Objective-C metadata made to hurt: what is damaged is counted and left out, what is not is still read, and no small
// file makes much work.
#include <gtest/gtest.h>

#include "support/objc_maker.h"

namespace strata::macho {
namespace {

using test::le32;
using test::MadeParts;
using test::MethodForm;
using test::ObjcMaker;
using test::read_objc;

class ObjcDamage : public ::testing::TestWithParam<bool> {
  protected:
    /// A class "Dog" with this as its methods, beside the class "Cat", which is well.
    std::pair<std::string, std::string> read_methods(uint64_t list) {
        maker.list_section("__objc_classlist", {maker.make_class("Dog", 0, {.methods = list}), cat()});
        const auto [text, summary] = read_objc(maker);
        return {text, summary.text()};
    }
    uint64_t cat() {
        return maker.make_class(
            "Cat", 0,
            {.methods = maker.method_list({{"meow", "v16@0:8"}}), .ivars = maker.ivar_list({{"_lives", "i"}})});
    }
    static constexpr const char* kDogAndCat = "class Dog\nclass Cat\n  -meow v16@0:8\n  ivar _lives i\n";
    using Read = std::pair<std::string, std::string>;

    ObjcMaker maker{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Objc, ObjcDamage, ::testing::Bool(),
                         [](const auto& wide) { return wide.param ? "Wide" : "Narrow"; });

TEST_P(ObjcDamage, ListOutsideEveryMapping) {
    EXPECT_EQ(read_methods(0x6660000), (Read{kDogAndCat, "1 of 2, first: class Dog: method list is in no mapping"}));
}

TEST_P(ObjcDamage, EntrySizeZeroDoesNotLoop) {
    EXPECT_EQ(read_methods(maker.place(le32(0) + le32(0xffffffff))),
              (Read{kDogAndCat, "1 of 2, first: class Dog: method list has entries that are too small"}));
}

TEST_P(ObjcDamage, EntriesSmallerThanTheirFields) {
    EXPECT_EQ(read_methods(maker.place(le32(3 * maker.pointer_size() - 4) + le32(1) + std::string(64, '\0'))).second,
              "1 of 2, first: class Dog: method list has entries that are too small");
}
TEST_P(ObjcDamage, RelativeEntriesSmallerThanTheirFields) {
    EXPECT_EQ(read_methods(maker.place(le32(0x80000008) + le32(1) + std::string(64, '\0'))).second,
              "1 of 2, first: class Dog: method list has entries that are too small");
}

TEST_P(ObjcDamage, MoreEntriesThanTheMappingHolds) {
    for (const uint32_t count : {0x7fffffffU, 0xffffffffU, 0x10000U}) {
        ObjcMaker fresh(GetParam());
        std::swap(maker, fresh);
        EXPECT_EQ(read_methods(maker.place(le32(3 * maker.pointer_size()) + le32(count))),
                  (Read{kDogAndCat, "1 of 2, first: class Dog: method list has more entries than its mapping"}))
            << count;
    }
}

TEST_P(ObjcDamage, AListIsGivenWholeOrNotAtAll) {
    const uint64_t list = maker.method_list({{"good", "v16@0:8"}, {"bad", "v16@0:8"}, {"good2", "v16@0:8"}});
    maker.set(list + 8 + 3 * maker.pointer_size(), maker.pointer(0x6660000));
    EXPECT_EQ(read_methods(list), (Read{kDogAndCat, "1 of 2, first: class Dog: selector is in no mapping"}));
}

TEST_P(ObjcDamage, ANullSelector) {
    const uint64_t list = maker.method_list({{"bad", "v16@0:8"}});
    maker.set(list + 8, maker.pointer(0));
    EXPECT_EQ(read_methods(list), (Read{kDogAndCat, "1 of 2, first: class Dog: selector is null"}));
}

TEST_P(ObjcDamage, SelectorReferenceThatIsNull) {
    EXPECT_EQ(read_methods(maker.place(le32(0x8000000c) + le32(1) + le32(0) + le32(0) + le32(0))).second,
              "1 of 2, first: class Dog: selector reference is in no mapping");
}

TEST_P(ObjcDamage, UnknownSelectorBaseIsNotGuessed) {
    ObjcMaker direct(GetParam(), MethodForm::kDirectSelf);
    direct.list_section("__objc_classlist",
                        {direct.make_class("Dog", 0, {.methods = direct.method_list({{"bark", "v16@0:8"}})})});
    const test::MemorySpace space(ObjcMaker::kBase, direct.bytes());
    const auto [text, summary] = read_objc({space, direct.image, {SelectorBase::Kind::kUnknown, 0}});
    EXPECT_EQ(text, "class Dog\n");
    EXPECT_EQ(summary.text(),
              "1 of 1, first: class Dog: selector is an offset from a place that the cache does not tell");
}

TEST_P(ObjcDamage, DamagedListsOfLists) {
    const std::string far = test::le64(uint64_t{0x7ffffff} << 16);
    for (const auto& [bytes, problem] : std::initializer_list<std::pair<std::string, const char*>>{
             {le32(8) + le32(0xffffffff), "list of lists has more entries than its mapping"},
             {le32(0) + le32(1) + far, "list of lists has entries of an unknown size"},
             {le32(8) + le32(1) + far, "method list is in no mapping"}}) {
        ObjcMaker fresh(GetParam());
        std::swap(maker, fresh);
        EXPECT_EQ(read_methods(maker.place(bytes) | 1),
                  (Read{kDogAndCat, "1 of 2, first: class Dog: " + std::string(problem)}));
    }
}

TEST_P(ObjcDamage, AListOfListsInAListOfListsIsNoList) {
    // The entry's offset may be odd; what it leads to is read as a list of methods, never as one more list of lists.
    const uint64_t inner = maker.list_of_lists({maker.method_list({{"deep", "v16@0:8"}})});
    EXPECT_EQ(read_methods(maker.list_of_lists({inner})).first, kDogAndCat);
}

TEST_P(ObjcDamage, UnterminatedTexts) {
    const uint64_t list = maker.method_list({{"bad", "v16@0:8"}});
    maker.list_section("__objc_classlist", {maker.make_class("Dog", 0, {.methods = list}), cat()});
    const uint64_t tail = maker.place("never ends");
    maker.set(list + 8, maker.pointer(tail));
    const auto [text, summary] = read_objc(maker);
    EXPECT_EQ(text, kDogAndCat);
    EXPECT_EQ(summary.text(), "1 of 2, first: class Dog: selector is not NUL-terminated");
}

TEST_P(ObjcDamage, ClassesWithoutNameOrData) {
    const uint64_t no_data = maker.class_object(0, 0, 0);
    const uint64_t no_name = maker.class_object(0, 0, maker.class_data(2, 0, {}));
    maker.list_section("__objc_classlist", {no_data, no_name, 0, 0x6660000, cat()});
    const auto [text, summary] = read_objc(maker);
    EXPECT_EQ(text, "class Cat\n  -meow v16@0:8\n  ivar _lives i\n");
    EXPECT_EQ(summary.text(), "4 of 5, first: class #0: class data is null");
}

TEST_P(ObjcDamage, HalfAPointerAtTheEndOfAListIsCounted) {
    maker.list_section("__objc_classlist", {cat()});
    maker.image.sections.back().size += 2;
    maker.place(std::string(64, '\0'));
    EXPECT_EQ(read_objc(maker).summary.text(), "1 of 2, first: class #1: list ends in half a pointer");
}

TEST_P(ObjcDamage, ClassesInALoop) {
    // Each is the other's superclass and metaclass: names are looked up, chains are never followed.
    const uint64_t a = maker.make_class("A", 0, {});
    const uint64_t b = maker.make_class("B", a, {});
    maker.set(a, maker.pointer(b) + maker.pointer(b));
    maker.set(b, maker.pointer(a) + maker.pointer(a));
    maker.list_section("__objc_classlist", {a, b});
    EXPECT_EQ(read_objc(maker).text, "class A : B\nclass B : A\n");
}

TEST_P(ObjcDamage, ProtocolsInALoop) {
    const uint64_t p = maker.make_protocol("P", {}, {});
    maker.set(p + 2 * maker.pointer_size(), maker.pointer(maker.protocol_list({p})));
    maker.list_section("__objc_protolist", {p});
    EXPECT_EQ(read_objc(maker).text, "protocol P\n  <P\n");
}

TEST_P(ObjcDamage, AThousandClassesWithOneHugeListStopAtALimit) {
    const uint64_t name = maker.text("s");
    const std::string method = maker.pointer(name) + maker.pointer(0) + maker.pointer(0);
    std::string list = le32(3 * maker.pointer_size()) + le32(5000);
    for (int i = 0; i < 5000; ++i) list += method;
    const uint64_t methods = maker.place(list);
    std::vector<uint64_t> classes;
    for (int i = 0; i < 1000; ++i) classes.push_back(maker.make_class("Dog", 0, {.methods = methods}));
    maker.list_section("__objc_classlist", classes);
    maker.declare(16U << 20);
    const test::MemorySpace space(ObjcMaker::kBase, maker.bytes());
    uint64_t seen = 0;
    const auto summary =
        walk_objc({space, maker.image, {}}, [&](const ObjcItem& item) { seen += item.methods.size(); });
    EXPECT_LE(seen, 1U << 20);
    EXPECT_TRUE(summary.stopped);
    EXPECT_NE(summary.text().find("more list entries than any real image has; the rest was not read"),
              std::string::npos)
        << summary.text();
}

TEST_P(ObjcDamage, AListOfOtherPeoplesIsNoReasonToWork) {
    const uint64_t name = maker.text("s");
    const std::string method = maker.pointer(name) + maker.pointer(0) + maker.pointer(0);
    std::string list = le32(3 * maker.pointer_size()) + le32(5000);
    for (int i = 0; i < 5000; ++i) list += method;
    maker.list_section("__objc_classlist", {maker.make_class("Dog", 0, {.methods = maker.place(list)})});
    const auto summary = read_objc(maker).summary;
    EXPECT_TRUE(summary.stopped) << "an image that declares a few bytes cannot have five thousand methods";
}

TEST_P(ObjcDamage, ManyNamesOnOneLongText) {
    const uint64_t name = maker.text(std::string((1U << 20) - 1, 'x'));
    const std::string method = maker.pointer(name) + maker.pointer(0) + maker.pointer(0);
    std::string list = le32(3 * maker.pointer_size()) + le32(10000);
    for (int i = 0; i < 10000; ++i) list += method;
    maker.declare(16U << 20);
    EXPECT_NE(read_methods(maker.place(list)).second.find("names and types"), std::string::npos);
}

TEST_P(ObjcDamage, ManyBadEntriesStop) {
    maker.list_section("__objc_classlist", std::vector<uint64_t>(100000, 0x6660000));
    const auto summary = read_objc(maker).summary;
    EXPECT_EQ(summary.unreadable, 256U);
    EXPECT_TRUE(summary.stopped);
}

TEST_P(ObjcDamage, EveryByteOfEverythingMayBeWrong) {
    const uint64_t protocol = maker.make_protocol("P", {.methods = maker.method_list({{"p", "v"}})}, {});
    const uint64_t dog = maker.make_class("Dog", 0,
                                          {.methods = maker.list_of_lists({maker.method_list({{"bark", "v16@0:8"}})}),
                                           .protocols = maker.protocol_list({protocol}),
                                           .ivars = maker.ivar_list({{"_a", "i"}}),
                                           .properties = maker.property_list({{"a", "Ti"}})});
    maker.list_section("__objc_classlist", {dog});
    maker.list_section("__objc_catlist", {maker.make_category("More", dog, {})});
    maker.list_section("__objc_protolist", {protocol});
    for (size_t at = 0; at < maker.bytes().size(); ++at) {
        for (const char value : {'\x00', '\x01', '\x7f', '\xff'}) {
            ObjcMaker hurt = maker;
            hurt.set(ObjcMaker::kBase + at, std::string(1, value));
            EXPECT_NO_THROW(read_objc(hurt)) << at;
        }
    }
}

}  // namespace
}  // namespace strata::macho
