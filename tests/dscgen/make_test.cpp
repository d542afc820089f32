#include "cache_files.h"

#include "dscgen/dscgen.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>

namespace {

using namespace dscgen_test;
using dscgen::Arch;
using dscgen::Layout;

struct Form {
    std::uint32_t era;
    Arch arch;
    Layout layout;
    std::size_t least_files;  // without .symbols
};

class MakeForms : public testing::TestWithParam<Form> {
  protected:
    dscgen::Spec spec() const {
        dscgen::Spec s;
        s.images = 24;
        s.era = GetParam().era;
        s.arch = GetParam().arch;
        s.layout = GetParam().layout;
        s.seed = 11;
        return s;
    }
};

// What dyld itself demands of a file at load time.
void expect_sound_header(const std::string& name, const std::string& file, std::uint32_t era) {
    SCOPED_TRACE(name);
    EXPECT_EQ(file.substr(0, 7), "dyld_v1");
    EXPECT_EQ(file[15], '\0');
    EXPECT_EQ(read_at<std::uint32_t>(file, 0x10), era);
    const auto count = read_at<std::uint32_t>(file, 0x14);
    ASSERT_GE(count, 1U);
    ASSERT_LE(count, 8U);
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint64_t at = era + i * 0x20;
        EXPECT_EQ(read_at<std::uint64_t>(file, at + 16), offset) << "file ranges are contiguous";
        EXPECT_GE(read_at<std::uint64_t>(file, at), end) << "addresses ascend";
        EXPECT_GT(read_at<std::uint64_t>(file, at + 8), 0U);
        offset += read_at<std::uint64_t>(file, at + 8);
        end = read_at<std::uint64_t>(file, at) + read_at<std::uint64_t>(file, at + 8);
        if (era < 0x140) continue;
        const std::uint64_t slide = read_at<std::uint32_t>(file, 0x138) + i * 0x38;
        EXPECT_EQ(file.substr(at, 0x18), file.substr(slide, 0x18)) << "both tables describe the same mappings";
        EXPECT_EQ(file.substr(at + 0x18, 8), file.substr(slide + 0x30, 8));
    }
    if (count > 1) {
        EXPECT_EQ(read_at<std::uint32_t>(file, era + (count - 1) * 0x20 + 24), 1U) << "LINKEDIT is last";
    }
    EXPECT_EQ(read_at<std::uint64_t>(file, 0x28) + read_at<std::uint64_t>(file, 0x30), file.size());
    EXPECT_LE(offset, read_at<std::uint64_t>(file, 0x28));
}

TEST_P(MakeForms, HeadersAreSound) {
    const TempDirectory temp;
    const dscgen::Result result = dscgen::make(spec(), temp.at("a"));
    const auto files = cache_files(temp.at("a"));
    EXPECT_EQ(files.size(), result.files);
    std::size_t mapped = 0;
    std::uint64_t bytes = 0;
    for (const auto& [name, file] : files) {
        expect_sound_header(name, file, GetParam().era);
        bytes += file.size();
        mapped += name.ends_with(".symbols") ? 0 : 1;
    }
    EXPECT_EQ(bytes, result.bytes);
    EXPECT_GE(mapped, GetParam().least_files);
    EXPECT_EQ(result.images, 24U);
    EXPECT_EQ(lines(temp.at("a/truth.jsonl")).size(), 24U);
}

TEST_P(MakeForms, SubCachesAreTheOnesListed) {
    if (GetParam().era < 0x1C8) GTEST_SKIP() << "one file";
    const TempDirectory temp;
    const dscgen::Result result = dscgen::make(spec(), temp.at("a"));
    const std::string main = read_file(result.main_file);
    const auto table = read_at<std::uint32_t>(main, 0x188);
    const bool named = GetParam().era >= 0x1D0;
    for (std::uint32_t i = 0; i < read_at<std::uint32_t>(main, 0x18C); ++i) {
        const std::uint64_t at = table + i * (named ? 56U : 24U);
        const std::string suffix = named ? main.c_str() + at + 24 : "." + std::to_string(i + 1);
        const std::string sub = read_file(result.main_file + suffix);
        ASSERT_FALSE(sub.empty()) << suffix;
        EXPECT_EQ(sub.substr(0x58, 16), main.substr(at, 16));
        EXPECT_EQ(read_at<std::uint64_t>(sub, GetParam().era),
                  read_at<std::uint64_t>(main, GetParam().era) + read_at<std::uint64_t>(main, at + 16));
    }
}

