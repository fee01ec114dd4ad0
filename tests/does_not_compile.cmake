# cmake -DCOMPILER=... -DINCLUDE=... -DSOURCE=... -P does_not_compile.cmake
# Passes if SOURCE is refused by the compiler, and the first line that it calls an error holds the sentence of SOURCE's
# first line, `// error: <sentence>`. Of `<this> ... <that>` it holds both.
file(STRINGS ${SOURCE} lines LIMIT_COUNT 1)
if(NOT lines MATCHES "^// error: (.+)$")
  message(FATAL_ERROR "${SOURCE}:1: the first line must be `// error: <sentence>`")
endif()
set(sentence "${CMAKE_MATCH_1}")
set(ENV{LC_ALL} C)
execute_process(
  COMMAND ${COMPILER} -std=c++20 -fsyntax-only -Wno-undefined-var-template
          -I${INCLUDE} ${SOURCE}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, but should be refused with: ${sentence}")
endif()
string(REGEX MATCH "error: [^\n]*" first "${output}")
string(REPLACE " ... " "\n" pieces "${sentence}\n")
while(pieces MATCHES "^([^\n]+)\n(.*)$")
  set(piece "${CMAKE_MATCH_1}")
  set(pieces "${CMAKE_MATCH_2}")
  string(FIND "${first}" "${piece}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "${SOURCE} is refused, but not first with: ${piece}\nThe compiler said:\n${output}")
  endif()
endwhile()
