/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways out of boot that are not the core. Each prints its reason, then, as its last line,
 * "plinth: exit N (...)", and powers the machine off by PSCI; where that is not to be had, the
 * CPU sleeps.
 */
#ifndef MAIN_BOOT_EXIT_H
#define MAIN_BOOT_EXIT_H

#include <stdint.h>

#include "abi/boot_info.h"
#include "base/compiler.h"

/* The numbers of sysexits.h that fit. */
enum boot_exit_code {
	BOOT_EXIT_BUNDLE = 65,	/* no bundle, or no VM in it that can start */
	BOOT_EXIT_MACHINE = 69, /* the machine lacks something that Plinth needs */
	BOOT_EXIT_BUG = 71,	/* boot's own mistake, or a CPU exception in it */
};

/* By which conduit to power off; before this call, SMC at EL2 and HVC at EL1. */
void boot_exit_init(enum boot_conduit conduit);

/* text: what goes into the parentheses. */
NORETURN void boot_exit(enum boot_exit_code code, const char *format, ...) PRINTF_LIKE(2, 3);

/* From vectors.S: any exception. vector is the number of the entry, 0 to 15. */
NORETURN void boot_exception(uint64_t vector);

#endif
