// How regular expressions are read everywhere here.
#pragma once

#include <re2/re2.h>

#include <cstdint>

namespace strata::query {

inline re2::RE2::Options regex_options() {
    constexpr int64_t kMemory = 16 << 20;
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // names are bytes: not all of them are UTF-8
    options.set_log_errors(false);
    options.set_max_mem(kMemory);
    options.set_never_capture(true);
    options.set_dot_nl(true);
    return options;
}

}  // namespace strata::query
