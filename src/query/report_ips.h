// Reports of the .ips form: one line of JSON about the report, then one JSON object with threads, frames, images.
#pragma once

#include <string_view>

#include "query/frames.h"
#include "query/symbolicate.h"

namespace strata::query {

/// Every object with `imageIndex` and `imageOffset` and without `symbol` is a frame to be named, wherever it stands;
/// `usedImages` says which image that is. Names are put in as `symbol` and `symbolLocation`, the members Apple's own
/// reports have. Text that is no JSON, or nests deeper than 512, is given back as it is,
/// with the place in `broken_at`.
Symbolicated symbolicate_ips(FrameNames& names, std::string_view report);

}  // namespace strata::query
