#include "allocator.h"

#include <malloc.h>

namespace tool {
namespace {

void set_limits(int mapped_alone, int kept) {
    ::mallopt(M_MMAP_THRESHOLD, mapped_alone);
    ::mallopt(M_TRIM_THRESHOLD, kept);
}

}  // namespace

void bound_allocator() {
    set_limits(256 << 10, 1 << 20);
}

KeepChunkMemory::KeepChunkMemory() {
    set_limits(1 << 20, 4 << 20);
}

KeepChunkMemory::~KeepChunkMemory() {
    bound_allocator();
    ::malloc_trim(0);
}

}  // namespace tool
