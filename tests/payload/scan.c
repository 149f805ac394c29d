/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address spaces for Plinth's scanner, in the upper half: "case=N" says which. Then it watches its
 * own registers for ever: a scan under it must change none. "counter at" tells where it counts its
 * looks, in memory that is mapped onto itself. With "crash=1" it ends in a crash instead.
 */
#include "scan.h"
#include "libguest/libguest.h"
#include "options.h"

#define WATCH_PAR   0x00005ca1ab1e0800UL
#define TCR_EPD0    (1UL << 7)
#define TCR_EPD1    (1UL << 23)
#define SCTLR_M	    1UL
#define SCTLR_CACHE 0x1004UL

#define WATCHED	    7U
#define CRASH_LOOKS 0x5ca1ab1eUL

volatile uint64_t scan_looks;

static void read_watched(uint64_t v[WATCHED])
{
	v[0] = READ_SYSREG("par_el1");
	v[1] = READ_SYSREG("ttbr0_el1");
	v[2] = READ_SYSREG("ttbr1_el1");
	v[3] = READ_SYSREG("tcr_el1");
	v[4] = READ_SYSREG("mair_el1");
	v[5] = READ_SYSREG("sctlr_el1");
	v[6] = READ_SYSREG("contextidr_el1");
}

/* For ever; `work` between two looks. */
static void watch(void (*work)(void))
{
	uint64_t was[WATCHED];
	uint64_t now[WATCHED];
	bool same = true;

	WRITE_SYSREG("par_el1", WATCH_PAR);
	isb();
	read_watched(was);
	print("scan: ready, counter at %lx\n", (uint64_t)&scan_looks);
	while (same) {
		for (unsigned i = 0; i < 1000U; i++) {
			__asm__ volatile("yield");
		}
		if (work != NULL) {
			work();
		}
		read_watched(now);
		for (unsigned i = 0; i < WATCHED; i++) {
			same = same && now[i] == was[i];
		}
		scan_looks++;
	}
	check(false, "registers are as they were");
}

/* Code that goes on in the alias of RAM in the upper half, and turns the lower half off. */
static void without_lower_half(void)
{
	uint64_t tcr = READ_SYSREG("tcr_el1") | TCR_EPD0;

	print("scan: ready, counter at 0\n");
	__asm__ volatile("	adr	x9, 1f\n"
			 "	add	x9, x9, %1\n"
			 "	br	x9\n"
			 "1:	msr	tcr_el1, %0\n"
			 "	isb\n"
			 "	tlbi	vmalle1\n"
			 "	dsb	nsh\n"
			 "	isb\n"
			 "2:	yield\n"
			 "	b	2b\n" ::"r"(tcr),
			 "r"(SCAN_ALIAS)
			 : "x9", "memory");
}

static void without_mmu(void)
{
	print("scan: ready, counter at 0\n");
	WRITE_SYSREG("sctlr_el1", READ_SYSREG("sctlr_el1") & ~(SCTLR_M | SCTLR_CACHE));
	isb();
	for (;;) {
		__asm__ volatile("yield");
	}
}

/* No vectors and nothing to execute: the VM cannot go on, and Plinth ends it. */
static void crash(void)
{
	print("scan: ready, counter at %lx\n", (uint64_t)&scan_looks);
	scan_looks = CRASH_LOOKS;
	WRITE_SYSREG("vbar_el1", SCAN_BEHIND_RAM);
	isb();
	__asm__ volatile("br	%0" ::"r"(SCAN_BEHIND_RAM) : "memory");
	__builtin_unreachable();
}

void guest_main(void)
{
	uint64_t number = option("case", SCAN_PAGES_4K);

	scan_make_space(number);
	if (option("crash", 0) != 0U) {
		crash();
	}
	switch (number) {
	case SCAN_NO_LOWER_HALF:
		without_lower_half();
		break;
	case SCAN_NO_MMU:
		without_mmu();
		break;
	case SCAN_NO_UPPER_HALF:
		WRITE_SYSREG("tcr_el1", READ_SYSREG("tcr_el1") | TCR_EPD1);
		watch(NULL);
		break;
	default:
		watch(number == SCAN_REMAPS ? scan_remap : NULL);
		break;
	}
}
