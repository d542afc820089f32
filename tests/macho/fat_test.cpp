// Fat files: tables of slices, good and damaged.
#include "macho/fat.h"

#include <gtest/gtest.h>

#include "support/buffer.h"
#include "support/containers.h"
#include "support/errors.h"

namespace strata::macho {
namespace {

using test::be32;
using test::Buffer;
using test::fails_with;
using test::make_fat;

TEST(Fat, SlicesOfBothForms) {
    for (const bool wide : {false, true}) {
        const Buffer file(make_fat({{0x01000007, 3, "first slice"}, {0x0100000c, 0x80000002, "second"}}, wide));
        ASSERT_TRUE(is_fat(file.view()));
        const auto slices = read_fat(file.view());
        ASSERT_EQ(slices.size(), 2U);
        EXPECT_EQ(slices[0].cpu_type, 0x01000007U);
        EXPECT_EQ(slices[1].cpu_subtype, 0x80000002U);
        EXPECT_EQ(slice_bytes(file.view(), slices[0]).as_text(), "first slice");
        EXPECT_EQ(slice_bytes(file.view(), slices[1]).as_text(), "second");
    }
}

TEST(Fat, JavaClassesAreNoFatFiles) {
    const Buffer java(be32(kFatMagic) + be32(52) + std::string(4096, '\0'));
    EXPECT_FALSE(is_fat(java.view()));
    EXPECT_TRUE(fails_with("52 slices", [&] { read_fat(java.view()); }));
    EXPECT_FALSE(is_fat(Buffer(be32(kFatMagic)).view()));
}

TEST(Fat, TablesAndSlicesStayInTheFile) {
    const Buffer cut(be32(kFatMagic) + be32(2) + std::string(39, '\0'));
    EXPECT_TRUE(fails_with("table of fat slices", [&] { read_fat(cut.view()); }));
    std::string bytes = make_fat({{7, 3, "slice"}}, false);
    for (const auto& [offset, size] : {std::pair{UINT32_MAX, 1U}, {0U, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}}) {
        test::put(bytes, 16, be32(offset) + be32(size));
        const Buffer file(bytes);
        const auto slices = read_fat(file.view());
        const auto error = test::error_of([&] { slice_bytes(file.view(), slices.at(0)); });
        EXPECT_EQ(error->offset(), 8U) << "the entry";
    }
    std::string wide = make_fat({{7, 3, "slice"}}, true);
    test::put(wide, 16, test::be64(UINT64_MAX - 1) + test::be64(16));
    const Buffer file(wide);
    EXPECT_TRUE(fails_with("leaves the file", [&] { slice_bytes(file.view(), read_fat(file.view()).at(0)); }));
}

TEST(Fat, SlicesBehindOtherBytesCountFromTheirOwnFile) {
    const Buffer outer("12345678" + make_fat({{7, 3, "slice"}}, false));
    const auto inner = outer.view().from(8, "inner");
    EXPECT_EQ(slice_bytes(inner, read_fat(inner).at(0)).as_text(), "slice");
}

}  // namespace
}  // namespace strata::macho
