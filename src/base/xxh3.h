// XXH3 as fast as this processor can: libxxhash has versions for AVX2 and AVX-512, and takes them only when asked this
// way. For megabytes; choosing costs more than hashing a name.
#pragma once

#include <xxhash.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#endif
