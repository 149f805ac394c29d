/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The balloon from bare CPUs: what a driver may do, what none should, and several vCPUs at it at
 * once. Bootargs: eat=1: touches memory until there is none (a VM with `overcommit`); gone=1: what
 * becomes of one whose memory such a VM has eaten. Both wait for a key.
 */
#include <stdatomic.h>

#include "base/compiler.h"
#include "libguest/libguest.h"
#include "options.h"
#include "plinth/backdoor.h"

#define BALLOON_MAGIC 0x456c6d6fUL
#define BALLOON_PORT  0x5670UL
#define PAGE	      0x1000UL
#define BLOCK	      0x200000UL
#define CPUS	      4U
#define ROUNDS	      400U

enum { START, TARGET, LOCK, UNLOCK, GUEST_ID, BATCH_LOCK = 6, BATCH_UNLOCK, LOCK_2M, UNLOCK_2M };
enum { OK, BAD_COMMAND, BAD_PAGE, LOCKED, UNLOCKED, PINNED, RESET = 7, BUSY, CAPABLE = 0x03000000 };

#define CAPABILITIES 0xeUL

#define UART_FR	     0x18UL
#define UART_FR_RXFE 0x10U

/* Of the VM's 64 MiB: free memory from here on, a part for each CPU. */
#define FREE (GUEST_RAM + 0x1000000UL)
#define PART 0x800000UL

static uint64_t batch[CPUS][512] __attribute__((aligned(4096)));
static volatile uint64_t aborts; /* that touches have ended in */

static uint64_t call(uint64_t command, uint64_t arg1, uint64_t arg2, struct plinth_regs *regs)
{
	*regs = (struct plinth_regs){
		.ax = BALLOON_MAGIC, .bx = arg1, .cx = command, .dx = BALLOON_PORT, .si = arg2};
	plinth_call_in(regs);
	return regs->ax;
}

static uint64_t ask(uint64_t command, uint64_t arg1, uint64_t arg2)
{
	struct plinth_regs regs;

	return call(command, arg1, arg2, &regs);
}

static uint64_t page(uint64_t at)
{
	return at / PAGE;
}

static volatile uint64_t *word(uint64_t at)
{
	return (volatile uint64_t *)at;
}

static uint64_t batch_of(uint32_t cpu)
{
	return page((uint64_t)batch[cpu]);
}

static void begin(void)
{
	struct plinth_regs regs;

	check(call(START, 0x3e, 0, &regs) == CAPABLE && regs.cx == CAPABILITIES, "a driver begins");
	check(ask(GUEST_ID, 1, 0) == OK, "and says who it is");
}

static void test_pages(void)
{
	check(ask(LOCK, page(FREE), 0) == RESET, "nothing without START");
	begin();
	*word(FREE) = 0x1234;
	check(ask(LOCK, page(FREE), 0) == OK, "a page goes");
	check(ask(LOCK, page(FREE), 0) == LOCKED, "once");
	check(ask(UNLOCK, page(FREE), 0) == OK, "and comes back");
	check(ask(UNLOCK, page(FREE), 0) == UNLOCKED, "once");
	check(*word(FREE) == 0, "as zeroes");
	check(ask(LOCK, page(FREE), 0) == OK, "it goes again");
	check(*word(FREE) == 0, "and is there when it is touched all the same");
	check(ask(TARGET, 0, 0) == RESET, "which its driver is told");
	begin();
	check(ask(UNLOCK, page(FREE), 0) == UNLOCKED, "it has begun with nothing");
}

/* Each entry for itself, across the bound of a step. */
static void test_batches(void)
{
	uint64_t *entry = batch[0];
	bool good = true;

	for (unsigned i = 0; i < 512U; i++) {
		entry[i] = FREE + i * PAGE;
		*word(entry[i]) = entry[i];
	}
	entry[40] = (uint64_t)batch[0];
	entry[100] = entry[99];
	entry[300] = GUEST_UART;
	entry[511] = ~0xfffUL;
	check(ask(BATCH_LOCK, batch_of(0), 512) == OK, "512 pages in a batch");
	for (unsigned i = 0; i < 512U; i++) {
		uint64_t wanted = i == 40U		   ? PINNED
				  : i == 100U		   ? LOCKED
				  : i == 300U || i == 511U ? BAD_PAGE
							   : OK;

		good = good && (entry[i] & 0xfffUL) == wanted;
	}
	check(good, "each with its own answer");
	check(ask(BATCH_UNLOCK, batch_of(0), 512) == OK, "and back");
	for (unsigned i = 0; i < 512U; i++) {
		bool was_given = i != 40U && i != 100U && i != 300U && i != 511U;

		good = good && (!was_given || *word(FREE + i * PAGE) == 0);
	}
	check(good, "all of them zeroes");
}

static void test_blocks(void)
{
	uint64_t *entry = batch[0];

	*word(FREE + BLOCK + 8U * PAGE) = 1;
	entry[0] = FREE;	 /* by now a table of pages */
	entry[1] = FREE + BLOCK; /* a block */
	entry[2] = FREE + PAGE;	 /* no such thing */
	entry[3] = 0;
	check(ask(LOCK_2M, batch_of(0), 4) == OK && entry[0] == FREE && entry[1] == FREE + BLOCK,
		"2 MiB twice");
	check(entry[2] == FREE + PAGE + BAD_PAGE && entry[3] == BAD_PAGE, "and two that are none");
	check(ask(LOCK, page(FREE + PAGE), 0) == LOCKED, "its pages are gone with it");
	check(ask(UNLOCK, page(FREE + PAGE), 0) == OK && *word(FREE + PAGE) == 0,
		"one of them comes back alone");
	entry[0] = FREE + BLOCK;
	check(ask(UNLOCK_2M, batch_of(0), 1) == OK && entry[0] == FREE + BLOCK, "the other whole");
	check(*word(FREE + BLOCK + 8U * PAGE) == 0, "as zeroes");
	begin();
	check(*word(FREE + 5U * PAGE) == 0, "a new driver has everything");
}

