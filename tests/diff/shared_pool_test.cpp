// The boundary of a cache builder that empties the Objective-C sections of every image, and fills them again: what
// moved to the shared pool was not removed, and what was removed did not move.
#include "diff/shared_pool.h"

#include <gtest/gtest.h>

#include "column_fixture.h"
#include "diff/image_diff.h"

namespace strata::diff {
namespace {

using record::Layout;
using record::SymbolKind;
using test::MadeFacts;

const std::string kMethodNames = "__TEXT,__objc_methname";

Layout layout_of(uint64_t names, uint64_t stubs, uint64_t selrefs) {
    Layout layout;
    layout.segments = {{"__TEXT", 5, 5, 0}, {"__DATA", 3, 3, 0}};
    layout.sections = {{"__TEXT", "__text", 0x100, 0x80000400, 2, ""},
                       {"__TEXT", "__objc_methname", names, 2, 0, ""},
                       {"__TEXT", "__auth_stubs", stubs, 0x80000408, 2, ""},
                       {"__DATA", "__objc_selrefs", selrefs, 5, 3, ""}};
    return layout;
}

class SharedPool : public ColumnTest {
  protected:
    /// An image that holds its selectors, and the same one after the builder took them.
    static MadeFacts with_names() {
        MadeFacts facts;
        facts.layout = layout_of(0x40, 0x100, 0x18);
        facts.strings = {"own text"};
        for (const std::string name : {"bar:", "foo", "init"}) facts.strings_elsewhere.emplace_back(name, kMethodNames);
        facts.symbols = {{"-[Foo foo]", SymbolKind::kLocal, 0, "", ""}};
        return facts;
    }
    static MadeFacts emptied() {
        MadeFacts facts = with_names();
        facts.layout = layout_of(0, 0, 0x18);
        facts.strings_elsewhere.clear();
        return facts;
    }
    ImageDiff diff(const MadeFacts& before, const MadeFacts& after, RuleSet rules = RuleSet::defaults()) {
        const auto old_head = put(before);
        const auto new_head = put(after);
        return diff_image(reader(), "/x", old_head, new_head, {rules, true});
    }
    static uint64_t count(const ImageDiff& diff) { return diff.suppressed[static_cast<size_t>(Rule::kSharedPool)]; }
};

TEST_F(SharedPool, EmptiedSectionsAreMovedNotRemoved) {
    const auto result = diff(with_names(), emptied());
    EXPECT_TRUE(result.strings.removed.empty());
    EXPECT_TRUE(result.sections.empty());
    EXPECT_EQ(result.status, Status::kRebuilt) << "nothing of its own changed";
    EXPECT_EQ(result.relevance.score, 0U);
    ASSERT_EQ(result.shared_pool.size(), 2U);
    EXPECT_EQ(result.shared_pool[0].full_name(), kMethodNames);
    EXPECT_TRUE(result.shared_pool[0].to_pool);
    EXPECT_EQ(result.shared_pool[0].size, 0x40U);
    EXPECT_EQ(result.shared_pool[0].strings, 3U);
    EXPECT_EQ(result.shared_pool[1].full_name(), "__TEXT,__auth_stubs");
    EXPECT_EQ(count(result), 5U) << "three strings, two sections";
    EXPECT_EQ(result.left_out.size(), 5U);
}

TEST_F(SharedPool, FilledAgainIsNotNew) {
    const auto result = diff(emptied(), with_names());
    EXPECT_TRUE(result.strings.added.empty() && result.sections.empty());
    ASSERT_EQ(result.shared_pool.size(), 2U);
    EXPECT_FALSE(result.shared_pool[0].to_pool);
    EXPECT_EQ(result.shared_pool[0].strings, 3U);
    EXPECT_EQ(count(result), 5U);
}

TEST_F(SharedPool, WithoutTheRuleAllIsTold) {
    const auto result = diff(with_names(), emptied(), RuleSet::defaults().without(Rule::kSharedPool));
    EXPECT_EQ(result.strings.removed.size(), 3U);
    EXPECT_EQ(result.sections.resized.size(), 2U);
    EXPECT_TRUE(result.shared_pool.empty());
    EXPECT_EQ(result.status, Status::kUpdated);
}

/// Real changes across the boundary stay: other strings, other sections, symbols.
TEST_F(SharedPool, RealChangesAcrossTheBoundaryStay) {
    auto after = emptied();
    after.strings = {"new text"};
    after.symbols = {{"-[Foo other]", SymbolKind::kLocal, 0, "", ""}};
    after.layout.sections[0].size = 0x180;
    const auto result = diff(with_names(), after);
    EXPECT_EQ(result.status, Status::kUpdated);
    EXPECT_EQ(result.strings.added.size(), 1U);
    EXPECT_EQ(result.strings.removed.size(), 1U);
    EXPECT_EQ(result.symbols.added.size(), 1U);
    EXPECT_EQ(result.symbols.removed.size(), 1U);
    ASSERT_EQ(result.sections.resized.size(), 1U);
    EXPECT_EQ(result.sections.resized[0].section, "__text");
}

TEST_F(SharedPool, ASelectorThatGoesWhileOthersStayIsRemoved) {
    auto after = with_names();
    after.strings_elsewhere.pop_back();
    after.layout.sections[1].size = 0x38;
    const auto result = diff(with_names(), after);
    ASSERT_EQ(result.strings.removed.size(), 1U);
    EXPECT_EQ(result.strings.removed[0].value, "init");
    EXPECT_TRUE(result.shared_pool.empty());
}

/// An image that names nothing in Objective-C any more has lost its strings, whatever its section headers say.
TEST_F(SharedPool, AnImageThatLostItsClassesIsNotOneWhoseStringsMoved) {
    auto after = emptied();
    after.layout = layout_of(0, 0x100, 0);
    const auto result = diff(with_names(), after);
    EXPECT_EQ(result.strings.removed.size(), 3U);
    EXPECT_TRUE(result.shared_pool.empty());
}

TEST_F(SharedPool, ASectionThatIsGoneIsRemoved) {
    auto after = emptied();
    after.layout.sections.erase(after.layout.sections.begin() + 1);
    const auto result = diff(with_names(), after);
    EXPECT_EQ(result.strings.removed.size(), 3U);
    EXPECT_EQ(result.sections.removed.size(), 1U);
}

TEST(FindPooledSections, OtherSectionsAreNone) {
    Layout before = layout_of(0x40, 0x100, 0x18);
    Layout after = layout_of(0x40, 0x100, 0x18);
    before.sections.push_back({"__TEXT", "__const", 0x10, 0, 0, ""});
    after.sections.push_back({"__TEXT", "__const", 0, 0, 0, ""});
    EXPECT_TRUE(find_pooled_sections(before, after).empty());
    EXPECT_TRUE(find_pooled_sections(before, before).empty());
}

}  // namespace
}  // namespace strata::diff
