# What `cmake --install --component tracerec` and cpack put beside the program, and the Debian package itself
# (scripts/package).

# scripts/package says what the version control knows: 0.1.0+5.g1234567, and the date of the commit.
set(TRACEREC_PACKAGE_VERSION "" CACHE STRING "Version of the package; empty: that of the program")
set(TRACEREC_PACKAGE_DATE "Thu, 01 Jan 2026 00:00:00 +0000" CACHE STRING "Its date, as in RFC 5322")
set(package_version ${PROJECT_VERSION})
if(TRACEREC_PACKAGE_VERSION)
  set(package_version ${TRACEREC_PACKAGE_VERSION})
endif()
set(TRACEREC_PACKAGE_CONTACT "The tracerec authors <tracerec@example.org>" CACHE STRING "Maintainer of the package")

# Manual pages and completions, which the program makes of its own command line.
set(generated ${PROJECT_BINARY_DIR}/generated)
configure_file(packaging/changelog.Debian.in ${PROJECT_BINARY_DIR}/changelog.Debian @ONLY)
set(completions ${generated}/tracerec.bash ${generated}/_tracerec ${generated}/tracerec.fish)
add_custom_command(
  OUTPUT ${completions} ${generated}/man/tracerec.1.gz ${generated}/changelog.gz
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${generated}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}/man
  COMMAND tracerec manual ${generated}/man
  COMMAND tracerec completion bash >${generated}/tracerec.bash
  COMMAND tracerec completion zsh >${generated}/_tracerec
  COMMAND tracerec completion fish >${generated}/tracerec.fish
  COMMAND gzip -9n ${generated}/man/*.1
  COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md >${generated}/changelog.gz
  COMMAND gzip -9nc ${PROJECT_BINARY_DIR}/changelog.Debian >${generated}/changelog.Debian.gz
  DEPENDS tracerec ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${PROJECT_BINARY_DIR}/changelog.Debian
  COMMENT "manual pages and completions")
add_custom_target(packaging ALL DEPENDS ${completions})

function(install_for_program)
  install(${ARGN} COMPONENT tracerec)
endfunction()
install_for_program(DIRECTORY ${generated}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install_for_program(FILES ${generated}/tracerec.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME tracerec)
install_for_program(FILES ${generated}/_tracerec DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install_for_program(FILES ${generated}/tracerec.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install_for_program(FILES docs/report.schema.json docs/rules.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/tracerec)
install_for_program(FILES packaging/tracerec@.service DESTINATION lib/systemd/system)
install_for_program(PROGRAMS packaging/kubernetes/record-pods DESTINATION libexec/tracerec)
install_for_program(FILES packaging/Containerfile packaging/kubernetes/record.yaml packaging/kubernetes/replay.yaml
  integrations/github/action.yml integrations/gitlab/tracerec.yml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install_for_program(FILES packaging/copyright ${generated}/changelog.gz ${generated}/changelog.Debian.gz
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install_for_program(FILES packaging/lintian-overrides
  DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME tracerec)
file(GLOB pages CONFIGURE_DEPENDS docs/*.md)
install_for_program(FILES README.md ${pages} DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tracerec)
set(CPACK_PACKAGE_CONTACT ${TRACEREC_PACKAGE_CONTACT})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "record HTTP traffic with eBPF, replay it, compare the responses")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL tracerec)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_TRACEREC_PACKAGE_NAME tracerec)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_TRACEREC_DESCRIPTION "tracerec records the HTTP/1 exchanges of a running process, without a proxy
or a restart, re-sends them to another server, compares its responses with
the recorded ones, and fails a build when they differ in what matters.
.
Recording needs root, or capabilities of the file, and Linux 6.1 or newer with
BTF.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_TRACEREC_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# Of another architecture the libraries are not packages of this machine: scripts/package says what they are.
if(TRACEREC_PACKAGE_DEPENDS)
  set(CPACK_DEBIAN_TRACEREC_PACKAGE_DEPENDS ${TRACEREC_PACKAGE_DEPENDS})
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${TRACEREC_PACKAGE_ARCHITECTURE})
else()
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()
set(CPACK_DEBIAN_PACKAGE_VERSION ${package_version})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
include(CPack)
