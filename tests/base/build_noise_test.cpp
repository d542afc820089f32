// The changing parts of build paths, and what merely looks like them.
#include "base/build_noise.h"

#include <gtest/gtest.h>

namespace strata::base {
namespace {

const std::string kXbs = "/Library/Caches/com.apple.xbs";
const std::string kUuid = "8E68174B-502c-3A48-BFB9-DAD3A5BCC558";
const std::string kRoots = "/AppleInternal/Library/BuildRoots/";

/// The text without noise; the text itself when nothing was found.
std::string clean(const std::string& text) {
    std::string out = "left alone";
    if (without_build_paths(text, out)) return out;
    EXPECT_EQ(out, "left alone");
    return text;
}

TEST(BuildNoise, UuidFolders) {
    EXPECT_EQ(clean(kXbs + "/" + kUuid), kXbs + "/<UUID>");
    EXPECT_EQ(clean(kXbs + "/" + kUuid + "/Sources/a.c"), kXbs + "/<UUID>/Sources/a.c");
    EXPECT_EQ(clean("/private" + kXbs + "/" + kUuid + "/x"), "/private" + kXbs + "/<UUID>/x")
        << "not only at the start";
}

TEST(BuildNoise, TemporaryDirectories) {
    EXPECT_EQ(clean(kXbs + "/TemporaryDirectory.a1B2c3/x"), kXbs + "/TemporaryDirectory.<TMP>/x");
    EXPECT_EQ(clean(kXbs + "/TemporaryDirectory.a1B2c3"), kXbs + "/TemporaryDirectory.<TMP>");
    EXPECT_EQ(clean(kXbs + "/" + kUuid + "/TemporaryDirectory.a1B2c3/x"), kXbs + "/<UUID>/TemporaryDirectory.<TMP>/x");
}

TEST(BuildNoise, BuildRoots) {
    EXPECT_EQ(clean(kRoots + "4ec2/Applications"), kRoots + "<BUILDROOT>/Applications");
    EXPECT_EQ(clean(kRoots + "4ec2"), kRoots + "<BUILDROOT>");
    EXPECT_EQ(clean("-isysroot " + kRoots + "4ec2 -O2"), "-isysroot " + kRoots + "<BUILDROOT> -O2")
        << "a space ends the name";
}

TEST(BuildNoise, SeveralInOneText) {
    const std::string one = kXbs + "/" + kUuid + "/a ";
    EXPECT_EQ(clean(one + kRoots + "x/y " + one + "end"),
              kXbs + "/<UUID>/a " + kRoots + "<BUILDROOT>/y " + kXbs + "/<UUID>/a end");
}

TEST(BuildNoise, LookAlikesStay) {
    for (const std::string& text : {
             std::string(),
             std::string("/"),
             std::string("plain text"),
             std::string("/usr/lib/libobjc.A.dylib"),
             std::string("/Library/Caches/other/") + kUuid,
             kUuid,
             kXbs,
             kXbs + "/",
             kXbs + "/Sources/libdispatch/queue.c",
             kXbs + kUuid,
             kXbs + "/" + kUuid + "0",
             kXbs + "/" + kUuid.substr(0, 35),
             kXbs + "/" + kUuid.substr(0, 35) + "g",
             kXbs + "/8E68174B0502c-3A48-BFB9-DAD3A5BCC558",
             kXbs + "/" + kUuid + " and text",
             kXbs + "/TemporaryDirectory.a1B2c",
             kXbs + "/TemporaryDirectory.a1B2c34",
             kXbs + "/TemporaryDirectory.a1B-c3",
             kXbs + "/TemporaryDirectory/a1B2c3",
             kXbs + "/Sources/TemporaryDirectory.a1B2c3",
             std::string("/tmp/TemporaryDirectory.a1B2c3/x"),
             kRoots,
             kRoots + "/x",
             kRoots + " x",
             std::string("/AppleInternal/Library/Other/4ec2"),
             std::string("/library/caches/com.apple.xbs/") + kUuid,
         })
        EXPECT_EQ(clean(text), text);
}

TEST(BuildNoise, CleaningTwiceChangesNothing) {
    for (const std::string& text :
         {kXbs + "/" + kUuid + "/TemporaryDirectory.a1B2c3/x", kXbs + "/TemporaryDirectory.a1B2c3"}) {
        const std::string once = clean(text);
        EXPECT_EQ(clean(once), once);
    }
    // The placeholder of a build root is itself a name: replaced by itself.
    EXPECT_EQ(clean(kRoots + "<BUILDROOT>/x"), kRoots + "<BUILDROOT>/x");
}

TEST(BuildNoise, BytesThatAreNoTextPassThrough) {
    const std::string odd("\xff\0\x01", 3);
    EXPECT_EQ(clean(odd + kRoots + "a/" + odd), odd + kRoots + "<BUILDROOT>/" + odd);
}

}  // namespace
}  // namespace strata::base
