// Crash reports: frames get names, all else stays as it is, byte for byte; hostile reports end.
#include "query/symbolicate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "made_store.h"
#include "support/random.h"

namespace strata::query {
namespace {

using record::SymbolKind;

/// One library at 0x180000000 with _first at +0x1000 (256 bytes) and __ZN3foo3barEi behind it (256 bytes), and a gap of
/// a function without a name.
class Symbolicate : public ::testing::Test {
  protected:
    Symbolicate() {
        store::Writer writer(dir_ / "store");
        test::MadeFacts facts;
        facts.layout = made_layout();
        facts.uuid = std::string("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef", 16);
        facts.functions = {{1, 0, 0x100}, {1, 0x100, 0x100}, {1, 0x200, 0x100}};
        facts.symbols = {{"_first", SymbolKind::kExport, 0, {}, {}},
                         {"__ZN3foo3barEi", SymbolKind::kLocal, 0x100, {}, {}}};
        test::put_firmware(writer, "1.0", {{"/usr/lib/libfoo.dylib", facts}});
        writer.flush();
        reader_.emplace(dir_ / "store");
    }

    Symbolicated run(std::string_view report, bool demangle = false) {
        SymbolicateOptions options;
        options.demangle = demangle;
        return symbolicate(*reader_, reader_->firmware("1.0"), report, options);
    }

