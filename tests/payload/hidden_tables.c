/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls whose buffers are reached through tables that a CPU_ON has just hidden: of a machine
 * without FEAT_S2FWB what others have zeroed, and nobody has maintained, is to be touched anew. Two
 * vCPUs.
 */
#include "base/string.h"
#include "libguest/libguest.h"
#include "plinth/backdoor.h"

#define BLOCK	   0x200000UL
#define TABLE	   3UL
#define PAGE_ATTRS 0x0060000000000707UL /* inner shareable, AF, never executed */
#define GIB_SHIFT  30U
#define NO_RAM	   0x0b000000UL
#define BAD_VA	   0x180000000UL
#define FSC_MASK   0x3fUL
#define FSC_WALK   0x14UL /* external abort on a walk */
#define LINE	   "log by hidden tables"

/* A page that nothing else has a table in common with, but the first one. */
struct way {
	uint64_t va;
	uint64_t place; /* of level 2, level 3 and the page: a block each */
};

static const struct way out = {0x100000000UL, GUEST_RAM + 8UL * BLOCK};
static const struct way in = {0x140000000UL, GUEST_RAM + 12UL * BLOCK};

static volatile bool arrived;
static volatile uint64_t faults;
static volatile uint64_t fault_esr;
static volatile uint64_t fault_far;

static void arrive(uint32_t cpu)
{
	(void)cpu;
	arrived = true;
	for (;;) {
		__asm__ volatile("wfi");
	}
}

static void note_fault(struct guest_frame *frame)
{
	faults++;
	fault_esr = frame->esr;
	fault_far = frame->far;
	frame->pc += 4U;
}

static void *page_of(const struct way *way)
{
	return (void *)(way->place + 2UL * BLOCK);
}

static void map(const struct way *way)
{
	uint64_t *level1 = (uint64_t *)READ_SYSREG("ttbr0_el1");
	uint64_t *level2 = (uint64_t *)way->place;
	uint64_t *level3 = (uint64_t *)(way->place + BLOCK);

	level3[0] = (uint64_t)page_of(way) | PAGE_ATTRS;
	level2[0] = (uint64_t)level3 | TABLE;
	level1[way->va >> GIB_SHIFT] = (uint64_t)level2 | TABLE;
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

static void map_nowhere(void)
{
	uint64_t *level1 = (uint64_t *)READ_SYSREG("ttbr0_el1");

	level1[BAD_VA >> GIB_SHIFT] = NO_RAM | TABLE;
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

static void start_the_other(void)
{
	check(cpu_on(1, arrive) == 0, "the other CPU starts");
	while (!arrived) {
		__asm__ volatile("yield");
	}
}

void guest_main(void)
{
	struct plinth_channel channel;

	on_sync(note_fault);
	check(plinth_open(&channel, PLINTH_RPCI) == 0, "a channel");
	map(&out);
	map(&in);
	map_nowhere();
	memcpy(page_of(&out), LINE, sizeof(LINE) - 1U);
	memset(page_of(&in), 'x', 4);
	start_the_other();

	check(plinth_send_hb(&channel, (void *)out.va, sizeof(LINE) - 1U) == 0 && faults == 0U,
		"out of a page whose tables are hidden");
	check(plinth_receive_hb(&channel, (void *)in.va, 4) == 2 && faults == 0U &&
			memcmp(page_of(&in), "1 x", 3) == 0,
		"in to another");

	(void)plinth_send_hb(&channel, (void *)BAD_VA, 4);
	check(faults == 1U && fault_far == BAD_VA && (fault_esr & FSC_MASK) == FSC_WALK,
		"tables in no memory are an abort of the walk");
}
