// Firmware manifests.
#include "record/firmware.h"

#include <gtest/gtest.h>

#include "samples.h"
#include "support/errors.h"

namespace strata::record {
namespace {

void expect_round_trip(const Firmware& firmware) {
    const auto message = encode_firmware(firmware);
    const auto decoded = decode_firmware(firmware.name, message.bytes());
    EXPECT_EQ(decoded.name, firmware.name);
    EXPECT_EQ(decoded.id, firmware.id);
    EXPECT_EQ(decoded.complete, firmware.complete);
    EXPECT_EQ(decoded.identity, firmware.identity);
    EXPECT_EQ(decoded.source_path, firmware.source_path);
    EXPECT_EQ(decoded.kind, firmware.kind);
    EXPECT_EQ(decoded.arch, firmware.arch);
    EXPECT_EQ(decoded.platform, firmware.platform);
    EXPECT_EQ(decoded.os_version, firmware.os_version);
    EXPECT_EQ(decoded.uuid, firmware.uuid);
    EXPECT_EQ(decoded.images, firmware.images);
    EXPECT_EQ(decoded.failed, firmware.failed);
    EXPECT_EQ(decoded.warnings, firmware.warnings);
    EXPECT_EQ(decoded.tool_version, firmware.tool_version);
    EXPECT_EQ(decoded.schema_version, firmware.schema_version);
    EXPECT_EQ(decoded.extracted_bytes, firmware.extracted_bytes);
    ASSERT_EQ(decoded.files.size(), firmware.files.size());
    for (size_t i = 0; i < decoded.files.size(); ++i) {
        EXPECT_EQ(decoded.files[i].name, firmware.files[i].name);
        EXPECT_EQ(decoded.files[i].size, firmware.files[i].size);
        EXPECT_EQ(decoded.files[i].uuid, firmware.files[i].uuid);
    }
}

TEST(FirmwareRecord, RoundTrip) {
    expect_round_trip(sample_firmware());
}

TEST(FirmwareRecord, Empty) {
    expect_round_trip(Firmware{});
}

TEST(FirmwareRecord, ManyFilesAndWarnings) {
    test::Random random(60);
    Firmware firmware = sample_firmware();
    for (int i = 0; i < 2000; ++i) {
        firmware.files.push_back({random.name(random.below(60)), random.word(), random.bytes(16)});
        firmware.warnings.push_back(random.name(random.below(400)));
    }
    expect_round_trip(firmware);
}

TEST(FirmwareRecord, OlderSchemaIsRefused) {
    Firmware firmware = sample_firmware();
    firmware.schema_version = kSchemaVersion - 1;
    const auto message = encode_firmware(firmware);
    EXPECT_TRUE(test::fails_with("older strata", [&] { decode_firmware("x", message.bytes()); }));
}

TEST(FirmwareRecord, NewerSchemaIsRefused) {
    Firmware firmware = sample_firmware();
    firmware.schema_version = kSchemaVersion + 1;
    const auto message = encode_firmware(firmware);
    EXPECT_TRUE(test::fails_with("newer strata", [&] { decode_firmware("x", message.bytes()); }));
    EXPECT_EQ(test::error_of([&] { decode_firmware("x", message.bytes()); })->kind(), base::ErrorKind::kStore);
}

TEST(FirmwareRecord, SourceBytesAddUp) {
    Firmware firmware;
    EXPECT_EQ(firmware.source_bytes(), 0U);
    firmware.files = {{"a", 5, ""}, {"b", 7, ""}};
    EXPECT_EQ(firmware.source_bytes(), 12U);
}

}  // namespace
}  // namespace strata::record