    test::TempDir dir_;
    std::optional<store::Reader> reader_;
};

constexpr std::string_view kCrash =
    "Incident Identifier: 1\r\n"
    "Thread 0 Crashed:\n"
    "0   libfoo.dylib                  \t0x00000001a0001010 0x1a0000000 + 4112\n"
    "1   libfoo.dylib                  \t0x00000001a0001100 libfoo.dylib + 4352\n"
    "2   libfoo.dylib                  \t0x00000001a0001110 _already + 1\n"
    "3   libfoo.dylib                  \t0x00000001a0001210 0x1a0000000 + 4624\n"
    "4   Other                         \t0x00000001b0001210 0x1b0000000 + 4624\n"
    "5   ???                           \t0x00000001a0001104 0x0 + 6979326212\n"
    "\n"
    "Binary Images:\n"
    "0x1a0000000 - 0x1a0010fff libfoo.dylib arm64e  <0123456789abcdef0123456789abcdef> /usr/lib/libfoo.dylib\n"
    "0x1b0000000 - 0x1b0010fff Other arm64  <00112233-4455-6677-8899-AABBCCDDEEFF> /Other\n"
    "no line end";

TEST_F(Symbolicate, TextReports) {
    const auto result = run(kCrash);
    std::string want(kCrash);
    const auto replace = [&](const std::string& from, const std::string& to) {
        want.replace(want.find(from), from.size(), to);
    };
    replace("0x1a0000000 + 4112", "_first + 16");
    // The return address is behind the call: the function is the one before it.
    replace("libfoo.dylib + 4352", "_first + 256");
    replace("0x0 + 6979326212", "__ZN3foo3barEi + 4");
    EXPECT_EQ(result.text, want);
    EXPECT_EQ(result.frames, 5U);
    EXPECT_EQ(result.resolved, 3U) << "a function without a name gets none, nor does an image that is not there";
    EXPECT_NE(run(kCrash, true).text.find("foo::bar(int) + 4"), std::string::npos);
}

/// As Apple's symbolicatecrash writes them: frames, all behind calls, in images by their file's name.
TEST_F(Symbolicate, ListsOfAddressesBecomeFrames) {
    const std::string images =
        "\nBinary Images:\n"
        "0x1a0000000 - 0x1a0010fff +libfoo.dylib arm64e  <0123456789abcdef0123456789abcdef> /usr/lib/libfoo.dylib\n"
        "0x1b0000000 - 0x1b0010fff com.other (1.0) <00112233-4455-6677-8899-AABBCCDDEEFF> /A b/Other One\n";
    const std::string frames =
        "0   libfoo.dylib                  \t0x00000001a0001010 _first + 16\n"
        "1   libfoo.dylib                  \t0x00000001a0001100 _first + 256\n"
        "2   Other One                     \t0x00000001b0001210 0x1b0000000 + 4624\n"
        "3   ???                           \t0x0000000000001234 0x0 + 4660\n";
    for (const std::string list :
         {"(0x1a0001010 0x1a0001100 0x1b0001210 0x1234)\n", "(0x1a0001010 0x1a0001100\n   0x1b0001210\n0x1234\n)\n",
          "  ( 0x1A0001010\t0x1a0001100 0x00000001b0001210 0x1234 ) \r\n"}) {
        const auto result = run("Last Exception Backtrace:\n" + list + "\nThread 0:\n" + images);
        EXPECT_EQ(result.text, "Last Exception Backtrace:\n" + frames + "\nThread 0:\n" + images);
        EXPECT_EQ(result.frames, 4U);
        EXPECT_EQ(result.resolved, 2U);
    }
    EXPECT_EQ(run("Application Specific Backtrace 1:\r\n(0x1234)").text,
              "Application Specific Backtrace 1:\r\n0   ???                           \t0x0000000000001234 0x0 + "
              "4660\r\n");
}

TEST_F(Symbolicate, WhatIsNoListOfAddressesStaysAsItIs) {
    for (const std::string list : {"(0x1 0x2", "()", "(0x1 nothing)", "(0x1) and more\n", "(0x1,0x2)\n",
                                   "(0x11111111111111111)\n", "0x1 0x2\n", "(0x1\n\nThread 0:\n0x2)\n"})
        EXPECT_EQ(run("Last Exception Backtrace:\n" + list).text, "Last Exception Backtrace:\n" + list);
    EXPECT_EQ(run("Nothing:\n(0x1)\n").text, "Nothing:\n(0x1)\n");
}

/// A list costs four bytes an address and a frame some sixty: there is an end to it, over all lists of a report.
TEST_F(Symbolicate, HostileListsStaySmall) {
    const auto list = [](size_t addresses) {
        std::string text = "Last Exception Backtrace:\n(";
        for (size_t i = 0; i < addresses; ++i) text += "0x1 ";
        return text + ")\n";
    };
    const std::string name(100'000, 'n');
    const std::string image = "0x1 - 0x2 a <0123456789abcdef0123456789abcdef> /" + name + "\n";
    EXPECT_LT(run(list(4096) + image).text.size(), 4096U * 400);
    EXPECT_EQ(run(list(4097)).text, list(4097));
    const auto result = run(list(4000) + list(90) + list(7));
    EXPECT_EQ(result.frames, 4090U);
    EXPECT_TRUE(result.text.ends_with(list(7)));
}

constexpr std::string_view kIps =
    "{\"app_name\":\"x\",\"bug_type\":\"309\"}\n"
    "{\n  \"pid\" : 1.50e3, \"text\" : \"caf\\u00e9 {\\\"imageIndex\\\":0}\",\n"
    "  \"threads\" : [{\"frames\":[{\"imageOffset\":4112,\"imageIndex\":0},\n"
    "      {\"imageOffset\" : 4352 , \"imageIndex\" : 0 "
    "},{\"imageOffset\":4352,\"symbol\":\"kept\",\"imageIndex\":0},\n"
    "      "
    "{\"imageOffset\":1,\"imageIndex\":1},{\"imageOffset\":6979326212,\"imageIndex\":2},{\"imageOffset\":1,"
    "\"imageIndex\":9}]}],\n"
    "  \"usedImages\" : "
    "[{\"uuid\":\"01234567-89ab-cdef-0123-456789abcdef\",\"base\":6979321856,\"size\":65536,\"name\":\"libfoo\"},\n"
    "      {\"uuid\":\"ffffffff-89ab-cdef-0123-456789abcdef\",\"base\":1,\"size\":2},\n"
    "      {\"uuid\":\"00000000-0000-0000-0000-000000000000\",\"base\":0,\"size\":0,\"source\":\"A\"}]\n}\n";

TEST_F(Symbolicate, JsonReports) {
    const auto result = run(kIps);
    std::string want(kIps);
    const auto put = [&](const std::string& before, const std::string& members) {
        want.insert(want.find(before) + 1, members);
    };
    put("{\"imageOffset\":4112", "\"symbol\":\"_first\",\"symbolLocation\":16,");
    put("{\"imageOffset\" : 4352", "\"symbol\":\"_first\",\"symbolLocation\":256,");
    put("{\"imageOffset\":6979326212", "\"symbol\":\"__ZN3foo3barEi\",\"symbolLocation\":4,");
    EXPECT_EQ(result.text, want);
    EXPECT_EQ(result.frames, 5U);
    EXPECT_EQ(result.resolved, 3U);
    const auto body = nlohmann::json::parse(result.text.substr(result.text.find('\n')));
    EXPECT_EQ(body["threads"][0]["frames"][0]["symbol"], "_first");
}

TEST_F(Symbolicate, WhatIsNoReportStaysAsItIs) {
    for (const std::string text :
         {"", "\n", "{", "{\"a\":", "[1,2", "plain text\nof lines", "{}garbage{}", "\xff\xfe\n{"})
        EXPECT_EQ(run(text).text, text);
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "{\"a\":[";
    EXPECT_EQ(run(deep).text, deep);
    EXPECT_THROW(run(std::string(kMostReport + 1, ' ')), base::Error);
}

/// A report that breaks off is told from one that has nothing to name.
TEST_F(Symbolicate, CutReportsSayWhere) {
    EXPECT_EQ(run(kIps).broken_at, std::nullopt);
    EXPECT_EQ(run(kCrash).broken_at, std::nullopt);
    for (const size_t size : {kIps.size() - 3, kIps.size() / 2, size_t{50}}) {
        const auto result = run(kIps.substr(0, size));
        EXPECT_EQ(result.text, kIps.substr(0, size));
        ASSERT_TRUE(result.broken_at.has_value()) << size;
        EXPECT_LE(*result.broken_at, size);
        EXPECT_GT(*result.broken_at, kIps.find('\n')) << "the header line was whole";
    }
    EXPECT_TRUE(run("{}\n{\"a\":1]}").broken_at.has_value());
}

/// As a Mac writes them: header line, then a body over many lines; an exception's list, whose addresses are all behind
/// calls; a translated process (Rosetta), whose frames of translated code are in no image.
TEST_F(Symbolicate, AReportOfAnException) {
    const std::string report =
        "{\"app_name\":\"App\",\"timestamp\":\"2026-09-01 10:00:00.00 +0200\",\"bug_type\":\"309\","
        "\"incident_id\":\"01234567-89AB-CDEF-0123-456789ABCDEF\"}\n"
        "{\n  \"translated\" : true,\n  \"cpuType\" : \"X86-64 (translated)\",\n"
        "  \"lastExceptionBacktrace\" : [{\"imageOffset\":4352,\"imageIndex\":1},"
        "{\"imageOffset\":4353,\"imageIndex\":1}],\n"
        "  \"faultingThread\" : 0,\n  \"threads\" : [{\"triggered\":true,\"id\":1,\"frames\":["
        "{\"imageOffset\":4352,\"imageIndex\":1},{\"imageOffset\":140703128616960,\"imageIndex\":0}]}],\n"
        "  \"usedImages\" : [\n"
        "    {\"size\" : 0, \"source\" : \"A\", \"base\" : 0, \"uuid\" : \"00000000-0000-0000-0000-000000000000\"},\n"
        "    {\"source\":\"P\",\"arch\":\"arm64e\",\"base\":6979321856,\"size\":65536,\"uuid\":"
        "\"01234567-89ab-cdef-0123-456789abcdef\",\"path\":\"\\/usr\\/lib\\/libfoo.dylib\",\"name\":\"libfoo.dylib\"}\n"
        "  ],\n  \"sharedCache\" : {\"base\" : 6979321856,\"size\" : 4294967296,"
        "\"uuid\" : \"11111111-2222-3333-4444-555555555555\"}\n}\n";
    const auto result = run(report);
    const auto body = nlohmann::json::parse(result.text.substr(result.text.find('\n')));
    EXPECT_EQ(body["lastExceptionBacktrace"][0]["symbol"], "_first") << "behind a call at the end of _first";
    EXPECT_EQ(body["lastExceptionBacktrace"][0]["symbolLocation"], 256);
    EXPECT_EQ(body["lastExceptionBacktrace"][1]["symbol"], "__ZN3foo3barEi");
    EXPECT_EQ(body["threads"][0]["frames"][0]["symbol"], "__ZN3foo3barEi") << "where the thread was";
    EXPECT_FALSE(body["threads"][0]["frames"][1].contains("symbol"));
    EXPECT_EQ(result.frames, 4U);
    EXPECT_EQ(result.resolved, 3U);
    auto stripped = body;
    for (auto* frame : {&stripped["lastExceptionBacktrace"][0], &stripped["lastExceptionBacktrace"][1],
                        &stripped["threads"][0]["frames"][0]}) {
        frame->erase("symbol");
        frame->erase("symbolLocation");
    }
    EXPECT_EQ(stripped, nlohmann::json::parse(report.substr(report.find('\n')))) << "nothing else changed";
}

/// Reports with bytes changed, cut, repeated: never a crash, and lines are never lost.
TEST_F(Symbolicate, DamagedReportsEnd) {
    test::Random random(11);
    for (int i = 0; i < 1500; ++i) {
        std::string text(random.one_in(2) ? kCrash : kIps);
        for (uint64_t n = 1 + random.below(6); n > 0; --n) {
            const auto at = random.below(text.size());
            if (random.one_in(3)) {
                text.insert(at, text.substr(random.below(text.size()), random.below(40)));
            } else {
                text[at] = random.bytes(1)[0];
            }
        }
        const auto result = run(text);
        EXPECT_GE(result.frames, result.resolved);
        EXPECT_EQ(std::count(result.text.begin(), result.text.end(), '\n'), std::count(text.begin(), text.end(), '\n'));
    }
}

}  // namespace
}  // namespace strata::query
