# cmake -DCOMPILER=... -DINCLUDE=... -DSOURCE=... -P does_not_compile.cmake
# Passes if SOURCE is refused by the compiler with the sentence of its first line, `// error: <sentence>`.
file(STRINGS ${SOURCE} lines LIMIT_COUNT 1)
if(NOT lines MATCHES "^// error: (.+)$")
  message(FATAL_ERROR "${SOURCE}:1: the first line must be `// error: <sentence>`")
endif()
set(sentence "${CMAKE_MATCH_1}")
set(ENV{LC_ALL} C)
execute_process(
  COMMAND ${COMPILER} -std=c++20 -fsyntax-only -Wall -Wextra -Werror -Wno-undefined-var-template
          -I${INCLUDE} ${SOURCE}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, but should be refused with: ${sentence}")
endif()
string(FIND "${output}" "${sentence}" found)
if(found EQUAL -1)
  message(FATAL_ERROR "${SOURCE} is refused without the sentence: ${sentence}\nThe compiler said:\n${output}")
endif()
