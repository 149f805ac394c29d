/* SPDX-License-Identifier: Apache-2.0 */
#include "arch_impl/asm.h"
#include "image/relocate.h"

#define KEPT_MACHINE 24	/* in struct plinth_kept */

/* struct boot_again.entry: the core's primary comes back, with MMU and caches off. */
func plinth_again
	mrs	x1, cntpct_el0
	address	x0, plinth_kept
	add	x0, x0, #KEPT_MACHINE
	b	boot_restart
endfunc plinth_again
