// Code signatures, built blob by blob.
#include "macho/code_signature.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "support/errors.h"
#include "support/random.h"
#include "support/signature_maker.h"

namespace strata::macho {
namespace {

using test::blob;
using test::Buffer;
using test::fails_with;
using test::MadeDirectory;
using test::super_blob;

/// By another call than the reader's.
std::string digest(const EVP_MD* md, const std::string& bytes) {
    std::string out(static_cast<size_t>(EVP_MD_size(md)), '\0');
    EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, md, nullptr);
    return out;
}

TEST(CodeSignature, DirectoryOfTheNewestVersion) {
    const std::string directory = MadeDirectory{}.bytes();
    const Buffer file(super_blob({{0, directory}}) + std::string(100, '\0'));
    const CodeSignature signature = read_code_signature(file.view());
    ASSERT_EQ(signature.directories.size(), 1U);
    const CodeDirectory& best = signature.best();
    EXPECT_EQ(best.identifier, "com.example.tool");
    EXPECT_EQ(best.team, "TEAM123456");
    EXPECT_EQ(best.version, 0x20500U);
    EXPECT_EQ(best.flags, 0x10002U);
    EXPECT_EQ(best.page_size, 4096U);
    EXPECT_EQ(best.exec_segment_flags, 1U);
    EXPECT_EQ(best.runtime_version, 0x000d0100U);
    EXPECT_EQ(best.hash, digest(EVP_sha256(), directory));
    EXPECT_EQ(best.cdhash(), best.hash.substr(0, 20));
    EXPECT_FALSE(signature.has_cms);
    EXPECT_FALSE(signature.has_requirements);
}

TEST(CodeSignature, OlderVersionsHaveFewerFields) {
    MadeDirectory made;
    made.version = 0x20100;
    made.page_shift = 0;
    const Buffer file(super_blob({{0, made.bytes()}}));
    const CodeSignature signature = read_code_signature(file.view());
    EXPECT_EQ(signature.best().identifier, "com.example.tool");
    EXPECT_EQ(signature.best().team, "");
    EXPECT_EQ(signature.best().runtime_version, 0U);
    EXPECT_EQ(signature.best().page_size, 0U);
    made.version = 0x20400;
    const Buffer newer(super_blob({{0, made.bytes()}}));
    EXPECT_EQ(read_code_signature(newer.view()).best().team, "TEAM123456");
}

TEST(CodeSignature, TheStrongestHashIsTheBest) {
    const auto of_type = [](uint8_t type) {
        MadeDirectory made;
        made.hash_type = type;
        return made.bytes();
    };
    const Buffer file(super_blob({{0, of_type(1)}, {0x1000, of_type(2)}, {0x1001, of_type(3)}}));
    const CodeSignature signature = read_code_signature(file.view());
    ASSERT_EQ(signature.directories.size(), 3U);
    EXPECT_EQ(signature.best().hash_type, 2);
    EXPECT_EQ(signature.directories[0].hash, digest(EVP_sha1(), of_type(1)));
    EXPECT_EQ(signature.directories[2].hash, digest(EVP_sha256(), of_type(3)).substr(0, 20));
    const Buffer large(super_blob({{0, of_type(2)}, {0x1000, of_type(4)}}));
    EXPECT_EQ(read_code_signature(large.view()).best().hash, digest(EVP_sha384(), of_type(4)));
    EXPECT_EQ(read_code_signature(large.view()).best().cdhash().size(), 20U);
}

TEST(CodeSignature, OtherBlobs) {
    const Buffer file(super_blob({{0, MadeDirectory{}.bytes()},
                                  {2, blob(0xfade0c01, test::be32(0))},
                                  {5, blob(0xfade7171, "<plist/>")},
                                  {7, blob(0xfade7172, "der")},
                                  {8, blob(0xfade8181, "self")},
                                  {9, blob(0xfade8181, "parent")},
                                  {10, blob(0xfade8181, "responsible")},
                                  {11, blob(0xfade8181, "library")},
                                  {0x10000, blob(0xfade0b01, "cms")},
                                  {0x10002, blob(0x12345678, "a ticket, and twice")},
                                  {0x10002, blob(0x12345678, "a ticket, and twice")}}));
    const CodeSignature signature = read_code_signature(file.view());
    EXPECT_TRUE(signature.has_requirements);
    EXPECT_TRUE(signature.has_cms);
    EXPECT_EQ(signature.entitlements.as_text(), "<plist/>");
    EXPECT_EQ(signature.der_entitlements.as_text(), "der");
    for (const auto constraint :
         {Constraint::kSelf, Constraint::kParent, Constraint::kResponsible, Constraint::kLibrary})
        EXPECT_EQ(signature.constraints[static_cast<size_t>(constraint)].as_text(), constraint_name(constraint));
    const Buffer empty(super_blob({{0, MadeDirectory{}.bytes()}, {0x10000, blob(0xfade0b01, "")}}));
    EXPECT_FALSE(read_code_signature(empty.view()).has_cms) << "codesign leaves an empty blob for ad hoc signatures";
}

TEST(CodeSignature, ALoneDirectory) {
    const Buffer file(MadeDirectory{}.bytes());
    EXPECT_EQ(read_code_signature(file.view()).best().identifier, "com.example.tool");
}

TEST(CodeSignature, FlagsReadAsCodesignPrintsThem) {
    EXPECT_EQ(signature_flags_text(0), "0x0(none)");
    EXPECT_EQ(signature_flags_text(0x20002), "0x20002(adhoc,linker-signed)");
    EXPECT_EQ(signature_flags_text(0x12a00), "0x12a00(kill,restrict,library-validation,runtime)");
    EXPECT_EQ(signature_flags_text(0x80000001), "0x80000001(host,0x80000000)");
    EXPECT_EQ(exec_segment_flags_text(0x41), "main-binary,jit");
    EXPECT_EQ(hash_type_name(2), "sha256");
    EXPECT_EQ(hash_type_name(9), "hash 9");
}

TEST(CodeSignature, RefusesWhatDoesNotObeyTheFormat) {
    const auto open = [](const std::string& bytes) {
        const Buffer file(bytes);
        read_code_signature(file.view());
    };
    const std::string directory = MadeDirectory{}.bytes();
    const std::string good = super_blob({{0, directory}});
    open(good);
    const auto damaged = [&](uint64_t at, uint64_t value) {
        std::string bytes = good;
        test::put(bytes, at, test::be32(value));
        return bytes;
    };
    EXPECT_TRUE(fails_with("magic 0x0", [&] { open(std::string(64, '\0')); }));
    EXPECT_TRUE(fails_with("code signature blob", [&] { open(damaged(4, good.size() + 1)); }));
    EXPECT_TRUE(fails_with("blob of 7 bytes", [&] { open(damaged(4, 7)); }));
    EXPECT_TRUE(fails_with("4294967295 blobs", [&] { open(damaged(8, UINT32_MAX)); }));
    EXPECT_TRUE(fails_with("code signature blob", [&] { open(damaged(16, UINT32_MAX)); }));
    EXPECT_TRUE(fails_with("without a code directory", [&] { open(damaged(12, 0x20000)); }));
    EXPECT_TRUE(fails_with("twice", [&] { open(super_blob({{0, directory}, {0, directory}})); }));
    const uint64_t start = 20;
    EXPECT_TRUE(fails_with("code directory with magic", [&] { open(damaged(start, 0xfade0c03)); }));
    EXPECT_TRUE(fails_with("identifier at 0x8", [&] { open(damaged(start + 20, 8)); }));
    EXPECT_TRUE(fails_with("identifier at 0xffffff", [&] { open(damaged(start + 20, 0xffffff)); }));
    EXPECT_TRUE(fails_with("team at 0x4", [&] { open(damaged(start + 48, 4)); }));
    EXPECT_TRUE(fails_with("hash type 9", [&] { open(damaged(start + 36, 0x2009000c)); }));
    EXPECT_TRUE(fails_with("pages of 2^32", [&] { open(damaged(start + 36, 0x20020020)); }));
    EXPECT_TRUE(fails_with("DER entitlements with magic", [&] {
        open(super_blob({{0, directory}, {7, blob(0xfade7171, "")}}));
    }));
}

TEST(CodeSignature, TruncationAndDamageAreRefusedOrRead) {
    const std::string good =
        super_blob({{0, MadeDirectory{}.bytes()}, {5, blob(0xfade7171, "x")}, {8, blob(0xfade8181, "y")}});
    const auto open = [](const std::string& bytes) {
        const Buffer file(bytes);
        read_code_signature(file.view());
    };
    for (size_t size = 0; size < good.size(); ++size)
        EXPECT_TRUE(test::works_or_refuses([&] { open(good.substr(0, size)); }));
    test::Random random(5);
    for (int round = 0; round < 5000; ++round) {
        std::string bytes = good;
        for (uint64_t i = 0; i <= random.below(3); ++i)
            bytes[random.below(bytes.size())] = static_cast<char>(random.word());
        EXPECT_TRUE(test::works_or_refuses([&] { open(bytes); }));
    }
}

}  // namespace
}  // namespace strata::macho
