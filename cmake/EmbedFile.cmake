# tracerec_embed_text(TARGET SYMBOL FILE): makes FILE's text the constant `SYMBOL`, declared by the user as
# `extern const char* const SYMBOL;`.
function(tracerec_embed_text target symbol file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cc)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  file(READ ${file} text)
  file(CONFIGURE OUTPUT ${source} CONTENT
"namespace tracerec { extern const char* const @symbol@; const char* const @symbol@ = R\"EMBED(@text@)EMBED\"; }
" @ONLY)
  target_sources(${target} PRIVATE ${source})
endfunction()
