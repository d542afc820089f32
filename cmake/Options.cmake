# Compiler settings shared by all targets: link strata_options.
add_library(strata_options INTERFACE)
target_compile_options(strata_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: false alarms about std::string concatenation at -O3.
  target_compile_options(strata_options INTERFACE -Wno-restrict)
endif()
if(STRATA_DEVELOPER)
  target_compile_options(strata_options INTERFACE -Werror)
  target_compile_definitions(strata_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()

if(STRATA_SANITIZE)
  add_compile_options(-fsanitize=${STRATA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${STRATA_SANITIZE})
endif()
if(STRATA_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
