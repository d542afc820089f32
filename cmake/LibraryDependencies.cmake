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
