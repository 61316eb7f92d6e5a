# tracerec_component(NAME [PROGRAM_ONLY] SOURCES… [DEPS…] [SYSTEM…] [PUBLIC_SYSTEM…] [PUBLIC_HEADERS…]): one folder of
# the pipeline as one static library, tracerec_NAME; installed as tracerec::NAME unless PROGRAM_ONLY.
# DEPS are components (without the prefix), which must stand earlier in the pipeline; SYSTEM are outside libraries,
# kept private so that, say, only schema/ can include sqlite3.h by way of its target. PUBLIC_HEADERS are those that are
# installed; without it all of the folder.
function(tracerec_component name)
  cmake_parse_arguments(ARG "PROGRAM_ONLY" "" "SOURCES;DEPS;SYSTEM;PUBLIC_SYSTEM;PUBLIC_HEADERS" ${ARGN})
  add_library(tracerec_${name} STATIC ${ARG_SOURCES})
  # Installed headers include each other as those of the tree do: "base/error.h".
  target_include_directories(tracerec_${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/tracerec>)
  target_compile_features(tracerec_${name} PUBLIC cxx_std_20)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(tracerec_${name} PUBLIC tracerec_${dep})
  endforeach()
  target_link_libraries(tracerec_${name}
    PUBLIC Threads::Threads Boost::headers ${ARG_PUBLIC_SYSTEM} PRIVATE ${ARG_SYSTEM})
  tracerec_warnings(tracerec_${name})
  if(TRACEREC_UNITY)
    set_target_properties(tracerec_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # A .cc file in a larger piece looks like a header to GCC, in which anonymous namespaces would be a mistake; and
      # names of one file are in scope in the next.
      target_compile_options(tracerec_${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage> -Wno-shadow)
    endif()
  endif()
  if(NOT ARG_PROGRAM_ONLY)
    tracerec_install_component(${name} "${ARG_PUBLIC_HEADERS}")
  endif()
endfunction()

# The library's part of `cmake --install`, which --component development asks for alone.
function(tracerec_install_component name headers)
  if(NOT headers)
    file(GLOB headers CONFIGURE_DEPENDS *.h)
  endif()
  set_target_properties(tracerec_${name} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS tracerec_${name} EXPORT tracerec COMPONENT development)
  install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tracerec/${name} COMPONENT development)
endfunction()

# The package that find_package(tracerec) finds: the targets, and what they need.
function(tracerec_install_package)
  set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/tracerec)
  install(EXPORT tracerec NAMESPACE tracerec:: FILE tracerecTargets.cmake DESTINATION ${folder} COMPONENT development)
  configure_package_config_file(cmake/tracerecConfig.cmake.in tracerecConfig.cmake INSTALL_DESTINATION ${folder})
  # Before 1.0 any minor version may change an interface.
  write_basic_package_version_file(tracerecConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/tracerecConfig.cmake ${PROJECT_BINARY_DIR}/tracerecConfigVersion.cmake
          DESTINATION ${folder} COMPONENT development)
  install(FILES cmake/Dependencies.cmake RENAME tracerecDependencies.cmake
          DESTINATION ${folder} COMPONENT development)
endfunction()
