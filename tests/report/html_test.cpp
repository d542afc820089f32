// The HTML page: its data cannot leave their elements. How it behaves is tested in a browser (browser_test.py).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/html_parts.h"
#include "sample_diff.h"

namespace strata::report {
namespace {

using Json = nlohmann::json;

std::string page(const std::vector<diff::ImageDiff>& diffs) {
    const auto report = make_html_report();
    std::string text;
    const auto write = [&](std::string_view piece) { text += piece; };
    write(
        report->header(sample_firmware("old </title><script>x()"), sample_firmware("new"), diff::RuleSet::defaults()));
    for (const auto& diff : diffs) {
        diff::RenderedImage image;
        image.score = diff.relevance.score;
        image.text = report->image(diff);
        report->place(image, write);
    }
    report->finish(sample_summary(), write);
    return text;
}

/// The texts of all data elements.
std::vector<std::string> data_of(const std::string& page) {
    static const std::string kOpen = "<script type=\"application/json\" ";
    std::vector<std::string> all;
    for (size_t at = page.find(kOpen); at != std::string::npos; at = page.find(kOpen, at + 1)) {
        const size_t begin = page.find('>', at) + 1;
        all.push_back(page.substr(begin, page.find("</script>", begin) - begin));
    }
    return all;
}

size_t count(const std::string& text, const std::string& part) {
    size_t found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

TEST(Html, DataStayInTheirElements) {
    auto diff = sample_diff();
    diff.symbols.added = {{"</script><script>alert(1)</script><!--", record::SymbolKind::kExport, "", ""}};
    const auto text = page(list_of(std::move(diff), failed_diff()));
    const auto data = data_of(text);
    ASSERT_EQ(data.size(), 4U);
    for (const auto& element : data) EXPECT_EQ(element.find('<'), std::string::npos) << element;
    EXPECT_EQ(count(text, "<script"), 5U) << "header, summary, list, one image's rows, the page's own";
    EXPECT_EQ(count(text, "</script"), 5U);
    EXPECT_NE(text.find("<title>old &lt;/title&gt;&lt;script&gt;x() → new</title>"), std::string::npos);
    EXPECT_EQ(text.find("@DATA@"), std::string::npos);
    EXPECT_EQ(text.find("@CSP@"), std::string::npos);
}

/// The page can be used before its rows are read: they come behind the script.
TEST(Html, ListFirstRowsLast) {
    const auto text = page(list_of(failed_diff(), sample_diff()));
    EXPECT_LT(text.find("id=\"list\""), text.find("<script>"));
    EXPECT_LT(text.find("<script>"), text.find("id=\"r0\""));
    EXPECT_EQ(text.find("id=\"r1\""), std::string::npos) << "a failed image has no rows";
}

TEST(Html, ImagesAreJson) {
    const auto data = data_of(page(list_of(sample_diff(), failed_diff())));
    const auto list = Json::parse(data.at(2));
    ASSERT_EQ(list.size(), 2U);
    const auto& index = list.at(0);
    EXPECT_EQ(index.at(0), "updated");
    EXPECT_EQ(index.at(1), "/usr/lib/\"<script>alert(1)</script>\".dylib");
    EXPECT_EQ(index.at(4).at("sections"), Json({1, 1, 2}));
    EXPECT_EQ(index.at(5), 1);
    const auto rows = Json::parse(data.at(3));
    EXPECT_EQ(rows.at("f").at(0), Json({"uuid", "AAAA", "BBBB"}));
    EXPECT_EQ(rows.at("g").at(0).at(0), "sections");
    EXPECT_EQ(rows.at("g").at(0).at(1), Json({"+__TEXT,__new", "0x10"}));
    const auto& failed = list.at(1);
    EXPECT_EQ(failed.at(0), "failed");
    EXPECT_EQ(failed.at(5), 0);
    EXPECT_EQ(failed.at(2), "new side could not be read: cache.01: bad \x1b magic; expected feedfacf");
    EXPECT_EQ(Json::parse(data.at(1)).at("unchanged"), sample_summary().count(diff::Status::kUnchanged));
}

TEST(Html, NothingComesFromElsewhere) {
    const auto text = page({});
    EXPECT_NE(text.find("default-src 'none'; style-src 'sha256-"), std::string::npos);
    for (const char* part : {"http://", "https://", "src=", "@import", "url("})
        EXPECT_EQ(text.find(part), std::string::npos) << part;
    // What a hash in the policy stands for must be in the page exactly as it is.
    EXPECT_NE(text.find("<script>" + std::string(html_script()) + "</script>"), std::string::npos);
    EXPECT_NE(text.find("<style>" + std::string(html_style()) + "</style>"), std::string::npos);
    EXPECT_EQ(html_script().find("innerHTML"), std::string_view::npos) << "names only ever become text nodes";
}

}  // namespace
}  // namespace strata::report
