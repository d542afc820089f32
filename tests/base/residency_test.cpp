// Giving mapped pages back, and the numbers that show it.
#include "base/residency.h"

#include <gtest/gtest.h>

#include "base/mapped_file.h"
#include "base/usage.h"
#include "support/temp_dir.h"

namespace strata::base {
namespace {

constexpr uint64_t kMebibyte = 1U << 20;

/// Reads a byte of every page; the sum keeps the compiler from leaving it out.
uint64_t touch(const ByteView& view) {
    uint64_t sum = 0;
    for (uint64_t at = 0; at < view.size(); at += 4096) sum += view.u8(at, "page");
    return sum;
}

class ResidencyTest : public ::testing::Test {
  protected:
    ResidencyTest() {
        test::write_file(dir_ / "file", std::string(64 * kMebibyte, 'x'));
        file_ = MappedFile::open(dir_ / "file");
    }

    test::TempDir dir_;
    std::unique_ptr<MappedFile> file_;
};

TEST_F(ResidencyTest, SweepLowersResidentFileBytes) {
    const uint64_t before = Residency::resident_file_bytes();
    ASSERT_EQ(touch(file_->view()), 64 * kMebibyte / 4096 * 'x');
    ASSERT_GE(Residency::resident_file_bytes(), before + 60 * kMebibyte);
    Residency residency(before + 16 * kMebibyte);
    residency.add([this] { file_->release_pages(); });
    residency.touched(64 * kMebibyte);
    EXPECT_LE(Residency::resident_file_bytes(), before + 16 * kMebibyte);
    EXPECT_EQ(touch(file_->view()), 64 * kMebibyte / 4096 * 'x') << "swept pages can be read again";
}

TEST_F(ResidencyTest, AWalkInSmallStepsStaysNearTheLimit) {
    const uint64_t before = Residency::resident_file_bytes();
    Residency residency(before + 8 * kMebibyte);
    residency.add([this] { file_->release_pages(); });
    uint64_t peak = 0;
    for (uint64_t at = 0; at < file_->size(); at += 64 << 10) {
        touch(file_->view().sub(at, 64 << 10, "step"));
        residency.touched(64 << 10);
        peak = std::max(peak, Residency::resident_file_bytes());
    }
    EXPECT_LE(peak, before + 8 * kMebibyte + 6 * kMebibyte) << "the limit, and what passes between two looks";
}

TEST_F(ResidencyTest, BelowTheLimitNothingIsSwept) {
    int sweeps = 0;
    Residency residency(UINT64_MAX);
    residency.add([&] { ++sweeps; });
    residency.touched(UINT32_MAX);
    EXPECT_EQ(sweeps, 0);
    Residency strict(0);
    strict.add([&] { ++sweeps; });
    strict.touched(1);
    EXPECT_EQ(sweeps, 0) << "a few bytes are not worth a look";
    strict.touched(16 * kMebibyte);
    EXPECT_EQ(sweeps, 1);
    strict.clear();
    strict.touched(16 * kMebibyte);
    EXPECT_EQ(sweeps, 1);
}

TEST(Usage, SaysSomethingSensible) {
    EXPECT_GE(peak_resident_bytes(), kMebibyte);
    EXPECT_GE(peak_resident_bytes(), Residency::resident_file_bytes());
    const Stopwatch watch;
    const double before = process_cpu_seconds();
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 1000; ++i) sum += i * i;
    EXPECT_GT(sum, 0U);
    EXPECT_GE(process_cpu_seconds(), before);
    EXPECT_GE(watch.wall_seconds(), 0.0);
    EXPECT_GE(watch.cpu_seconds(), 0.0);
}

}  // namespace
}  // namespace strata::base