static void test_nonsense(void)
{
	struct plinth_regs regs;

	check(ask(5, 0, 0) == BAD_COMMAND && ask(10, 0, 0) == BAD_COMMAND,
		"commands that are none");
	check(ask(BATCH_LOCK, batch_of(0), 513) == BAD_COMMAND, "a batch too long");
	check(ask(BATCH_LOCK, batch_of(0), 0) == BAD_COMMAND, "an empty one");
	check(ask(BATCH_LOCK, 0xffffffff, 4) == BAD_PAGE, "a batch in no memory");
	check(ask(BATCH_LOCK, page(GUEST_GICD), 4) == BAD_PAGE, "a batch in a device");
	check(ask(LOCK, page(GUEST_GICD), 0) == BAD_PAGE, "a device's page");
	check(ask(LOCK, 0, 0) == BAD_PAGE, "a hole");
	check(ask(LOCK, page(GUEST_RAM) + page(0x4000000UL), 0) == BAD_PAGE, "behind its memory");
	(void)call(START, 0x3e, 0, &regs);
	check(ask(LOCK, page(FREE), 0) == OK, "a page");
	check(ask(BATCH_LOCK, page(FREE), 4) == BAD_PAGE, "a batch in a page that is gone");
	begin();
}

/* Locks, unlocks, touches and starts on all CPUs, on pages of their own and of others. */
static void storm(uint32_t cpu)
{
	uint64_t random = cpu + 1U;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t r = random_next(&random);
		uint64_t at = FREE + (r >> 8) % (CPUS * PART / PAGE) * PAGE;

		switch (r % 8U) {
		case 0:
			(void)ask(LOCK, page(at), 0);
			break;
		case 1:
			(void)ask(UNLOCK, page(at), 0);
			break;
		case 2:
			*word(at) = r;
			break;
		case 3:
			(void)ask(START, 0x3e, 0);
			break;
		case 4:
		case 5:
			for (unsigned n = 0; n < 48U; n++) {
				batch[cpu][n] = at + n * PAGE;
			}
			(void)ask(BATCH_LOCK + r % 2U, batch_of(cpu), 48);
			break;
		default:
			batch[cpu][0] = at & ~(BLOCK - 1U);
			batch[cpu][1] = batch[cpu][0] + BLOCK;
			(void)ask(LOCK_2M + r % 2U, batch_of(cpu), 2);
			break;
		}
	}
}

static atomic_uint done;

static void run_storm(uint32_t cpu)
{
	storm(cpu);
	atomic_fetch_add(&done, 1U);
}

static void test_storm(void)
{
	struct plinth_regs regs;

	for (uint32_t cpu = 1; cpu < CPUS; cpu++) {
		check(cpu_on(cpu, run_storm) == 0, "a CPU for the storm");
	}
	run_storm(0);
	while (atomic_load(&done) != CPUS) {
		__asm__ volatile("wfe" ::: "memory");
	}
	check(call(START, 0x3e, 0, &regs) == CAPABLE, "after it a driver begins");
	for (uint64_t at = FREE; at < FREE + CPUS * PART; at += PAGE) {
		*word(at) = at;
	}
	check(true, "and all memory is there");
}

/* Until somebody types. It takes no memory of anybody's. */
static void wait_for_key(void)
{
	while ((read32(GUEST_UART + UART_FR) & UART_FR_RXFE) != 0U) {
		__asm__ volatile("yield" ::: "memory");
	}
}

static void count_abort(struct guest_frame *frame)
{
	aborts++;
	frame->pc += 4U;
}

/* A neighbour eats what is free in the machine: what was given away does not come back, what was
 * not stays. */
static void test_gone(void)
{
	uint64_t given = 0;

	begin();
	on_sync(count_abort);
	for (uint64_t at = FREE; at < FREE + CPUS * PART; at += BLOCK) {
		batch[0][0] = at;
		given += ask(LOCK_2M, batch_of(0), 1) == OK ? 1U : 0U;
	}
	check(given == CPUS * PART / BLOCK, "all that is free goes");
	print("payload: given\n");
	wait_for_key();
	check(ask(UNLOCK, page(FREE), 0) == BUSY, "nothing comes back");
	(void)*word(FREE);
	check(aborts == 1U, "a touch is the guest's own abort");
	check(ask(TARGET, 0, 0) == RESET && ask(START, 0x3e, 0) == BUSY, "a driver has to wait");
	*word(FREE - PAGE) = 1;
	check(aborts == 1U, "other memory is there");
	print("payload: at its end\n");
	for (;;) {
		__asm__ volatile("wfi" ::: "memory");
	}
}

/* Takes whatever is to be had, and stays until it is stopped for it. */
static void eat(void)
{
	wait_for_key();
	for (uint64_t at = FREE;; at += PAGE) {
		*word(at) = at;
	}
}

void guest_main(void)
{
	if (option("eat", 0) != 0U) {
		eat();
	}
	if (option("gone", 0) != 0U) {
		test_gone();
		return;
	}
	test_pages();
	test_batches();
	test_blocks();
	test_nonsense();
	test_storm();
}
