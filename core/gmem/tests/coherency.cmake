# The coherency engine against the models of caches and TLBs, twice: a short run under the sanitizers
# against the modules as the other tests link them, and the long one against the same sources built
# for speed, by the compiler of the images: its histories are the same by any.
set(COHERENCY_SOURCES
	tests/coherency_model_test.c tests/coherency_directed.c tests/coherency_drop.c tests/coherency_guest.c
	tests/coherency_history.c tests/coherency_host.c tests/coherency_life.c
	tests/coherency_shrink.c tests/coherency_tables.c tests/coherency_taps.c
	tests/coherency_vmid.c tests/coherency_world.c)

# Whose calls say what an operation is for (tests/coherency_taps.h).
set(COHERENCY_WRAPPED
	coh_do s2_map s2_split s2_edit s2_open_like s2_let_fetch s2_unmap s2_clear_step s2_space_fini s2_vmid_load
	s2_enter_vcpu)
list(TRANSFORM COHERENCY_WRAPPED PREPEND "LINKER:--wrap=" OUTPUT_VARIABLE COHERENCY_LINK)
# The machine has less memory than its VMs on purpose, and must not say so (coherency_world.c).
list(APPEND COHERENCY_LINK "LINKER:--wrap=pmem_get_stats")

# Adds the modules' own sources to the target. Called when all modules are known.
function(plinth_add_sources_of TARGET)
	foreach(module ${ARGN})
		get_target_property(dir ${module} SOURCE_DIR)
		get_target_property(type ${module} TYPE)
		if(NOT type STREQUAL "INTERFACE_LIBRARY")
			get_target_property(sources ${module} SOURCES)
			list(TRANSFORM sources PREPEND "${dir}/")
			target_sources(${TARGET} PRIVATE ${sources})
			target_include_directories(${TARGET} PRIVATE ${dir}/src)
		endif()
		target_include_directories(
			${TARGET} PRIVATE $<TARGET_PROPERTY:${module},INTERFACE_INCLUDE_DIRECTORIES>)
	endforeach()
endfunction()

plinth_test(coherency_model_test SOURCES ${COHERENCY_SOURCES} DEPENDS gmem pmem percpu arch)
if(TARGET coherency_model_test)
	target_link_options(coherency_model_test PRIVATE ${COHERENCY_LINK})
	target_compile_definitions(
		coherency_model_test PRIVATE COHERENCY_STEPS=100000U COHERENCY_DROP_STEPS=0U)
endif()
if(TARGET coherency_model_test AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
	add_executable(coherency_fast_test ${COHERENCY_SOURCES})
	target_compile_options(coherency_fast_test
		PRIVATE ${PLINTH_WARNINGS} -Wframe-larger-than=8192 ${PLINTH_COMMON} -O2)
	target_compile_definitions(coherency_fast_test PRIVATE PLINTH_HOST_BUILD=1
		COHERENCY_STEPS=10000000U COHERENCY_DROP_STEPS=200000U)
	target_link_options(coherency_fast_test PRIVATE ${COHERENCY_LINK})
	target_link_libraries(coherency_fast_test PRIVATE cmocka)
	add_test(NAME coherency_fast_test COMMAND coherency_fast_test)
	set_tests_properties(coherency_fast_test PROPERTIES TIMEOUT 600 LABELS unit COST 100)
	cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL plinth_add_sources_of
		coherency_fast_test gmem coh s2 pmem errata el2count lock percpu arch base hypmap abi)
endif()
