// Finding a text: the same places as a search byte by byte, whatever the text, the bytes, and where they lie.
#include "query/literal_search.h"

#include <gtest/gtest.h>

#include <set>

#include "support/random.h"

namespace strata::query {
namespace {

/// All that this processor can run.
const std::set<LiteralSearch::Lanes> kAllLanes{LiteralSearch::Lanes::kAnywhere, LiteralSearch::widest()};

TEST(LiteralSearch, FindsWhatIsThere) {
    const LiteralSearch search("needle");
    EXPECT_EQ(search.find("a needle"), 2U);
    EXPECT_EQ(search.find("needle"), 0U);
    EXPECT_EQ(search.find("needl"), std::string_view::npos);
    EXPECT_EQ(search.find(""), std::string_view::npos);
    EXPECT_EQ(search.find("needle needle", 1), 7U);
    EXPECT_EQ(search.find("needle", 7), std::string_view::npos) << "from behind the end";
    EXPECT_EQ(LiteralSearch("").find("abc", 2), 2U);
    EXPECT_EQ(LiteralSearch("").find("abc", 4), std::string_view::npos);
}

/// Few different bytes, so that there are many near misses; bytes that touch the borders of what is looked at at once.
TEST(LiteralSearch, AgreesWithASearchByteByByte) {
    static constexpr std::string_view kAlphabet("ab_Q\0\xff", 6);
    test::Random random(5);
    const auto text_of = [&](size_t size, size_t letters) {
        std::string text(size, '\0');
        for (char& c : text) c = kAlphabet[random.below(letters)];
        return text;
    };
    for (int i = 0; i < 20000; ++i) {
        const size_t letters = 1 + random.below(kAlphabet.size());
        const std::string bytes = text_of(random.below(200), letters);
        const std::string text = text_of(random.below(8), letters);
        const size_t from = random.below(bytes.size() + 2);
        // Memory of its own: a sanitizer sees a look behind its end.
        const std::string own(bytes.begin(), bytes.end());
        for (const auto lanes : kAllLanes)
            ASSERT_EQ(LiteralSearch(text, lanes).find(own, from), std::string_view(own).find(text, from))
                << text << " in " << bytes << " from " << from;
    }
}

TEST(LiteralSearch, LongTextsAndEveryPlace) {
    test::Random random(6);
    const std::string text = random.bytes(300);
    for (const auto lanes : kAllLanes) {
        const LiteralSearch search(text, lanes);
        for (size_t at = 0; at < 200; ++at) {
            const std::string bytes = std::string(at, 'x') + text + std::string(200 - at, 'y');
            ASSERT_EQ(search.find(bytes), at);
            ASSERT_EQ(search.find(bytes, at + 1), std::string_view::npos);
        }
    }
}

}  // namespace
}  // namespace strata::query
