# Warnings: the list that gcc 12 and clang 14 share. Every one is an error.
set(PLINTH_WARNINGS
	-Wall -Wextra -Werror -Wundef -Wshadow -Wconversion -Wsign-conversion
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -Wcast-qual -Wcast-align -Wwrite-strings
	-Wswitch-enum -Wimplicit-fallthrough -Wpointer-arith -Wredundant-decls
	-Wnull-dereference -Wframe-larger-than=1024 -Wunused-macros -Wformat=2)

set(PLINTH_COMMON -std=gnu2x -fno-common -fno-strict-aliasing -g)

# Freestanding code that runs at EL2 (boot/ and core/): no FP registers, no unaligned accesses
# (but see plinth_unaligned()).
# BTI is a hint on older CPUs. No pointer authentication at EL2: its keys are the running guest's.

# gcc without the copies and the padding that -O2 would make: 8 KiB, and no instruction more in a guest's
# boot. What runs once (boot/, loader/) sets -Os.
set(PLINTH_OPTIMIZE -O2)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	list(APPEND PLINTH_OPTIMIZE
		-fno-ipa-cp-clone -fno-align-functions -fno-align-loops -fno-align-jumps)
endif()
set(PLINTH_EL2
	-ffreestanding -mgeneral-regs-only -mstrict-align -fstack-protector-strong
	-mbranch-protection=bti -fpie -fvisibility=hidden -ffunction-sections -fdata-sections
	-fno-asynchronous-unwind-tables -fomit-frame-pointer -mno-outline-atomics -march=armv8-a+crc)

# The core is optimized as a whole when it is linked (gcc), and boot: an exit goes through a dozen modules.
# The objects hold usual code too, for all others, which are linked without.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT PLINTH_TARGET STREQUAL "host")
	set(PLINTH_LTO -flto=auto -ffat-lto-objects)
	# Cut into parts for several CPUs, a program shares less: 2.7 KiB. And each file's functions keep what
	# they are built for; -O2 here would align strings alone: 0.8 KiB.
	set(PLINTH_LTO_LINK ${PLINTH_LTO} -flto-partition=one -Os)
	# ADR reaches all of the core and all of boot. All must say so: gcc puts no function into one of
	# another model.
	set(PLINTH_NEAR -mcmodel=tiny)
	# A stack guard (forty bytes a function) where there is an array to run over: in the files of
	# stack_arrays.cmake. -strong has one for each variable whose address is taken too: 7 KiB.
	# Without the -no- it would stay.
	list(APPEND PLINTH_NEAR -fno-stack-protector -fstack-protector --param=ssp-buffer-size=1)
	# Both lie within a megabyte: ADR in place of the ADRP that Cortex-A53 may get wrong always
	# reaches, and costs nothing. The linker's other way out is a page for one instruction.
	set(PLINTH_FIX_843419 -Wl,--fix-cortex-a53-843419=adr)
	add_link_options(-fno-lto -fno-use-linker-plugin)
elseif(NOT PLINTH_TARGET STREQUAL "host")
	set(PLINTH_FIX_843419 -Wl,--fix-cortex-a53-843419)
endif()

option(PLINTH_DEBUG "target builds too check assertions and the order of locks" OFF)

# For `./plinth bench exits` alone, which tells what they cost.
option(PLINTH_NOMITIG "target builds without what keeps speculation from guests' indices" OFF)

set(PLINTH_SANITIZE "address" CACHE STRING "host build: address (with undefined), thread or fuzz")
if(PLINTH_SANITIZE STREQUAL "address")
	set(PLINTH_HOST -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all)
	set(PLINTH_HOST_LINK -fsanitize=address,undefined)
elseif(PLINTH_SANITIZE STREQUAL "thread")
	set(PLINTH_HOST -O1 -fno-omit-frame-pointer -fsanitize=thread)
	set(PLINTH_HOST_LINK -fsanitize=thread)
elseif(PLINTH_SANITIZE STREQUAL "fuzz")
	set(PLINTH_HOST -O1 -fno-omit-frame-pointer
		-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all)
	set(PLINTH_HOST_LINK -fsanitize=address,undefined)
else()
	set(PLINTH_HOST -O2)
	set(PLINTH_HOST_LINK)
endif()
