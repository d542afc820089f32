// The signature column.
#include "extract/signature_facts.h"

#include <gtest/gtest.h>

#include "facts.h"
#include "support/signature_maker.h"

namespace strata::extract {
namespace {

using test::blob;
using test::Buffer;
using test::der;
using test::der_pair;
using test::der_plist;
using test::MadeDirectory;
using test::super_blob;
using test::xml_plist;

struct SignatureFacts : ::testing::Test {
    std::vector<std::string> extract() {
        Kept kept;
        extract_signature(made.context(), kept.sink());
        return facts_of(kept, record::ColumnKind::kSignature);
    }
    std::vector<std::string> extract(const std::string& signature) {
        const Buffer file(signature);
        made.image.code_signature = file.view();
        return extract();
    }
    /// Without those of the code signature itself.
    std::vector<std::string> lists(const std::string& signature) {
        auto facts = extract(signature);
        std::erase_if(facts, [](const std::string& fact) {
            return fact.starts_with("code signature | ") && fact.find("disagree") == std::string::npos;
        });
        return facts;
    }
    void add_section(const char* name, const std::string& bytes) {
        made.add_section("__TEXT", name, address, bytes.size(), 0);
        made.space.map(address, bytes);
        address += 0x1000;
    }
    MadeImage made;
    uint64_t address = 0x11000;
};

TEST_F(SignatureFacts, NoneWithoutASignature) {
    EXPECT_TRUE(extract().empty());
}

TEST_F(SignatureFacts, TheDirectory) {
    MadeDirectory old;
    old.hash_type = 1;
    old.platform = 13;
    MadeDirectory best = old;
    best.hash_type = 2;
    auto facts = extract(super_blob({{0, old.bytes()}, {0x1000, best.bytes()}, {0x10000, blob(0xfade0b01, "cms")}}));
    std::erase_if(facts, [](const std::string& fact) {
        return fact.find("| cdhash") != std::string::npos && fact.size() != 66 && fact.size() != 71;
    });
    ASSERT_EQ(facts.size(), 12U);
    EXPECT_EQ(facts[0].size(), std::string("code signature | cdhash | ").size() + 40);
    EXPECT_TRUE(facts[1].starts_with("code signature | cdhash sha1 | "));
    facts.erase(facts.begin(), facts.begin() + 2);
    EXPECT_EQ(facts, (std::vector<std::string>{
                         "code signature | executable segment flags | main-binary",
                         "code signature | flags | 0x10002(adhoc,runtime)", "code signature | hash type | sha1,sha256",
                         "code signature | identifier | com.example.tool", "code signature | page size | 4096",
                         "code signature | platform identifier | 13", "code signature | runtime version | 13.1.0",
                         "code signature | signature | cms", "code signature | team | TEAM123456",
                         "code signature | version | 0x20500"}));
}

TEST_F(SignatureFacts, EntitlementsThatAgree) {
    const std::string xml = xml_plist("<key>a</key><true/><key>g</key><array><string>x</string></array>");
    const std::string coded = der_plist(der_pair("a", der(1, "\xff")) + der_pair("g", der(0x30, der(0x0c, "x"))));
    const std::vector<std::string> expected{"entitlements | a | true", "entitlements | g | [\"x\"]"};
    const auto directory = MadeDirectory{}.bytes();
    EXPECT_EQ(lists(super_blob({{0, directory}, {5, blob(0xfade7171, xml)}})), expected);
    EXPECT_EQ(lists(super_blob({{0, directory}, {7, blob(0xfade7172, coded)}})), expected);
    EXPECT_EQ(lists(super_blob({{0, directory}, {5, blob(0xfade7171, xml)}, {7, blob(0xfade7172, coded)}})), expected);
}

TEST_F(SignatureFacts, EntitlementsThatDisagreeAreAFact) {
    const std::string xml = xml_plist("<key>a</key><true/><key>b</key><true/>");
    const std::string coded = der_plist(der_pair("a", der(1, "\xff")) + der_pair("b", der(1, std::string(1, '\0'))) +
                                        der_pair("platform-application", der(1, "\xff")));
    EXPECT_EQ(
        lists(super_blob({{0, MadeDirectory{}.bytes()}, {5, blob(0xfade7171, xml)}, {7, blob(0xfade7172, coded)}})),
        (std::vector<std::string>{"code signature | entitlements disagree | [\"b\",\"platform-application\"]",
                                  "entitlements | a | true", "entitlements | b | true",
                                  "entitlements (DER) | b | false",
                                  "entitlements (DER) | platform-application | true"}));
}

TEST_F(SignatureFacts, LaunchConstraints) {
    const auto constraint = [](char category) {
        return blob(0xfade8181, der_plist(der_pair("ccat", der(2, std::string(1, category)))));
    };
    EXPECT_EQ(
        lists(super_blob({{0, MadeDirectory{}.bytes()},
                          {8, constraint(1)},
                          {9, constraint(2)},
                          {10, constraint(3)},
                          {11, constraint(4)}})),
        (std::vector<std::string>{"launch constraints library | ccat | 4", "launch constraints parent | ccat | 2",
                                  "launch constraints responsible | ccat | 3", "launch constraints self | ccat | 1"}));
}

TEST_F(SignatureFacts, ListsInSections) {
    add_section("__info_plist", xml_plist("<key>CFBundleName</key><string>\"x\"</string>"));
    add_section("__entitlements", xml_plist("<key>e</key><true/>"));
    add_section("__ents_der", der_plist(der_pair("e", der(1, "\xff"))));
    add_section("__launchd_plist", xml_plist("<key>Label</key><string>l</string>"));
    made.add_section("__TEXT", "__info_plist", 0x90000000, 0, 0);
    EXPECT_EQ(extract(),
              (std::vector<std::string>{"info plist | CFBundleName | \"\\\"x\\\"\"", "launchd plist | Label | \"l\"",
                                        "section entitlements | e | true", "section entitlements (DER) | e | true"}));
    EXPECT_TRUE(holds_property_list("__TEXT", "__info_plist"));
    EXPECT_FALSE(holds_property_list("__DATA", "__info_plist"));
    EXPECT_FALSE(holds_property_list("__TEXT", "__text"));
}

TEST_F(SignatureFacts, WhatCannotBeReadCostsOnlyItself) {
    const auto facts = lists(super_blob({{0, MadeDirectory{}.bytes()},
                                         {5, blob(0xfade7171, "<plist>")},
                                         {8, blob(0xfade8181, "\x31\x7f")},
                                         {7, blob(0xfade7172, der_plist(der_pair("a", der(1, "\xff"))))}}));
    ASSERT_EQ(facts.size(), 5U);
    EXPECT_EQ(facts[0], "entitlements | a | true") << "the DER speaks alone";
    EXPECT_TRUE(facts[1].starts_with("entitlements | sha256 | "));
    EXPECT_TRUE(facts[2].starts_with("entitlements | unreadable | property list: no element"));
    EXPECT_TRUE(facts[4].starts_with("launch constraints self | unreadable | "));
    const auto none = extract(std::string(64, '\0'));
    ASSERT_EQ(none.size(), 2U);
    EXPECT_EQ(none[1], "code signature | unreadable | no code signature: magic 0x0");
}

}  // namespace
}  // namespace strata::extract
