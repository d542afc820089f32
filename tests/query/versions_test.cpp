#include "query/versions.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "support/store_maker.h"

namespace strata::query {
namespace {

TEST(Versions, NamesAreReadAsVersions) {
    const std::vector<std::string> ordered{"25.9", "26.0b1",   "26.0 beta 2", "26.0b10", "26.0 RC",
                                           "26.0", "26.0 (a)", "26.0.1",      "26.1",    "26.10"};
    for (size_t i = 0; i < ordered.size(); ++i) {
        if (ordered[i] == "26.0 (a)") continue;  // "a" alone is an alpha: see below
        for (size_t k = 0; k < ordered.size(); ++k) {
            if (ordered[k] == "26.0 (a)") continue;
            EXPECT_EQ(compare_version_names(ordered[i], ordered[k]) < 0, i < k) << ordered[i] << " and " << ordered[k];
        }
    }
    EXPECT_LT(compare_version_names("26.0 (a)", "26.0"), 0);
    EXPECT_EQ(compare_version_names("1.0", "1.00"), 0);
    EXPECT_LT(compare_version_names("1.99999999999999999999", "1.100000000000000000000"), 0);
}

TEST(Versions, BuildsAreFoundInNames) {
    EXPECT_EQ(build_in("iOS-16.0-20A362"), "20A362");
    EXPECT_EQ(build_in("16.0 (20A5283p) arm64e"), "20A5283p");
    EXPECT_EQ(build_in("iPhone14,7"), "");
    EXPECT_EQ(build_in("16.0"), "");
}

record::Firmware firmware(const std::string& name, uint32_t os_version, uint32_t platform = 2) {
    record::Firmware made;
    made.name = name;
    made.platform = platform;
    made.arch = "arm64e";
    made.os_version = os_version;
    return made;
}

TEST(Versions, FirmwaresInOrder) {
    const std::vector<record::Firmware> ordered{firmware("mac", 0x0f0000, 1),     firmware("15.7-19H12", 0x0f0700),
                                                firmware("x-20A5283p", 0x100000), firmware("z-20A5356a", 0x100000),
                                                firmware("y-20A357", 0x100000),   firmware("a-20A362", 0x100000),
                                                firmware("b-20B82", 0x100000),    firmware("16.1b1", 0x100100),
                                                firmware("16.1b2", 0x100100),     firmware("16.1", 0x100100)};
    for (size_t i = 0; i < ordered.size(); ++i)
        for (size_t k = 0; k < ordered.size(); ++k)
            EXPECT_EQ(is_earlier(ordered[i], ordered[k]), i < k) << ordered[i].name << " and " << ordered[k].name;
}

TEST(Versions, StoresGiveThemInOrder) {
    test::TempDir dir;
    {
        store::Writer writer(dir / "store");
        for (const std::string name : {"1.10", "1.9", "1.9b1"}) test::put_firmware(writer, name, {});
        writer.flush();
    }
    store::Reader reader(dir / "store");
    const auto names = [](const std::vector<record::Firmware>& firmwares) {
        std::string text;
        for (const auto& f : firmwares) text += f.name + " ";
        return text;
    };
    EXPECT_EQ(names(firmwares_by_version(reader, {})), "1.9b1 1.9 1.10 ");
    EXPECT_EQ(names(firmwares_by_version(reader, {"1.10", "1.9", "1.10"})), "1.9 1.10 ");
    EXPECT_EQ(names(firmwares_in_order(reader, {"1.10", "1.9b1", "1.10"})), "1.10 1.9b1 ");
    EXPECT_THROW(firmwares_by_version(reader, {"2.0"}), base::Error);
}

}  // namespace
}  // namespace strata::query
