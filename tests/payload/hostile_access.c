/* SPDX-License-Identifier: Apache-2.0 */
/* Loads, stores and fetches where there is no memory of ours, and returns into nowhere. */
#include "hostile.h"

#include "base/compiler.h"
#include "libguest/libguest.h"

#define ACCESSES 128U
#define FETCHES	 32U
#define ERETS	 32U
#define GIB	 0x40000000UL

/* An exclusive access to RAM alone proves nothing; x0 is the base of every form here. */
#define BASE_X0(insn) ((insn) & ~(0x1fU << 5))
#define BASE_SP(insn) ((insn) | (0x1fU << 5))

/* Any load or store: bits 27 and 25 say so (DDI 0487, C4.1). */
static uint32_t random_access(struct hostile *h)
{
	uint32_t insn = (uint32_t)hostile_random(h);

	insn = (insn | (1U << 27)) & ~(1U << 25);
	if (hostile_one_in(h, 8)) {
		return BASE_SP(insn);
	}
	return BASE_X0(insn);
}

/* The plain ones: size, opc, V and the addressing form random, as compilers make them. */
static uint32_t plain_access(struct hostile *h)
{
	static const uint32_t forms[] = {
		0x39000000U, /* unsigned offset */
		0x38000000U, /* unscaled */
		0x38000400U, /* post-index */
		0x38000c00U, /* pre-index */
		0x38000800U, /* unprivileged */
		0x28000000U, /* pair, no allocate */
		0x28800000U, /* pair, post-index */
		0x29000000U, /* pair, offset */
		0x29800000U, /* pair, pre-index */
		0x08000000U, /* exclusive, ordered */
		0x38200000U, /* atomic */
		0x0c000000U, /* SIMD, several structures */
		0x0d000000U, /* SIMD, one structure */
	};
	uint32_t insn = forms[hostile_below(h, ARRAY_SIZE(forms))];
	uint32_t noise = (uint32_t)hostile_random(h);

	insn |= noise & 0xc4c0001fU; /* size, V, opc, Rt */
	insn |= noise & 0x000ff000U & (hostile_one_in(h, 2) ? 0x0007f000U : 0U);
	return BASE_X0(insn);
}

/* Registers that an index may come from are small, so that base + index stays off our RAM. */
static void prepare(struct hostile *h, struct attempt *a)
{
	hostile_registers(h, a);
	for (unsigned i = 1; i < ARRAY_SIZE(a->x); i++) {
		a->x[i] = hostile_below(h, 4096);
	}
	a->x[0] = hostile_address(h);
	a->pstate = PSTATE_EL1T & ~(hostile_one_in(h, 4) ? PSTATE_IRQ_MASKED : 0U);
}

void attack_accesses(struct hostile *h)
{
	struct attempt a;

	for (unsigned i = 0; i < ACCESSES; i++) {
		code_put(i, hostile_one_in(h, 2) ? random_access(h) : plain_access(h));
	}
	code_publish();
	for (unsigned i = 0; i < ACCESSES; i++) {
		prepare(h, &a);
		a.pc = code_at(i);
		hostile_run(h, &a);
	}
}

/* Fetches: libguest maps devices execute-never, so all below RAM once more, executable. */
#define ALIAS_DEVICE 300UL /* GiB: device memory */
#define ALIAS_NORMAL 301UL /* GiB: cacheable */
#define LEAF_DEVICE  0x0000000000000401UL
#define LEAF_NORMAL  0x0000000000000705UL

static void map_aliases(void)
{
	volatile uint64_t *level1 = (volatile uint64_t *)(READ_SYSREG("ttbr0_el1") & ~1UL);

	level1[ALIAS_DEVICE] = LEAF_DEVICE;
	level1[ALIAS_NORMAL] = LEAF_NORMAL;
	__asm__ volatile("dsb ish\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}

void attack_fetch(struct hostile *h)
{
	struct attempt a;

	map_aliases();
	for (unsigned i = 0; i < FETCHES; i++) {
		uint64_t at = hostile_address(h);

		hostile_registers(h, &a);
		if (at < GIB) {
			at += (hostile_one_in(h, 2) ? ALIAS_DEVICE : ALIAS_NORMAL) * GIB;
		}
		a.pc = at;
		a.pstate = hostile_one_in(h, 2) ? PSTATE_EL1T : PSTATE_EL0;
		hostile_run(h, &a);
	}
}

/* To any PSTATE: illegal ones, AArch32, EL0; at a PC that holds SVCs or nothing. */
#define A32_SVC	  0xef00df00U /* in T32 too: its lower half is one */
#define A64_SVC	  0xd4000001U
#define A32_SLOTS 32U /* an IT block may step over a few */

void attack_eret(struct hostile *h)
{
	struct attempt a;

	code_put(0, A64_SVC);
	for (unsigned i = 1; i < A32_SLOTS; i++) {
		code_put(i, A32_SVC);
	}
	code_publish();
	for (unsigned i = 0; i < ERETS; i++) {
		hostile_registers(h, &a);
		a.pc = hostile_one_in(h, 3) ? hostile_value(h) | (1UL << 48)
					    : code_at((unsigned)hostile_below(h, 2));
		a.pstate = hostile_one_in(h, 2) ? hostile_random(h)
						: PSTATE_A32_USER | (hostile_random(h) & 0x2fUL);
		/* At EL1 with the program's stack it could go on in C: never there. */
		if ((a.pstate & 0x1fU) == 5U || (a.pstate & 0x1fU) == 4U) {
			a.pc = code_at(0);
		}
		hostile_run(h, &a);
		WRITE_SYSREG("S2_0_C0_C2_2", 0); /* MDSCR_EL1: PSTATE.SS stays harmless */
	}
}
