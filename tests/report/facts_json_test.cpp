// Facts of images and firmwares as JSON.
#include "report/facts_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/store_maker.h"

namespace strata::report {
namespace {

using record::SymbolKind;
using test::put_firmware;
using Json = nlohmann::json;

TEST(FactsJson, WholeImage) {
    const test::TempDir dir;
    test::MadeFacts facts;
    facts.symbols = {{"_\xff", SymbolKind::kExport, 0, "", ""}, {"_i", SymbolKind::kImport, 0, "/lib\n", ""}};
    facts.strings = {"<script>", "\x01"};
    facts.functions = {{1, 0, 16}};
    facts.layout.cpu_type = 0x0100000c;
    facts.layout.file_type = 6;
    facts.layout.platform = 2;
    facts.layout.sections = {{"__TEXT", "__text", 16, 0x80000400, 2, ""}};
    facts.layout.dependencies = {{"/usr/lib/libSystem.B.dylib", 2}};
    {
        store::Writer writer(dir / "store");
        put_firmware(writer, "fw", {{"/x", facts}});
        writer.flush();
    }
    store::Reader reader(dir / "store");
    const auto firmware = reader.firmware("fw");
    std::string text;
    write_image([&](std::string_view piece) { text += piece; }, reader, firmware, "/x",
                *reader.head(firmware.id, "/x"));
    const auto image = Json::parse(text);
    EXPECT_EQ(image.at("firmware"), "fw");
    EXPECT_EQ(image.at("path"), "/x");
    EXPECT_EQ(image.at("arch"), "arm64");
    EXPECT_EQ(image.at("file_type"), "dylib");
    EXPECT_EQ(image.at("platform"), "iOS");
    EXPECT_EQ(image.at("min_os"), "") << "not said is not 0.0.0";
    EXPECT_EQ(image.at("source_version"), "");
    EXPECT_EQ(image.at("sections").at(0).at("flags"), 0x80000400U);
    EXPECT_EQ(image.at("sections").at(0).at("type"), 0);
    EXPECT_EQ(image.at("dependencies").at(0).at("kind"), "reexport");
    ASSERT_EQ(image.at("symbols").size(), 2U);
    EXPECT_EQ(image.at("symbols").at(1).at("name"), "_\\xFF");
    EXPECT_EQ(image.at("symbols").at(1).at("address"), 0x180001000U);
    EXPECT_EQ(image.at("symbols").at(0).at("dylib"), "/lib\n");
    EXPECT_EQ(image.at("functions").at(0).at("name"), "_\\xFF");
    EXPECT_EQ(image.at("strings").at(0).at("value"), "\x01");
    EXPECT_EQ(image.at("strings").at(1).at("section"), "__TEXT,__cstring");
}

TEST(FactsJson, FailedImage) {
    record::Head head;
    head.failure = record::Failure{"cache.01", std::nullopt, "gone", ""};
    const auto line = Json::parse(image_line("/x\xff", head));
    EXPECT_EQ(line.at("path"), "/x\\xFF");
    EXPECT_EQ(line.at("status"), "failed");
    EXPECT_EQ(line.at("error").at("message"), "gone");
    EXPECT_EQ(line.at("error").at("file"), "cache.01");
}

TEST(FactsJson, ImageLine) {
    record::Head head;
    head.uuid = std::string(16, 'u');
    head.address = 0x1000;
    head.aliases = {"/alias"};
    const auto text = image_line("/x", head);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const auto line = Json::parse(text);
    EXPECT_EQ(line.at("status"), "ok");
    EXPECT_EQ(line.at("uuid"), "75757575-7575-7575-7575-757575757575");
    EXPECT_EQ(line.at("address"), 0x1000);
    EXPECT_EQ(line.at("aliases"), Json({"/alias"}));
}

TEST(FactsJson, Firmware) {
    record::Firmware firmware;
    firmware.name = "x";
    firmware.arch = "arm64e";
    firmware.platform = 2;
    firmware.os_version = 0x1a0001;
    firmware.images = 10;
    JsonWriter json;
    json.begin_object();
    write_firmware_fields(json, firmware);
    json.end_object();
    const auto fields = Json::parse(json.drain());
    EXPECT_EQ(fields.at("name"), "x");
    EXPECT_EQ(fields.at("state"), "indexing");
    EXPECT_EQ(fields.at("arch"), "arm64e");
    EXPECT_EQ(fields.at("platform"), "iOS");
    EXPECT_EQ(fields.at("os_version"), "26.0.1");
    EXPECT_EQ(fields.at("images"), 10);
}

}  // namespace
}  // namespace strata::report
