/* SPDX-License-Identifier: Apache-2.0 */
/*
 * External aborts: between two marks the test has this VM's stage 2 show what answers no access. A
 * load, a fetch, the walk of this program's own table and EL2's walk of stage 2 run into it.
 */
#include "attempt.h"
#include "libguest/libguest.h"
#include "mark.h"

/* A block of stage 2 each, which the test knows too. */
#define BLOCK	0x200000UL
#define DATA	(GUEST_RAM + 16U * BLOCK)
#define CODE	(GUEST_RAM + 17U * BLOCK)
#define TABLE	(GUEST_RAM + 18U * BLOCK)
#define NO_WALK (GUEST_RAM + 19U * BLOCK) /* never touched before */

/* A gigabyte that level 1 of libguest's map reaches by TABLE, a table of level 2. */
#define BY_TABLE_INDEX 300U
#define BY_TABLE       ((uint64_t)BY_TABLE_INDEX << 30)
#define DESC_TABLE     3UL
#define DESC_BLOCK     0x0705UL /* Normal, inner shareable, AF */
#define WALK_LEVEL_2   0x16U	/* fault status */
#define FSC_MASK       0x3fU

#define INSN_RET 0xd65f03c0U
#define INSN_LDR 0xf9400001U /* ldr x1, [x0] */
#define INSN_BR	 0xd61f0000U /* br x0 */
#define PATTERN	 0x6b1f0c55a7d3e291UL

static void flush_tlb(void)
{
	__asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
}

static void prepare(void)
{
	volatile uint64_t *level1 = (volatile uint64_t *)READ_SYSREG("ttbr0_el1");
	volatile uint64_t *table = (volatile uint64_t *)TABLE;

	*(volatile uint64_t *)DATA = PATTERN;
	*(volatile uint32_t *)CODE = INSN_RET;
	*table = GUEST_RAM | DESC_BLOCK;
	__asm__ volatile("dsb sy\n\tic iallu\n\tdsb sy\n\tisb" ::: "memory");
	((void (*)(void))CODE)();
	level1[BY_TABLE_INDEX] = 0;
	flush_tlb();
	level1[BY_TABLE_INDEX] = TABLE | DESC_TABLE;
	flush_tlb();
	check(*(volatile uint64_t *)(BY_TABLE) == *(volatile uint64_t *)GUEST_RAM,
		"the table is walked");
}

static void expect(
	const char *name, uint32_t instruction, uint64_t address, unsigned ec, unsigned status)
{
	struct attempt a = {.x = {address}};
	bool right;

	attempt_one(&a, instruction);
	right = attempt_is_sync(&a) && attempt_ec(&a) == ec && (a.esr & FSC_MASK) == status &&
		a.far == address;
	if (!right) {
		print("%s: kind %lu, esr 0x%lx, far 0x%lx\n", name, a.kind, a.esr, a.far);
	}
	check(right, name);
}

void guest_main(void)
{
	prepare();
	mark(1);
	flush_tlb();
	expect("a load", INSN_LDR, DATA, EC_DABT, FSC_EXTERNAL);
	expect("a fetch", INSN_BR, CODE, EC_IABT, FSC_EXTERNAL);
	expect("a load's own walk", INSN_LDR, BY_TABLE, EC_DABT, WALK_LEVEL_2);
	expect("a fetch's own walk", INSN_BR, BY_TABLE, EC_IABT, WALK_LEVEL_2);
	expect("stage 2's walk", INSN_LDR, NO_WALK, EC_DABT, FSC_EXTERNAL);
	mark(2);
	flush_tlb();
	check(*(volatile uint64_t *)DATA == PATTERN, "the memory is back");
}
