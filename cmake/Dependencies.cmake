# What the libraries need, and what only building and testing needs.
include(${CMAKE_CURRENT_LIST_DIR}/LibraryDependencies.cmake)
find_package(RapidJSON REQUIRED)  # headers only, never in ours
find_package(CLI11 REQUIRED)
if(STRATA_DEVELOPER)
  find_package(GTest REQUIRED)
  find_package(nlohmann_json REQUIRED)
endif()
