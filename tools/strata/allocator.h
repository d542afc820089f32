// How much freed memory glibc keeps.
#pragma once

namespace tool {

/// glibc keeps freed blocks for later, and the larger the largest block ever freed, the more: after a few large images
/// twice as much would be resident as is in use. Fixed limits give large blocks back at once.
void bound_allocator();

/// While this lives, blocks as large as chunks of columns are kept, too: indexing, and searching for an expression,
/// take and free thousands of them, and each would be mapped, cleared and unmapped anew.
class KeepChunkMemory {
  public:
    KeepChunkMemory();
    ~KeepChunkMemory();
    KeepChunkMemory(const KeepChunkMemory&) = delete;
    KeepChunkMemory& operator=(const KeepChunkMemory&) = delete;
};

}  // namespace tool