TEST_P(MakeForms, MachHeadersAreWhereTheTablesSay) {
    if (GetParam().era < 0x98) GTEST_SKIP() << "no imagesText";
    const TempDirectory temp;
    const dscgen::Result result = dscgen::make(spec(), temp.at("a"));
    const auto files = cache_files(temp.at("a"));
    const auto images = images_text(read_file(result.main_file));
    EXPECT_EQ(images.size(), 24U);
    for (const auto& [path, record] : images) {
        const std::string header = at_address(files, record.address, 28);
        ASSERT_EQ(header.size(), 28U) << path;
        EXPECT_EQ(read_at<std::uint32_t>(header, 0) & 0xFFFFFFFEU, 0xFEEDFACEU) << path;
        EXPECT_NE(read_at<std::uint32_t>(header, 24) & 0x80000000U, 0U) << "MH_DYLIB_IN_CACHE";
        EXPECT_FALSE(at_address(files, record.address, record.size).empty()) << "__TEXT lies in one mapping";
    }
}

TEST_P(MakeForms, SameSeedSameBytes) {
    const TempDirectory temp;
    dscgen::make(spec(), temp.at("a"));
    dscgen::make(spec(), temp.at("b"));
    EXPECT_EQ(cache_files(temp.at("a")), cache_files(temp.at("b")));
    dscgen::Spec other = spec();
    other.seed = 12;
    dscgen::make(other, temp.at("c"));
    EXPECT_NE(cache_files(temp.at("a")), cache_files(temp.at("c")));
}

INSTANTIATE_TEST_SUITE_P(
    ErasAndArches, MakeForms,
    testing::Values(Form{0x70, Arch::arm64, Layout::single, 1}, Form{0x98, Arch::armv7, Layout::single, 1},
                    Form{0xF8, Arch::x86_64, Layout::single, 1}, Form{0x138, Arch::arm64e, Layout::single, 1},
                    Form{0x138, Arch::armv7k, Layout::single, 1}, Form{0x140, Arch::arm64, Layout::single, 1},
                    Form{0x140, Arch::x86_64h, Layout::single, 1}, Form{0x1C8, Arch::arm64e, Layout::split, 3},
                    Form{0x1C8, Arch::arm64, Layout::many, 3}, Form{0x200, Arch::arm64_32, Layout::split, 4},
                    Form{0x200, Arch::x86_64, Layout::split, 2}, Form{0x208, Arch::arm64e, Layout::many, 6},
                    Form{0x228, Arch::arm64e, Layout::split, 4}, Form{0x228, Arch::arm64e, Layout::single, 1},
                    Form{0x228, Arch::x86_64, Layout::many, 4}, Form{0x238, Arch::arm64e, Layout::many, 6}));

std::uint32_t big_endian(const std::string& bytes, std::uint64_t at) {
    return __builtin_bswap32(read_at<std::uint32_t>(bytes, at));
}

