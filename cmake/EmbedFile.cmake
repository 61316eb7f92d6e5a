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

# tracerec_embed_folder(TARGET FOLDER HEADER SYMBOL): makes the files of FOLDER the list `SYMBOL`, which HEADER declares
# as `extern const std::vector<EmbeddedFile> SYMBOL;`. A literal of more than 64 KB need not be taken by a compiler
# (C++20, [implimits]): keep files below that.
function(tracerec_embed_folder target folder header symbol)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/${folder} ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*)
  set(entries "")
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${file})
    file(READ ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${file} text)
    string(APPEND entries "    {\"${file}\", R\"EMBED(${text})EMBED\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cc CONTENT
"#include \"@header@\"
namespace tracerec::ui { const std::vector<EmbeddedFile> @symbol@{
@entries@}; }
" @ONLY)
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cc)
endfunction()
