if(TRACEREC_SANITIZE)
  add_compile_options(-fsanitize=${TRACEREC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TRACEREC_SANITIZE})
  if(TRACEREC_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan) # Asio's fences, which ThreadSanitizer does not follow; nothing here relies on them
  endif()
endif()
