# What an installation holds: the program with its manual pages and shell completions (component `program`), and for
# embedders the libraries, the public header and find_package(strata) (component `development`).
include(CMakePackageConfigHelpers)

# Made by the program itself, from what --help is made from.
set(strata_share ${PROJECT_BINARY_DIR}/share)
add_custom_command(
  OUTPUT ${strata_share}/made
  COMMAND strata manual --output ${strata_share}/man1
  COMMAND strata completion bash > ${strata_share}/strata.bash
  COMMAND strata completion zsh > ${strata_share}/_strata
  COMMAND strata completion fish > ${strata_share}/strata.fish
  COMMAND ${CMAKE_COMMAND} -E touch ${strata_share}/made
  COMMENT "Writing manual pages and shell completions"
  VERBATIM)
add_custom_target(strata_manual ALL DEPENDS ${strata_share}/made)

install(TARGETS strata COMPONENT program)
install(TARGETS strata_worker DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/strata COMPONENT program)
install(DIRECTORY ${strata_share}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT program)
install(FILES ${strata_share}/strata.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME strata COMPONENT program)
install(FILES ${strata_share}/_strata DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
install(FILES ${strata_share}/strata.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT program)  # where Debian looks for it
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT program)

set(strata_package ${CMAKE_INSTALL_LIBDIR}/cmake/strata)
install(DIRECTORY include/strata DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(EXPORT strata NAMESPACE strata:: FILE strataTargets.cmake DESTINATION ${strata_package} COMPONENT development)
configure_package_config_file(cmake/strataConfig.cmake.in ${PROJECT_BINARY_DIR}/strataConfig.cmake INSTALL_DESTINATION ${strata_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/strataConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/strataConfig.cmake ${PROJECT_BINARY_DIR}/strataConfigVersion.cmake cmake/LibraryDependencies.cmake
        DESTINATION ${strata_package} COMPONENT development)

# Debian packages: strata and libstrata-dev (cpack -G DEB).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME strata)
set(CPACK_PACKAGE_VENDOR strata)
set(CPACK_PACKAGE_CONTACT "strata maintainers <maintainers@users.noreply.strata.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Index firmwares once, compare any two for ever")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME strata)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION_SUMMARY}
Reads dyld shared caches and Mach-O, ELF and PE files where they lie, keeps their facts, and compares any two
firmwares or asks questions over all of them, in bounded memory.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libstrata-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "Development files of strata: index firmwares once, compare any two for ever")
# The libraries are static: who links them needs what they link.
file(STRINGS tools/packages.txt strata_packages REGEX "^lib.*-dev$")
list(FILTER strata_packages EXCLUDE REGEX "gtest|cli11")
list(JOIN strata_packages ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS)
include(CPack)
