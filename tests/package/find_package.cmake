# Installs the library below WORK_DIR, builds SOURCE_DIR with it, and has it judge two trace files.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# expect_verdict(BODY VERDICT): of a target whose response has that body, where {} was recorded.
function(expect_verdict body verdict)
  file(REMOVE ${WORK_DIR}/trace.db)
  run(${EMULATOR} ${MAKE_TRACE} ${WORK_DIR}/trace.db ${body})
  run(${EMULATOR} ${WORK_DIR}/consumer/judge ${WORK_DIR}/trace.db)
  if(NOT output STREQUAL "${verdict}\n")
    message(FATAL_ERROR "of ${body} it should say ${verdict}: ${output}")
  endif()
endfunction()

set(prefix ${WORK_DIR}/prefix)
file(REMOVE_RECURSE ${prefix} ${WORK_DIR}/consumer)
run(${CMAKE_COMMAND} --install ${TRACEREC_BUILD_DIR} --prefix ${prefix} --config ${TRACEREC_CONFIG}
    --component development)
set(flags "")
if(SANITIZE)
  set(flags -fsanitize=${SANITIZE})
endif()
run(${CMAKE_COMMAND} -S ${SOURCE_DIR} -B ${WORK_DIR}/consumer -G ${GENERATOR} -D CMAKE_BUILD_TYPE=${TRACEREC_CONFIG}
    -D CMAKE_CXX_COMPILER=${CXX_COMPILER} -D CMAKE_TOOLCHAIN_FILE=${TOOLCHAIN_FILE} -D "CMAKE_CXX_FLAGS=${flags}"
    -D tracerec_ROOT=${prefix} -D CMAKE_FIND_ROOT_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/consumer)
expect_verdict("{}" passed)
expect_verdict("{\"new\":1}" failed)
