# Libraries of others that boot/ and loader/ link: libfdt and zlib, from Debian. The host build
# takes the machine's, the aarch64 build the unpacked arm64 packages in PLINTH_SYSROOT.
include_guard(GLOBAL)

function(plinth_library NAME FILE)
	add_library(${NAME} INTERFACE IMPORTED GLOBAL)
	if(PLINTH_TARGET STREQUAL "host")
		target_link_libraries(${NAME} INTERFACE ${FILE})
	else()
		set(triplet aarch64-linux-gnu)
		target_link_libraries(${NAME} INTERFACE
			${PLINTH_SYSROOT}/usr/lib/${triplet}/lib${FILE}.a)
		target_include_directories(${NAME} SYSTEM INTERFACE ${PLINTH_SYSROOT}/usr/include)
	endif()
endfunction()

plinth_library(libfdt fdt)
plinth_library(zlib z)
