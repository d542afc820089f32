// Property lists in their three forms: equal values have equal JSON, whatever the form; and lists made to hang or blow
// up.
#include "macho/plist.h"

#include <gtest/gtest.h>

#include "support/errors.h"
#include "support/random.h"
#include "support/signature_maker.h"

namespace strata::macho {
namespace {

using test::Buffer;
using test::der;
using test::der_pair;
using test::der_plist;
using test::fails_with;
using test::xml_plist;

using Reader = Plist (*)(base::ByteView);

std::string json(Reader reader, const std::string& bytes) {
    const Buffer file(bytes);
    Plist entries = reader(file.view());
    return plist::json_dictionary(entries);
}
std::string xml(const std::string& dictionary) {
    return json(read_xml_plist, xml_plist(dictionary));
}
/// The JSON of one value.
std::string xml_value(const std::string& value) {
    const std::string all = xml("<key>k</key>" + value);
    return all.substr(5, all.size() - 6);
}

TEST(XmlPlist, Values) {
    EXPECT_EQ(xml(""), "{}");
    EXPECT_EQ(xml_value("<true/>"), "true");
    EXPECT_EQ(xml_value("<false />"), "false");
    EXPECT_EQ(xml_value("<true></true>"), "true");
    EXPECT_EQ(xml_value("<string>a &lt;b&gt; &amp;&quot;&apos; &#65;&#x20ac;</string>"),
              "\"a <b> &\\\"' A\xe2\x82\xac\"");
    EXPECT_EQ(xml_value("<string><![CDATA[<&]]>x</string>"), "\"<&x\"");
    EXPECT_EQ(xml_value("<string/>"), "\"\"");
    EXPECT_EQ(xml_value("<string>\t\x01\xff</string>"), "\"\\u0009\\u0001\xff\"");
    EXPECT_EQ(xml_value("<integer> 42 </integer>"), "42");
    EXPECT_EQ(xml_value("<integer>-0x10</integer>"), "-16");
    EXPECT_EQ(xml_value("<integer>18446744073709551615</integer>"), "18446744073709551615");
    EXPECT_EQ(xml_value("<real>1</real>"), "1.0");
    EXPECT_EQ(xml_value("<real>-2.5e3</real>"), "-2500.0");
    EXPECT_EQ(xml_value("<real>nan</real>"), "{\"$real\":\"nan\"}");
    EXPECT_EQ(xml_value("<data>\n aGVs bG8= </data>"), "{\"$data\":\"aGVsbG8=\"}");
    EXPECT_EQ(xml_value("<date>2024-01-31T12:00:00Z</date>"), "{\"$date\":\"2024-01-31T12:00:00Z\"}");
    EXPECT_EQ(xml_value("<array><integer>1</integer><!-- two --><string>2</string><array/></array>"), "[1,\"2\",[]]");
    EXPECT_EQ(xml_value("<dict><key>b</key><true/><key>a</key><dict/></dict>"), "{\"a\":{},\"b\":true}");
}

TEST(XmlPlist, Wrappings) {
    EXPECT_EQ(json(read_xml_plist, "<dict><key>a</key><true/></dict>"), "{\"a\":true}");
    EXPECT_EQ(json(read_xml_plist, "\xef\xbb\xbf<!-- made by hand --><plist><dict/></plist>\n" + std::string(3, '\0')),
              "{}");
    EXPECT_EQ(json(read_plist, xml_plist("<key>a</key><true/>")), "{\"a\":true}");
}

TEST(XmlPlist, KeysThatStandTwiceAreKeptTwice) {
    const Buffer file(xml_plist("<key>b</key><true/><key>a</key><true/><key>a</key><false/>"));
    EXPECT_EQ(read_xml_plist(file.view()), (Plist{{"a", "false"}, {"a", "true"}, {"b", "true"}}));
}

TEST(XmlPlist, RefusesWhatIsNone) {
    EXPECT_TRUE(fails_with("no element", [] { json(read_xml_plist, ""); }));
    EXPECT_TRUE(fails_with("no element", [] { json(read_xml_plist, "hello"); }));
    EXPECT_TRUE(fails_with("property list of <array>", [] { json(read_xml_plist, "<plist><array/></plist>"); }));
    EXPECT_TRUE(fails_with("in place of a key", [] { xml("<string>a</string>"); }));
    EXPECT_TRUE(fails_with("no element", [] { xml("<key>a</key>"); }));
    EXPECT_TRUE(fails_with("<html>", [] { xml("<key>a</key><html></html>"); }));
    EXPECT_TRUE(fails_with("bytes after", [] { json(read_xml_plist, xml_plist("") + "<dict/>"); }));
    EXPECT_TRUE(fails_with("goes on", [] { xml("<key>a</key><string>x"); }));
    EXPECT_TRUE(fails_with("attributes", [] { xml("<key a='1'>a</key><true/>"); }));
    EXPECT_TRUE(fails_with("not predefined", [] { xml("<key>a</key><string>&lol;</string>"); }));
    EXPECT_TRUE(fails_with("character reference", [] { xml("<key>a</key><string>&#xd800;</string>"); }));
    EXPECT_TRUE(fails_with("character reference", [] { xml("<key>a</key><string>&#0;</string>"); }));
    EXPECT_TRUE(fails_with("integer", [] { xml("<key>a</key><integer>18446744073709551616</integer>"); }));
    EXPECT_TRUE(fails_with("integer", [] { xml("<key>a</key><integer></integer>"); }));
    EXPECT_TRUE(fails_with("real", [] { xml("<key>a</key><real>x</real>"); }));
    EXPECT_TRUE(fails_with("base64", [] { xml("<key>a</key><data>-</data>"); }));
    EXPECT_TRUE(fails_with("declarations of its own", [] {
        json(read_xml_plist, "<!DOCTYPE plist [<!ENTITY a \"aaaa\">]><plist><dict/></plist>");
    }));
}

TEST(XmlPlist, DepthIsBounded) {
    const auto nested = [](size_t levels) {
        std::string text;
        for (size_t i = 0; i < levels; ++i) text += "<array>";
        for (size_t i = 0; i < levels; ++i) text += "</array>";
        return "<key>a</key>" + text;
    };
    EXPECT_EQ(xml(nested(kMaxPlistDepth - 1)).size(), 2 * (kMaxPlistDepth - 1) + 6);
    EXPECT_TRUE(fails_with("nesting", [&] { xml(nested(kMaxPlistDepth)); }));
    EXPECT_TRUE(fails_with("nesting", [&] { xml(nested(100000)); }));
    EXPECT_TRUE(fails_with("4 MiB", [] { json(read_xml_plist, std::string(kMaxPlistBytes + 1, ' ')); }));
}

/// Builds a binary list object by object.
struct BinaryMaker {
    std::string body = "bplist00";
    std::vector<uint64_t> offsets;

