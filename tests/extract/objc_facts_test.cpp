// The objc column: of generated caches of every era exactly what the generator says, and what hostile images cost.
#include "extract/objc_facts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "extract/shared_cache_source.h"
#include "extract/swift_facts.h"
#include "facts.h"
#include "record/facts.h"
#include "support/cache_maker.h"
#include "support/objc_maker.h"

namespace strata::extract {
namespace {

using record::ColumnKind;
using test::EraAndArch;
using test::MadeCache;
using test::ObjcMaker;

class ObjcFacts : public ::testing::TestWithParam<EraAndArch> {};
INSTANTIATE_TEST_SUITE_P(Extract, ObjcFacts, ::testing::ValuesIn(test::all_eras()),
                         test::era_name<::testing::TestParamInfo<EraAndArch>>);

TEST_P(ObjcFacts, AreTheGenerators) {
    const auto [era, arch] = GetParam();
    for (const auto layout : test::layouts_of(era)) {
        auto spec = test::spec_of(era, arch, layout);
        spec.symbols = spec.images * 700;
        const MadeCache made(spec);
        SCOPED_TRACE("layout " + std::to_string(static_cast<int>(layout)));
        std::map<std::string, std::vector<std::string>> truth;
        size_t facts = 0;
        for (const auto& fact : dscgen::objc_truth(made.folder().string())) {
            truth[fact.path].push_back(fact.owner + " | " + fact.name + " | " + fact.value);
            ++facts;
        }
        EXPECT_GT(facts, 300U);
        const SharedCacheSource source(made.main);
        for (uint64_t i = 0; i < source.image_count(); ++i) {
            Kept kept;
            source.extract(i, kept.sink());
            auto got = facts_of(kept, ColumnKind::kObjc);
            auto& want = truth[source.image_key(i)];
            std::sort(got.begin(), got.end());
            std::sort(want.begin(), want.end());
            EXPECT_EQ(got, want) << source.image_key(i);
        }
    }
}

/// Without the file that says what selectors are offsets from, methods are missing and it is said that they are; no
/// name is made up.
TEST(ObjcFacts, WithoutTheSelectorsNothingIsGuessed) {
    auto spec = test::spec_of(0x1c8, dscgen::Arch::arm64e, dscgen::Layout::many);
    spec.symbols = spec.images * 700;
    const MadeCache made(spec);
    // In this layout the first images are in a file of their own.
    const SharedCacheSource whole(made.main);
    std::map<std::string, std::vector<std::string>> truth;
    for (uint64_t i = 0; i < whole.image_count(); ++i) {
        Kept kept;
        whole.extract(i, kept.sink());
        truth[whole.image_key(i)] = facts_of(kept, ColumnKind::kObjc);
    }
    size_t said = 0;
    for (const char* suffix : {".1", ".2", ".3", ".4"}) {
        if (!std::filesystem::remove(made.file(suffix))) continue;
        const SharedCacheSource source(made.main);
        for (uint64_t i = 0; i < source.image_count(); ++i) {
            Kept kept;
            try {
                source.extract(i, kept.sink());
            } catch (const base::Error&) {
                continue;  // the image itself is in the missing file
            }
            const auto& all = truth.at(source.image_key(i));
            const auto got = facts_of(kept, ColumnKind::kObjc);
            for (const auto& fact : got) {
                const bool unreadable = fact.starts_with("objc | unreadable | ");
                said += unreadable ? 1 : 0;
                // A superclass or extended class of the missing file has no name.
                const bool unnamed = fact.ends_with(" | ?") || fact.starts_with("category ?(");
                EXPECT_TRUE(unreadable || unnamed || std::find(all.begin(), all.end(), fact) != all.end()) << fact;
            }
            const bool complete = got.size() >= all.size();
            EXPECT_TRUE(complete ||
                        std::any_of(got.begin(), got.end(),
                                    [](const auto& fact) { return fact.starts_with("objc | unreadable | "); }))
                << source.image_key(i);
        }
    }
    RecordProperty("images_that_said_so", static_cast<int>(said));
}

/// An image of these bytes.
std::vector<std::string> read(const ObjcMaker& maker) {
    const test::MemorySpace space(ObjcMaker::kBase, maker.bytes());
    Kept kept;
    const macho::SymbolTable locals{{}, {}, true};
    const ImageContext context{space, maker.image, locals, [](uint64_t) {}, maker.selectors()};
    extract_objc(context, kept.sink());
    return facts_of(kept, ColumnKind::kObjc);
}

TEST(ObjcFacts, OwnersAndNames) {
    ObjcMaker maker;
    const uint64_t protocol = maker.make_protocol("P", {.class_methods = maker.method_list({{"p", "v"}})},
                                                  {.methods = maker.method_list({{"q:", "v@"}})});
    const uint64_t root = maker.make_class("Root", 0, {});
    const uint64_t dog = maker.make_class("Dog", root,
                                          {.methods = maker.method_list({{"bark", "v"}}),
                                           .protocols = maker.protocol_list({protocol}),
                                           .ivars = maker.ivar_list({{"_x", "i"}}),
                                           .properties = maker.property_list({{"x", "Ti"}}),
                                           .class_properties = maker.property_list({{"y", "T@"}})});
    maker.list_section("__objc_classlist", {root, dog});
    maker.list_section("__objc_catlist", {maker.make_category("More", dog, {})});
    maker.list_section("__objc_protolist", {protocol});
    EXPECT_EQ(read(maker),
              (std::vector<std::string>{"category Dog(More) |  | ", "class Dog |  | Root", "class Dog | -bark | v",
                                        "class Dog | class property y | T@", "class Dog | ivar _x | i",
                                        "class Dog | property x | Ti", "class Dog | protocol P | ", "class Root |  | ",
                                        "protocol P |  | ", "protocol P | +p | v", "protocol P | optional -q: | v@"}));
}

TEST(ObjcFacts, WhatIsDamagedIsAFact) {
    ObjcMaker maker;
    maker.list_section("__objc_classlist",
                       {maker.make_class("Dog", 0, {.methods = 0x6660000}), maker.make_class("Cat", 0, {})});
    EXPECT_EQ(read(maker),
              (std::vector<std::string>{"class Cat |  | ", "class Dog |  | ",
                                        "objc | unreadable | 1 of 2, first: class Dog: method list is in no mapping"}));
}

TEST(ObjcFacts, ALongNameOnManyMethodsStops) {
    ObjcMaker maker;
    const uint64_t selector = maker.text("s");
    const std::string method = maker.pointer(selector) + maker.pointer(0) + maker.pointer(0);
    std::string list = test::le32(24) + test::le32(2000);
    for (int i = 0; i < 2000; ++i) list += method;
    maker.declare(16U << 20);
    maker.list_section("__objc_classlist",
                       {maker.make_class(std::string(500000, 'x'), 0, {.methods = maker.place(list)}),
                        maker.make_class("Cat", 0, {})});
    const auto facts = read(maker);
    ASSERT_FALSE(facts.empty());
    EXPECT_EQ(facts.back(),
              "objc | unreadable | 1 of 1, first: more text in its metadata than any real image has; the rest was not "
              "read");
}

TEST(SwiftFacts, AnImageWithoutSwiftHasNone) {
    const ObjcMaker maker;
    const test::MemorySpace space(ObjcMaker::kBase, maker.bytes());
    Kept kept;
    extract_swift({space, maker.image, macho::SymbolTable{{}, {}, true}, [](uint64_t) {}}, kept.sink());
    EXPECT_TRUE(kept.of(ColumnKind::kSwift).empty());
}

}  // namespace
}  // namespace strata::extract
