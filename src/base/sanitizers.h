// Whether this is a build whose memory is not ours to bound: sanitizers map terabytes of shadow, keep what was freed,
// and look at memory through pipes of their own. GCC and clang say so in different words.
#pragma once

namespace strata::base {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace strata::base
