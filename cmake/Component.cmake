# tracerec_component(NAME SOURCES… [DEPS…] [SYSTEM…]): one folder of the pipeline as one static library, tracerec_NAME.
# DEPS are components (without the prefix), which must stand earlier in the pipeline; SYSTEM are outside libraries,
# kept private so that, say, only schema/ can include sqlite3.h by way of its target.
function(tracerec_component name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;SYSTEM;PUBLIC_SYSTEM" ${ARGN})
  add_library(tracerec_${name} STATIC ${ARG_SOURCES})
  target_include_directories(tracerec_${name} PUBLIC ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(tracerec_${name} PUBLIC tracerec_${dep})
  endforeach()
  target_link_libraries(tracerec_${name} PUBLIC Threads::Threads Boost::headers ${ARG_PUBLIC_SYSTEM} PRIVATE ${ARG_SYSTEM})
  tracerec_warnings(tracerec_${name})
endfunction()
