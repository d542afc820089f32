// Static archives of both forms, good and damaged.
#include "macho/archive.h"

#include <gtest/gtest.h>

#include "support/containers.h"
#include "support/errors.h"

namespace strata::macho {
namespace {

using test::ArchiveForm;
using test::Buffer;
using test::fails_with;
using test::make_archive;
using test::member_header;

using Members = std::vector<std::pair<std::string, std::string>>;

Members read(const std::string& bytes) {
    const Buffer file(bytes);
    Members members;
    walk_archive(file.view(),
                 [&](std::string_view name, base::ByteView content) { members.emplace_back(name, content.as_text()); });
    return members;
}

constexpr std::string_view kMagic = "!<arch>\n";

TEST(Archive, MembersOfBothForms) {
    const Members members{
        {"a.o", "first"}, {"a_name_that_is_longer_than_sixteen.o", "odd"}, {"a.o", "twice"}, {"e", ""}};
    EXPECT_EQ(read(make_archive(members, ArchiveForm::kBsd)), members);
    EXPECT_EQ(read(make_archive(members, ArchiveForm::kGnu)), members);
    EXPECT_TRUE(is_archive(Buffer(make_archive(members)).view()));
    EXPECT_TRUE(read(std::string(kMagic)).empty());
}

TEST(Archive, ShortBsdNamesHaveNoSlash) {
    EXPECT_EQ(read(std::string(kMagic) + member_header("plain.o", 4) + "data" + member_header("__.SYMDEF", 2) + "xx"),
              (Members{{"plain.o", "data"}}));
}

TEST(Archive, ThinOnesAreRefused) {
    const Buffer thin("!<thin>\n" + member_header("a.o/", 1000));
    EXPECT_TRUE(is_archive(thin.view()));
    EXPECT_TRUE(fails_with("thin archive", [&] { walk_archive(thin.view(), [](auto, auto) {}); }));
}

TEST(Archive, MembersBeforeTheDamageAreGiven) {
    std::string bytes = make_archive({{"a.o", "first"}, {"b.o", "second"}});
    bytes.resize(bytes.size() - 3);
    const Buffer file(bytes);
    Members seen;
    const auto error = test::error_of([&] {
        walk_archive(file.view(), [&](auto name, auto content) { seen.emplace_back(name, content.as_text()); });
    });
    EXPECT_EQ(seen, (Members{{"a.o", "first"}}));
    EXPECT_NE(error->message().find("leaves the file"), std::string::npos);
}

TEST(Archive, DamagedHeadersAreRefused) {
    const auto refused = [](const std::string& header, std::string_view part) {
        EXPECT_TRUE(fails_with(part, [&] { read(std::string(kMagic) + header + "data"); })) << header;
    };
    refused("short", "archive member header");
    refused(member_header("a", 4).substr(0, 58) + "xx", "does not end as one");
    std::string size = member_header("a", 4);
    test::put(size, 48, "4x        ");
    refused(size, "size is no number");
    test::put(size, 48, "-4        ");
    refused(size, "size is no number");
    test::put(size, 48, "          ");
    refused(size, "size is no number");
    test::put(size, 48, "9999999999");
    refused(size, "leaves the file");
    refused(member_header("#1/99", 4), "archive member name");
    refused(member_header("#1/99999", 4), "name of");
    refused(member_header("#1/", 4), "name length is no number");
    refused(member_header("/12", 4), "table of names");
}

TEST(Archive, LongNamesAreBounded) {
    const std::string names(100000, 'n');
    EXPECT_TRUE(fails_with("archive member name of", [&] {
        read(std::string(kMagic) + member_header("//", names.size()) + names + member_header("/0", 0));
    }));
}

}  // namespace
}  // namespace strata::macho
