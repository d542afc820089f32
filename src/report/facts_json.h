// Facts of firmwares and images as JSON (the forms are in docs/json.md).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "record/firmware.h"
#include "record/head.h"
#include "report/json.h"
#include "store/reader.h"

namespace strata::report {

/// The fields of a firmware, into an open object.
void write_firmware_fields(JsonWriter& json, const record::Firmware& firmware);

/// {"file","offset","expected","message"}
void write_failure(JsonWriter& json, const record::Failure& failure);

/// One line of `strata images --json`, without the line end.
std::string image_line(std::string_view path, const record::Head& head);

/// Everything about one image as one object. Streams: memory is one chunk of each column, plus 24 bytes a symbol for
/// the names of functions.
void write_image(const std::function<void(std::string_view)>& write, store::Reader& reader,
                 const record::Firmware& firmware, std::string_view path, const record::Head& head);

}  // namespace strata::report
