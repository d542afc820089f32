// Objective-C metadata in every layout: what is there is read, in 32 and 64 bits and each form of method list.
#include "macho/objc.h"

#include <gtest/gtest.h>

#include <tuple>

#include "support/objc_maker.h"

namespace strata::macho {
namespace {

using test::MadeParts;
using test::MemorySpace;
using test::MethodForm;
using test::ObjcMaker;
using test::read_objc;

class ObjcLayouts : public ::testing::TestWithParam<std::tuple<bool, MethodForm>> {
  protected:
    ObjcMaker maker{std::get<0>(GetParam()), std::get<1>(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(Objc, ObjcLayouts,
                         ::testing::Combine(::testing::Bool(),
                                            ::testing::Values(MethodForm::kPointers, MethodForm::kReferences,
                                                              MethodForm::kDirectSelf, MethodForm::kDirectSigned,
                                                              MethodForm::kDirectAddress, MethodForm::kDirectTypes)));

TEST_P(ObjcLayouts, ClassesCategoriesAndProtocols) {
    const uint64_t moving = maker.make_protocol("Moving", {}, {});
    const uint64_t root = maker.make_class("Root", 0, {.methods = maker.method_list({{"init", "@16@0:8"}})});
    const uint64_t dog =
        maker.make_class("Dog", root,
                         {.methods = maker.method_list({{"bark", "v16@0:8"}, {"feed:amount:", "v28@0:8@16i24"}}),
                          .class_methods = maker.method_list({{"dogNamed:", "@24@0:8@16"}}),
                          .protocols = maker.protocol_list({moving}),
                          .ivars = maker.ivar_list({{"_legs", "i"}, {"", "b1"}, {"_pos", "{?=\"a\"i\"b\"f}"}}),
                          .properties = maker.property_list({{"legs", "Ti,V_legs"}}),
                          .class_properties = maker.property_list({{"all", "T@,R"}})});
    const uint64_t tricks = maker.make_category("Tricks", dog,
                                                {.methods = maker.method_list({{"roll", "v16@0:8"}}),
                                                 .class_methods = maker.method_list({{"sit", "v16@0:8"}})});
    const uint64_t feeding = maker.make_protocol("Feeding",
                                                 {.methods = maker.method_list({{"feed", "v16@0:8"}}),
                                                  .class_methods = maker.method_list({{"food", "@16@0:8"}}),
                                                  .protocols = maker.protocol_list({moving}),
                                                  .properties = maker.property_list({{"full", "TB,R"}}),
                                                  .class_properties = maker.property_list({{"foods", "T@,R"}})},
                                                 {.methods = maker.method_list({{"diet", "@16@0:8"}}),
                                                  .class_methods = maker.method_list({{"rest", "v16@0:8"}})});
    maker.list_section("__objc_classlist", {root, dog});
    maker.list_section("__objc_catlist", {tricks});
    maker.list_section("__objc_protolist", {feeding, moving});
    const auto [text, summary] = read_objc(maker);
    EXPECT_EQ(text,
              "class Root\n"
              "  -init @16@0:8\n"
              "class Dog : Root\n"
              "  <Moving\n"
              "  -bark v16@0:8\n"
              "  -feed:amount: v28@0:8@16i24\n"
              "  +dogNamed: @24@0:8@16\n"
              "  ivar _legs i\n"
              "  ivar  b1\n"
              "  ivar _pos {?=\"a\"i\"b\"f}\n"
              "  property legs Ti,V_legs\n"
              "  class property all T@,R\n"
              "category Tricks : Dog\n"
              "  -roll v16@0:8\n"
              "  +sit v16@0:8\n"
              "protocol Feeding\n"
              "  <Moving\n"
              "  -feed v16@0:8\n"
              "  +food @16@0:8\n"
              "  optional -diet @16@0:8\n"
              "  optional +rest v16@0:8\n"
              "  property full TB,R\n"
              "  class property foods T@,R\n"
              "protocol Moving\n");
    EXPECT_EQ(summary.items, 5U);
    EXPECT_EQ(summary.text(), "");
}

TEST_P(ObjcLayouts, OfAListOfListsOnlyTheClassesOwn) {
    const uint64_t own = maker.method_list({{"mine", "v16@0:8"}});
    const uint64_t others = maker.method_list({{"attached", "v16@0:8"}});
    const uint64_t mine = maker.make_protocol("Mine", {}, {});
    const uint64_t theirs = maker.make_protocol("Theirs", {}, {});
    maker.list_section(
        "__objc_classlist",
        {maker.make_class(
             "Dog", 0,
             {.methods = maker.list_of_lists({others, own}),
              .class_methods = maker.list_of_lists({own}),
              .protocols = maker.list_of_lists({maker.protocol_list({theirs}), maker.protocol_list({mine})}),
              .properties = maker.list_of_lists(
                  {maker.property_list({{"attached", "Ti"}}), maker.property_list({{"own", "Ti"}})})}),
         maker.make_class("Cat", 0, {.methods = maker.list_of_lists({})})});
    const auto [text, summary] = read_objc(maker);
    EXPECT_EQ(text,
              "class Dog\n  <Mine\n  -mine v16@0:8\n  +mine v16@0:8\n  property own Ti\n"
              "class Cat\n");
    EXPECT_EQ(summary.text(), "");
}

TEST_P(ObjcLayouts, ImplementationsAreAddresses) {
    maker.list_section("__objc_classlist",
                       {maker.make_class("Dog", 0, {.methods = maker.method_list({{"a", "v"}, {"b", "v"}})})});
    const MemorySpace space(ObjcMaker::kBase, maker.bytes());
    std::vector<uint64_t> implementations;
    walk_objc({space, maker.image, maker.selectors()}, [&](const ObjcItem& item) {
        for (const auto& method : item.methods) implementations.push_back(method.implementation);
    });
    EXPECT_EQ(implementations, (std::vector<uint64_t>{ObjcMaker::kBase + 1, ObjcMaker::kBase + 2}));
}

class ObjcWidths : public ::testing::TestWithParam<bool> {
  protected:
    ObjcMaker maker{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Objc, ObjcWidths, ::testing::Bool(),
                         [](const auto& wide) { return wide.param ? "Wide" : "Narrow"; });

TEST_P(ObjcWidths, SwiftClassesSaySo) {
    const uint64_t old_abi = maker.make_class("_TtC4Main3Old", 0, {}, 1);
    maker.list_section("__objc_classlist",
                       {old_abi, maker.make_class("_TtC4Main3New", old_abi, {}, GetParam() ? 2 : 1)});
    EXPECT_EQ(read_objc(maker).text, "class _TtC4Main3Old (Swift)\nclass _TtC4Main3New : _TtC4Main3Old (Swift)\n");
}

TEST_P(ObjcWidths, ClassPropertiesOfCategoriesOnlyWhenTheImageHasThem) {
    const uint64_t dog = maker.make_class("Dog", 0, {});
    maker.list_section(
        "__objc_catlist",
        {maker.make_category("Tricks", dog, {.class_properties = maker.property_list({{"all", "T@"}})})});
    EXPECT_EQ(read_objc(maker).text, "category Tricks : Dog\n");
    maker.add_section("__objc_imageinfo", maker.place(test::le32(0) + test::le32(0x40)), 8);
    EXPECT_EQ(read_objc(maker).text, "category Tricks : Dog\n  class property all T@\n");
}

TEST_P(ObjcWidths, OldProtocolsEndEarly) {
    const uint64_t old = maker.make_protocol("Old", {.properties = maker.property_list({{"p", "Ti"}})}, {}, false);
    maker.list_section("__objc_protolist", {old});
    EXPECT_EQ(read_objc(maker).text, "protocol Old\n  property p Ti\n");
}

TEST_P(ObjcWidths, EntriesMayBeLargerThanWhatIsKnown) {
    const uint64_t p = maker.pointer_size();
    std::string list = test::le32(2 * p + 8) + test::le32(2);
    for (const auto* name : {"a", "b"})
        list += maker.pointer(maker.text(name)) + maker.pointer(maker.text("Ti")) + test::le64(0x5555555555555555);
    maker.list_section("__objc_classlist", {maker.make_class("Dog", 0, {.properties = maker.place(list)})});
    EXPECT_EQ(read_objc(maker).text, "class Dog\n  property a Ti\n  property b Ti\n");
}

TEST_P(ObjcWidths, SuperclassesElsewhere) {
    maker.list_section("__objc_classlist", {maker.make_class("Lost", 0x6660000, {})});
    const uint64_t category = maker.make_category("More", 0, {});
    maker.list_section("__objc_catlist", {category});
    const auto lost = read_objc(maker);
    EXPECT_EQ(lost.text, "class Lost : ?\ncategory More : ?\n");
    EXPECT_EQ(lost.summary.text(), "") << "another file is missing, not a part of this image";

    const MemorySpace space(ObjcMaker::kBase, maker.bytes());
    const auto bound = [&](uint64_t slot) -> std::string_view {
        return slot == category + maker.pointer_size() ? "_OBJC_CLASS_$_NSString" : "_OBJC_CLASS_$_NSObject";
    };
    EXPECT_EQ(read_objc({space, maker.image, {}, bound}).text, "class Lost : NSObject\ncategory More : NSString\n");
}

TEST(Objc, AnImageWithoutMetadata) {
    const ObjcMaker maker;
    const auto [text, summary] = read_objc(maker);
    EXPECT_EQ(text, "");
    EXPECT_EQ(summary.items, 0U);
}

}  // namespace
}  // namespace strata::macho
