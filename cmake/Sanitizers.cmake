if(TRACEREC_SANITIZE)
  add_compile_options(-fsanitize=${TRACEREC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TRACEREC_SANITIZE})
endif()
