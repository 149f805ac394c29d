/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM whose vCPUs wait in the loader's pen: one is released as its protocol says, the others by
 * nonsense. At least four vCPUs. Bootargs: pen=ADDRESS, parking=0|1 (else a spin table).
 */
#include "libguest/libguest.h"
#include "options.h"

#define CPU_ON	   0xc4000003UL
#define ALREADY_ON (-4L)

#define PAGE	     0x1000UL
#define SPIN_WORDS   0x800UL
#define PARKED	     0xffffffffU
#define MAILBOX_GOOD 1U /* came with x0 to x3 zero and the MMU off */

#define WAIT_MS 60000U /* of a machine that is busy */

extern const char mailbox_entry[];

/* By vCPU, written past the caches. */
volatile uint32_t mailbox_arrival[GUEST_CPU_MAX];

static uint64_t pen;
static bool is_parking;

/* What a CPU with its caches off has written, or will read. */
static void to_memory(const volatile void *at)
{
	__asm__ volatile("dc civac, %0; dsb sy" ::"r"(at) : "memory");
}

static void write_word(uint64_t at, uint64_t value)
{
	*(volatile uint64_t *)at = value;
	to_memory((const void *)at);
}

static uint64_t read_word(uint64_t at)
{
	to_memory((const void *)at);
	return *(volatile uint64_t *)at;
}

static uint64_t mailbox_of(uint32_t cpu)
{
	return is_parking ? pen + cpu * PAGE : pen + SPIN_WORDS + cpu * 8UL;
}

static void release(uint32_t cpu, uint32_t id, uint64_t entry)
{
	if (is_parking) {
		write_word(mailbox_of(cpu) + 8U, entry);
		write_word(mailbox_of(cpu), id);
		gic_send_sgi(cpu, 0);
	} else {
		write_word(mailbox_of(cpu), entry);
		__asm__ volatile("sev" ::: "memory");
	}
}

static bool arrives(uint32_t cpu, uint32_t ms)
{
	uint64_t end = counter() + READ_SYSREG("cntfrq_el0") / 1000U * ms;

	do {
		to_memory(&mailbox_arrival[cpu]);
		if (mailbox_arrival[cpu] != 0U) {
			return true;
		}
		__asm__ volatile("yield");
	} while (counter() < end);
	return false;
}

static void test_parked_mailbox(void)
{
	check((uint32_t)read_word(mailbox_of(1)) == PARKED, "the mailbox says that it is parked");
	check(read_word(mailbox_of(1) + 8U) == 0U, "and has no address");
	gic_send_sgi(1, 0);
	release(1, 7, (uint64_t)mailbox_entry);
	check(!arrives(1, 50), "another's id releases nobody");
	check(read_word(mailbox_of(1) + 8U) != 0U, "and takes no address");
	write_word(mailbox_of(1) + 8U, 0);
	release(1, 1, 0);
	check(!arrives(1, 50), "no address releases nobody");
}

static void test_release(void)
{
	release(1, 1, (uint64_t)mailbox_entry);
	check(arrives(1, WAIT_MS), "a released vCPU comes");
	check(mailbox_arrival[1] == MAILBOX_GOOD, "as the protocol has it");
	check(!is_parking || read_word(mailbox_of(1) + 8U) == 0U, "and has taken the address");
}

/* Whatever comes of it, it is this VM's own affair: mostly its end. */
static void write_nonsense(void)
{
	release(2, 2, (uint64_t)mailbox_entry + 2U);
	release(3, 3, GUEST_UART);
	for (uint32_t cpu = 4; cpu < GUEST_CPU_MAX; cpu++) {
		release(cpu, cpu, cpu % 2U == 0U ? UINT64_MAX << 48 : pen - PAGE + 1U);
	}
	for (uint64_t at = pen; at < pen + PAGE; at += 8U) {
		write_word(at, UINT64_MAX - at);
	}
	check(!arrives(2, 500) && !arrives(3, 1), "nonsense leads nowhere");
}

void guest_main(void)
{
	pen = option("pen", 0);
	is_parking = option("parking", 0) != 0U;
	to_memory(mailbox_arrival);
	gic_start();
	check((int64_t)hvc(CPU_ON, 1, (uint64_t)mailbox_entry, 0) == ALREADY_ON,
		"PSCI does not offer what waits in the pen");
	if (is_parking) {
		test_parked_mailbox();
	}
	test_release();
	write_nonsense();
}
