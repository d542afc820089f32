// The JSON writer.
#include "report/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "support/random.h"

namespace strata::report {
namespace {

TEST(JsonWriter, Values) {
    JsonWriter json;
    json.begin_object()
        .field("text", "a\"b")
        .field("number", UINT64_MAX)
        .key("list")
        .begin_array()
        .boolean(true)
        .real(0.5)
        .end_array()
        .end_object();
    EXPECT_EQ(json.drain(), R"({"text":"a\"b","number":18446744073709551615,"list":[true,0.5]})");
}

TEST(JsonWriter, DrainsInPieces) {
    JsonWriter json;
    json.begin_array();
    std::string text;
    for (uint64_t i = 0; i < 5; ++i) {
        json.number(i);
        text += json.drain();
        EXPECT_EQ(json.size(), 0U);
    }
    json.end_array();
    EXPECT_EQ(text + json.drain(), "[0,1,2,3,4]");
}

/// Any bytes make valid JSON, and come back.
TEST(JsonWriter, SpillsNothingButWhatItDrains) {
    const auto write = [](JsonWriter& json) {
        json.begin_array();
        for (unsigned i = 0; i < 20'000; ++i) json.begin_object().field("number", i).end_object();
        json.end_array();
    };
    JsonWriter whole;
    write(whole);
    JsonWriter spilling;
    std::string out = "before ";
    spilling.spill_to(out);
    write(spilling);
    EXPECT_GT(out.size(), 100'000U);
    EXPECT_LT(spilling.size(), 100'000U) << "most of it is out";
    spilling.drain_to(out);
    EXPECT_EQ(out, "before " + whole.drain());
}

TEST(JsonWriter, AnyTextComesBack) {
    test::Random random(170);
    for (int i = 0; i < 5000; ++i) {
        const std::string bytes = random.one_in(2) ? random.bytes(random.below(30)) : random.crowded_name(12);
        JsonWriter json;
        json.begin_array().text(bytes).end_array();
        const auto parsed = nlohmann::json::parse(json.drain());
        ASSERT_EQ(base::unprintable(parsed.at(0).get<std::string>()), bytes);
    }
}

TEST(JsonWriter, LineEndsInTextDoNotEndLines) {
    JsonWriter json;
    json.begin_array().text(std::string("\n\r\0\x1f", 4)).end_array();
    const auto line = json.drain();
    for (const char c : line) EXPECT_GE(static_cast<uint8_t>(c), 0x20);
}

}  // namespace
}  // namespace strata::report
