// Reports of the .crash form: lines of text, with the images at the end.
#pragma once

#include <string_view>

#include "query/frames.h"
#include "query/symbolicate.h"

namespace strata::query {

/// Names the frames of lines such as
///     3   UIKitCore    0x00000001a1b2c3d4 0x1a1b00000 + 181204
///     3   UIKitCore    0x00000001a1b2c3d4 UIKitCore + 181204
/// by the lines below "Binary Images:"
///     0x1a1b00000 - 0x1a1b2ffff UIKitCore arm64e  <0123456789abcdef0123456789abcdef> /System/.../UIKitCore
/// Only what is behind the address is replaced. A list of addresses below a title such as "Last Exception Backtrace:",
///     (0x1a1b2c3d4 0x1a1b2c3e8
///     0x1a1b2c400)
/// becomes such lines, numbered; beyond 4,096 addresses a report, lists stay as they are.
Symbolicated symbolicate_text(FrameNames& names, std::string_view report);

}  // namespace strata::query
