# One static library a layer (or component family), one test program beside it.

# The precompiled header holds the standard library, fmt and Asio: the bulk of what a file compiles.
# It is built and named by a path relative to the build folder rather than by
# target_precompile_headers, which puts absolute paths into every command: so ccache shares what it
# has compiled between build folders.
add_library(alloy_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.h)
target_link_libraries(alloy_pch PUBLIC alloy_asio fmt::fmt)
target_include_directories(alloy_pch PUBLIC ${CMAKE_SOURCE_DIR}/src)
set_source_files_properties(${CMAKE_SOURCE_DIR}/cmake/pch.h PROPERTIES LANGUAGE CXX)
# Not through ccache, whose relative paths would tie it to the folder that it was first built in.
set_target_properties(alloy_pch PROPERTIES CXX_COMPILER_LAUNCHER "")
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(alloy_pch PRIVATE -xc++-header -Xclang -fpch-instantiate-templates)
endif()

# alloy_use_pch(TARGET)
# Includes the precompiled header first in every file that the target has by now.
function(alloy_use_pch target)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${target} PRIVATE "SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/pch.h")
    return()
  endif()
  set(header CMakeFiles/alloy_pch.dir/cmake/pch.h${CMAKE_CXX_OUTPUT_EXTENSION})
  target_compile_options(${target} PRIVATE "SHELL:-include-pch ${header}")
  get_target_property(sources ${target} SOURCES)
  set_source_files_properties(${sources} PROPERTIES OBJECT_DEPENDS ${CMAKE_BINARY_DIR}/${header})
endfunction()

# The entry point of every unit-test program, compiled once.
add_library(alloy_doctest_main OBJECT ${CMAKE_SOURCE_DIR}/tests/doctest_main.cc)

# alloy_layer(NAME FOLDERS <folder>... DEPS <targets>...)
# Builds every .cc below the folders into alloy_NAME and every _test.cc into the program NAME_test.
function(alloy_layer name)
  cmake_parse_arguments(arg "" "" "FOLDERS;DEPS" ${ARGN})
  set(sources)
  set(tests)
  foreach(folder ${arg_FOLDERS})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cc)
    list(APPEND sources ${found})
  endforeach()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(NOT sources)
    add_library(alloy_${name} INTERFACE)
    target_include_directories(alloy_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(alloy_${name} INTERFACE alloy_asio fmt::fmt ${arg_DEPS})
  else()
    add_library(alloy_${name} STATIC ${sources})
    target_include_directories(alloy_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(alloy_${name} PUBLIC alloy_asio fmt::fmt ${arg_DEPS})
    alloy_use_pch(alloy_${name})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE alloy_${name} alloy_doctest_main)
    alloy_use_pch(${name}_test)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 120 LABELS unit)
    set_property(GLOBAL APPEND PROPERTY ALLOY_TEST_PROGRAMS ${name}_test)
  endif()
endfunction()