    uint8_t add(const std::string& object) {
        offsets.push_back(body.size());
        body += object;
        return static_cast<uint8_t>(offsets.size() - 1);
    }
    uint8_t text(const std::string& value) {
        return add(std::string(1, static_cast<char>(0x50 + value.size())) + value);
    }
    uint8_t dictionary(const std::vector<std::pair<uint8_t, uint8_t>>& pairs) {
        std::string object(1, static_cast<char>(0xd0 + pairs.size()));
        for (const auto& pair : pairs) object += static_cast<char>(pair.first);
        for (const auto& pair : pairs) object += static_cast<char>(pair.second);
        return add(object);
    }
    std::string bytes(uint64_t top) const {
        std::string out = body;
        for (const uint64_t offset : offsets) out += test::be32(offset).substr(2);
        return out + std::string(6, '\0') + "\x02\x01" + test::be64(offsets.size()) + test::be64(top) +
               test::be64(body.size());
    }
};

std::string binary_value(const std::string& object) {
    BinaryMaker maker;
    const uint8_t key = maker.text("k");
    const uint8_t held = maker.add(object);
    const std::string all = json(read_plist, maker.bytes(maker.dictionary({{key, held}})));
    return all.substr(5, all.size() - 6);
}

TEST(BinaryPlist, Values) {
    EXPECT_EQ(binary_value("\x09"), "true");
    EXPECT_EQ(binary_value("\x08"), "false");
    EXPECT_EQ(binary_value("\x10\xff"), "255");
    EXPECT_EQ(binary_value("\x11\xff\xfe"), "65534");
    EXPECT_EQ(binary_value("\x13" + test::be64(UINT64_MAX)), "-1");
    EXPECT_EQ(binary_value("\x14" + test::be64(0) + test::be64(UINT64_MAX)), "18446744073709551615");
    EXPECT_EQ(binary_value("\x23" + test::be64(0x3ff8000000000000)), "1.5");
    EXPECT_EQ(binary_value("\x22" + test::be32(0x3fc00000)), "1.5");
    EXPECT_EQ(binary_value("\x33" + test::be64(0)), "{\"$date\":\"2001-01-01T00:00:00Z\"}");
    EXPECT_EQ(binary_value("\x33" + test::be64(0x7ff8000000000000)), "{\"$date\":{\"$real\":\"nan\"}}");
    EXPECT_EQ(binary_value("\x45hello"), "{\"$data\":\"aGVsbG8=\"}");
    EXPECT_EQ(binary_value("\x53"
                           "a\"b"),
              "\"a\\\"b\"");
    EXPECT_EQ(binary_value("\x5f\x10\x11"
                           "12345678901234567"),
              "\"12345678901234567\"");
    EXPECT_EQ(binary_value(std::string("\x64\x00"
                                       "A\x20\xac\xd8\x3d\xde\x00",
                                       9)),
              "\"A\xe2\x82\xac\xf0\x9f\x98\x80\"");
    EXPECT_EQ(binary_value(std::string("\x61\xd8\x3d", 3)), "\"\xef\xbf\xbd\"") << "half a pair";
    EXPECT_EQ(binary_value("\x80\x07"), "{\"$uid\":7}");
    EXPECT_EQ(binary_value(std::string("\xa2\x00\x00", 3)), "[\"k\",\"k\"]");
}

TEST(BinaryPlist, RefusesWhatIsNone) {
    EXPECT_TRUE(fails_with("known version", [] { json(read_plist, "bplist15" + std::string(40, '\0')); }));
    EXPECT_TRUE(fails_with("41 bytes", [] { json(read_plist, "bplist00"); }));
    EXPECT_TRUE(fails_with("kind 0xf0", [] { binary_value("\xf0"); }));
    EXPECT_TRUE(fails_with("parts", [] { binary_value("\x5f\x12\x7f\xff\xff\xff"); }));
    EXPECT_TRUE(fails_with("parts", [] { binary_value("\xaf\x13" + test::be64(UINT64_MAX)); }));
    EXPECT_TRUE(fails_with("object 9", [] { binary_value("\xa1\x09"); }));
    EXPECT_TRUE(fails_with("beyond 64 bits", [] { binary_value("\x14" + test::be64(1) + test::be64(1)); }));
    BinaryMaker maker;
    const uint8_t number = maker.add("\x10\x01");
    EXPECT_TRUE(fails_with("no string", [&] { json(read_plist, maker.bytes(maker.dictionary({{number, number}}))); }));
    EXPECT_TRUE(fails_with("no dictionary", [&] { json(read_plist, maker.bytes(number)); }));
    EXPECT_TRUE(fails_with("offset table", [&] { json(read_plist, maker.bytes(200)); }));
}

TEST(BinaryPlist, LoopsAndUnfoldingAreBounded) {
    BinaryMaker loop;
    const uint8_t key = loop.text("k");
    EXPECT_TRUE(fails_with("nesting", [&] { json(read_plist, loop.bytes(loop.dictionary({{key, 1}}))); }));
    // Each level holds the one below ten times: 10^20 leaves in 300 bytes.
    BinaryMaker bomb;
    const uint8_t name = bomb.text("k");
    uint8_t level = bomb.text("leaf");
    for (int i = 0; i < 20; ++i) level = bomb.add("\xaa" + std::string(10, static_cast<char>(level)));
    EXPECT_TRUE(fails_with("unfolds", [&] { json(read_plist, bomb.bytes(bomb.dictionary({{name, level}}))); }));
    // The same with empty arrays, which make hardly any text.
    BinaryMaker hollow;
    const uint8_t k = hollow.text("k");
    level = hollow.add("\xa0");
    for (int i = 0; i < 20; ++i) level = hollow.add("\xaa" + std::string(10, static_cast<char>(level)));
    EXPECT_TRUE(fails_with("unfolds", [&] { json(read_plist, hollow.bytes(hollow.dictionary({{k, level}}))); }));
}

TEST(DerPlist, Values) {
    const auto value = [](const std::string& element) {
        const std::string all = json(read_der_plist, der_plist(der_pair("k", element)));
        return all.substr(5, all.size() - 6);
    };
    EXPECT_EQ(value(der(1, "\xff")), "true");
    EXPECT_EQ(value(der(1, std::string(1, '\0'))), "false");
    EXPECT_EQ(value(der(2, "\x2a")), "42");
    EXPECT_EQ(value(der(2, "\xff\x00")), "-1") << "C string: one byte";
    EXPECT_EQ(value(der(2, std::string("\x01\x00", 2))), "256");
    EXPECT_EQ(value(der(0x0c, "text")), "\"text\"");
    EXPECT_EQ(value(der(4, "hello")), "{\"$data\":\"aGVsbG8=\"}");
    EXPECT_EQ(value(der(0x30, der(0x0c, "a") + der(2, "\x01"))), "[\"a\",1]");
    EXPECT_EQ(value(der(0xb0, der_pair("b", der(1, "\xff")) + der_pair("a", der(0x30, "")))), "{\"a\":[],\"b\":true}");
    EXPECT_EQ(value(der(0x0c, std::string(300, 'x'))), "\"" + std::string(300, 'x') + "\"");
}

TEST(DerPlist, OlderFormAndPadding) {
    EXPECT_EQ(json(read_der_plist, der(0x31, der_pair("a", der(1, "\xff"))) + std::string(5, '\0')), "{\"a\":true}");
}

TEST(DerPlist, RefusesWhatIsNone) {
    EXPECT_TRUE(fails_with("DER tag", [] { json(read_der_plist, ""); }));
    EXPECT_TRUE(fails_with("DER tag 0x30", [] { json(read_der_plist, der(0x30, "")); }));
    EXPECT_TRUE(fails_with("version 2", [] { json(read_der_plist, der(0x70, der(2, "\x02") + der(0xb0, ""))); }));
    EXPECT_TRUE(fails_with("bytes after", [] { json(read_der_plist, der_plist("") + "x"); }));
    EXPECT_TRUE(fails_with("DER tag 0x5", [] { json(read_der_plist, der_plist(der_pair("a", der(5, "")))); }));
    EXPECT_TRUE(fails_with("more than a key", [] {
        json(read_der_plist, der_plist(der(0x30, der(0xc, "a") + der(1, "\xff") + der(1, "\xff"))));
    }));
    EXPECT_TRUE(fails_with("integer of 9",
                           [] { json(read_der_plist, der_plist(der_pair("a", der(2, std::string(9, '\1'))))); }));
    EXPECT_TRUE(fails_with("than it needs", [] { json(read_der_plist, std::string("\x31\x81\x02\x30\x00", 5)); }));
    EXPECT_TRUE(fails_with("length of 9", [] { json(read_der_plist, "\x31\x89"); }));
    EXPECT_TRUE(fails_with("length of 0", [] { json(read_der_plist, std::string("\x31\x80\x00\x00", 4)); }));
    std::string nested = der(0x30, "");
    for (unsigned i = 0; i < 200; ++i) nested = der(0x30, nested);
    EXPECT_TRUE(fails_with("nesting", [&] { json(read_der_plist, der_plist(der_pair("a", nested))); }));
}

TEST(Plists, FormsAgree) {
    const std::string dictionary =
        "<key>com.apple.security.cs.allow-jit</key><true/><key>groups</key><array><string>a</string><string>b</string>"
        "</array><key>n</key><integer>7</integer>";
    const std::string pairs = der_pair("com.apple.security.cs.allow-jit", der(1, "\xff")) +
                              der_pair("groups", der(0x30, der(0x0c, "a") + der(0x0c, "b"))) +
                              der_pair("n", der(2, "\x07"));
    EXPECT_EQ(xml(dictionary), json(read_der_plist, der_plist(pairs)));
}

TEST(Plists, TruncationAndDamageAreRefusedOrRead) {
    BinaryMaker maker;
    const uint8_t key = maker.text("k");
    const uint8_t list = maker.add(std::string("\xa2\x00\x00", 3));
    const std::string binary = maker.bytes(maker.dictionary({{key, list}}));
    const std::string text =
        xml_plist("<key>a</key><array><data>aGVs</data><string>&#65;<![CDATA[x]]></string></array>");
    const std::string coded = der_plist(der_pair("a", der(0xb0, der_pair("b", der(0x30, der(2, "\x07"))))));
    test::Random random(3);
    const std::pair<Reader, std::string> cases[] = {{read_plist, binary}, {read_plist, text}, {read_der_plist, coded}};
    for (const auto& [reader, good] : cases) {
        // C++20 lets a lambda capture a structured binding; clang learned it with version 16.
        for (size_t size = 0; size < good.size(); ++size) {
            const std::string part = good.substr(0, size);
            EXPECT_TRUE(test::works_or_refuses([&, read = reader] { json(read, part); }));
        }
        for (int round = 0; round < 3000; ++round) {
            std::string bytes = good;
            for (uint64_t i = 0; i <= random.below(3); ++i)
                bytes[random.below(bytes.size())] = static_cast<char>(random.word());
            EXPECT_TRUE(test::works_or_refuses([&, read = reader] { json(read, bytes); }));
        }
    }
}

}  // namespace
}  // namespace strata::macho