// A file's signature as `codesign` checks it: one hash a page, of everything before the signature.
void expect_signed(const std::string& name, const std::string& file) {
    SCOPED_TRACE(name);
    const auto end = read_at<std::uint64_t>(file, 0x28);
    ASSERT_EQ(big_endian(file, end), 0xFADE0CC0U);
    ASSERT_EQ(big_endian(file, end + 12), 0U) << "the first part is the code directory";
    const std::uint64_t directory = end + big_endian(file, end + 16);
    ASSERT_EQ(big_endian(file, directory), 0xFADE0C02U);
    ASSERT_EQ(big_endian(file, directory + 32), end) << "all before the signature is signed";
    const std::uint64_t page = 1U << read_at<std::uint8_t>(file, directory + 39);
    const auto slots = big_endian(file, directory + 28);
    ASSERT_EQ(slots, (end + page - 1) / page);
    for (std::uint64_t i = 0; i < slots; ++i) {
        unsigned char hash[32];
        const std::uint64_t size = std::min(page, end - i * page);
        ASSERT_EQ(EVP_Digest(file.data() + i * page, size, hash, nullptr, EVP_sha256(), nullptr), 1);
        const std::string slot = file.substr(directory + big_endian(file, directory + 16) + 32 * i, 32);
        ASSERT_EQ(slot, std::string(reinterpret_cast<const char*>(hash), 32)) << "page " << i;
    }
}

TEST_P(MakeForms, EveryPageIsSigned) {
    const TempDirectory temp;
    dscgen::make(spec(), temp.at("a"));
    for (const auto& [name, file] : cache_files(temp.at("a"))) expect_signed(name, file);
}

// To those who go by the signature, as strata does, a damaged cache is other content.
TEST(Make, ADamagedCacheHasASignatureOfItsOwn) {
    const TempDirectory temp;
    dscgen::make({}, temp.at("a"));
    const auto before = cache_files(temp.at("a"));
    dscgen::damage(temp.at("a"), temp.at("b"), "macho.ncmds=max");
    std::size_t changed = 0;
    for (const auto& [name, file] : cache_files(temp.at("b"))) {
        expect_signed(name, file);
        const auto signature = read_at<std::uint64_t>(file, 0x28);
        changed += file.substr(signature) != before.at(name).substr(signature) ? 1 : 0;
    }
    EXPECT_EQ(changed, 1U);
}

TEST(Make, SizesAreNearWhatWasAsked) {
    const TempDirectory temp;
    dscgen::Spec spec;
    spec.images = 60;
    spec.symbols = 30000;
    spec.bytes = 30000000;
    const dscgen::Result result = dscgen::make(spec, temp.at("a"));
    EXPECT_NEAR(static_cast<double>(result.symbols), 30000.0, 3000.0);
    EXPECT_NEAR(static_cast<double>(result.bytes), 30000000.0, 3000000.0);
}

TEST(Make, UuidsInTruthAreThoseOfTheTables) {
    const TempDirectory temp;
    const dscgen::Result result = dscgen::make({}, temp.at("a"));
    const auto images = images_text(read_file(result.main_file));
    for (const std::string& line : lines(temp.at("a/truth.jsonl"))) {
        const auto found = images.find(json_value(line, "path"));
        ASSERT_NE(found, images.end()) << line;
        EXPECT_EQ(json_value(line, "address"), std::to_string(found->second.address));
        std::string hex;
        for (const char c : found->second.uuid) {
            constexpr char kDigits[] = "0123456789ABCDEF";
            hex += kDigits[static_cast<unsigned char>(c) >> 4];
            hex += kDigits[c & 15];
        }
        std::string uuid = json_value(line, "uuid");
        std::erase(uuid, '-');
        EXPECT_EQ(uuid, hex);
    }
}

TEST(Make, RefusesWhatMakesNoSense) {
    const TempDirectory temp;
    dscgen::Spec spec;
    spec.era = 0x123;
    EXPECT_THROW(dscgen::make(spec, temp.at("a")), std::invalid_argument);
    spec.era = 0x140;
    spec.layout = Layout::split;
    EXPECT_THROW(dscgen::make(spec, temp.at("a")), std::invalid_argument);
    spec.layout = Layout::single;
    spec.era = 0x70;
    EXPECT_THROW(dscgen::make(spec, temp.at("a")), std::invalid_argument) << "arm64e is younger";
}

}  // namespace
