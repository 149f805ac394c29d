# plinth_module(NAME [SOURCES ...] [DEPENDS ...] [PUBLIC_DEPENDS ...] [FLAGS ...])
#
# One folder, one library: include/ is what others may see, src/ is private. A module sees the
# include folders of what it names in DEPENDS and nothing else, so an include that points up
# does not compile. PUBLIC_DEPENDS is for modules whose types stand in our own public headers.
function(plinth_module NAME)
	cmake_parse_arguments(M "" "" "SOURCES;DEPENDS;PUBLIC_DEPENDS;FLAGS" ${ARGN})
	if(M_SOURCES)
		add_library(${NAME} STATIC ${M_SOURCES})
		target_include_directories(${NAME} PUBLIC include PRIVATE src)
		target_link_libraries(${NAME} PUBLIC ${M_PUBLIC_DEPENDS} PRIVATE ${M_DEPENDS})
		plinth_compile_options(${NAME} ${M_FLAGS})
	else()
		add_library(${NAME} INTERFACE)
		target_include_directories(${NAME} INTERFACE include)
		target_link_libraries(${NAME} INTERFACE ${M_PUBLIC_DEPENDS})
	endif()
endfunction()

function(plinth_compile_options NAME)
	target_compile_options(${NAME} PRIVATE
		"$<$<COMPILE_LANGUAGE:C>:${PLINTH_WARNINGS};${PLINTH_COMMON}>" ${ARGN})
	if(PLINTH_TARGET STREQUAL "host")
		target_compile_options(${NAME} PRIVATE ${PLINTH_HOST})
		target_compile_definitions(${NAME} PRIVATE PLINTH_HOST_BUILD=1)
	else()
		target_compile_options(${NAME} PRIVATE ${PLINTH_OPTIMIZE} ${PLINTH_EL2} ${PLINTH_LTO})
		target_compile_definitions(${NAME} PRIVATE PLINTH_HOST_BUILD=0
			$<$<BOOL:${PLINTH_DEBUG}>:PLINTH_DEBUG=1>
			$<$<BOOL:${PLINTH_NOMITIG}>:PLINTH_NOMITIG=1>)
		get_target_property(sources ${NAME} SOURCES)
		foreach(source ${sources})
			file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${source})
			if(path IN_LIST PLINTH_STACK_ARRAYS)
				set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS
					-fstack-protector-strong)
			endif()
		endforeach()
	endif()
endfunction()

# plinth_for_the_compiler(SOURCE...): files with what the compiler calls by itself (memcpy, the stack
# guard): optimizing the whole program does not see those calls, and would drop it.
function(plinth_for_the_compiler)
	set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -fno-lto)
endfunction()

# plinth_for_size(SOURCE...): files that no guest waits for in its daily work.
function(plinth_for_size)
	if(NOT PLINTH_TARGET STREQUAL "host")
		set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS -Os)
	endif()
endfunction()

# plinth_unaligned(SOURCE...): files that read and write packed tables, once the MMU is on and without
# alignment checks: under UEFI (2.10, 2.3.6), or as boot/paging has switched it on.
function(plinth_unaligned)
	if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT PLINTH_TARGET STREQUAL "host")
		set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS -mno-strict-align)
	endif()
endfunction()

# plinth_test(NAME SOURCES ... DEPENDS ... [TIMEOUT seconds] [LABELS ...])
# A cmocka program, host build only. It may include the private headers of its own module's src/.
# LABELS tsan: it has threads, whose turns take their time on a busy machine, and runs under
# ThreadSanitizer too.
function(plinth_test NAME)
	if(NOT PLINTH_TARGET STREQUAL "host" OR PLINTH_SANITIZE STREQUAL "fuzz")
		return()
	endif()
	cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
	if(NOT T_TIMEOUT)
		set(T_TIMEOUT 60)
		if("tsan" IN_LIST T_LABELS)
			set(T_TIMEOUT 240)
		endif()
	endif()
	add_executable(${NAME} ${T_SOURCES})
	target_include_directories(${NAME} PRIVATE src)
	target_link_libraries(${NAME} PRIVATE ${T_DEPENDS} cmocka pthread)
	# A test runs on a Linux stack, and sanitizers make frames larger.
	plinth_compile_options(${NAME} -Wframe-larger-than=8192)
	target_link_options(${NAME} PRIVATE ${PLINTH_HOST_LINK})
	add_test(NAME ${NAME} COMMAND ${NAME})
	set_tests_properties(${NAME} PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "unit;${T_LABELS}")
endfunction()

# plinth_fuzz(NAME SOURCES ... DEPENDS ...): a libFuzzer program, -DPLINTH_SANITIZE=fuzz with clang.
# Its corpus is kept in tests/fuzz/corpus/NAME.
function(plinth_fuzz NAME)
	if(NOT PLINTH_TARGET STREQUAL "host" OR NOT PLINTH_SANITIZE STREQUAL "fuzz")
		return()
	endif()
	cmake_parse_arguments(F "" "" "SOURCES;DEPENDS" ${ARGN})
	add_executable(${NAME} ${F_SOURCES})
	target_include_directories(${NAME} PRIVATE src)
	target_link_libraries(${NAME} PRIVATE ${F_DEPENDS})
	plinth_compile_options(${NAME})
	target_link_options(${NAME} PRIVATE ${PLINTH_HOST_LINK} -fsanitize=fuzzer)
	set_property(GLOBAL APPEND PROPERTY PLINTH_FUZZERS ${NAME})
endfunction()
