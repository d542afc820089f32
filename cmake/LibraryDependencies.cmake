# What the libraries need. Installed too: find_package(strata) looks for the same. Everything comes from Debian's packages
# (tools/packages.txt); nothing is downloaded.
find_package(Threads REQUIRED)
find_package(CapnProto REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ROCKSDB REQUIRED IMPORTED_TARGET rocksdb)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_package(zydis REQUIRED)
# LIEF ships neither a CMake package nor a pkg-config file in Debian 12 (0.9.0).
find_path(LIEF_INCLUDE_DIR LIEF/LIEF.hpp REQUIRED)
find_library(LIEF_LIBRARY LIEF REQUIRED)
if(NOT TARGET LIEF::LIEF)
  add_library(LIEF::LIEF UNKNOWN IMPORTED)
  set_target_properties(LIEF::LIEF PROPERTIES IMPORTED_LOCATION ${LIEF_LIBRARY})
  # Where compilers look anyway it must not be named: as a system folder it would come before their own headers.
  if(NOT LIEF_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    set_target_properties(LIEF::LIEF PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${LIEF_INCLUDE_DIR})
  endif()
endif()
