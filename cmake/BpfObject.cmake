# tracerec_bpf_object(TARGET SOURCE): compiles SOURCE with clang for the bpf machine and makes the libbpf skeleton
# header out of it. TARGET becomes an interface library whose include folder holds <name>.skel.h.
find_program(BPF_CLANG NAMES clang clang-19 clang-16 clang-14 REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)

function(tracerec_bpf_object target source)
  get_filename_component(name ${source} NAME_WE)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    set(arch arm64)
  else()
    set(arch x86)
  endif()
  set(sysroot "")
  if(CMAKE_SYSROOT)
    set(sysroot --sysroot=${CMAKE_SYSROOT}) # libbpf's headers of the version that is linked
  endif()
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${BPF_CLANG} ${sysroot} -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_${arch} -Wall -Wextra -Werror
            -I${CMAKE_CURRENT_SOURCE_DIR} -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source} ${headers}
    COMMENT "BPF object ${name}" VERBATIM)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND ${BPFTOOL} gen skeleton ${object} name ${name} > ${skeleton}
    DEPENDS ${object} COMMENT "BPF skeleton ${name}" VERBATIM)
  add_custom_target(${target}_generate DEPENDS ${skeleton})
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_generate)
  target_include_directories(${target} SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
