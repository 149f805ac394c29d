/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does nothing but call the backdoor, as expensively as it can: kind=0 values of 64 KiB, kind=1
 * pages to the balloon and back, kind=2 lines for the log. For `ms`.
 */
#include "libguest/libguest.h"
#include "options.h"

#include "base/compiler.h"
#include "base/string.h"
#include "plinth/backdoor.h"

#define MS_PER_SEC    1000U
#define BALLOON_MAGIC 0x456c6d6fUL
#define BALLOON_PORT  0x5670UL
#define START	      0U
#define BATCH_LOCK    6U
#define BATCH_UNLOCK  7U
#define PAGE	      0x1000UL
#define FREE	      (GUEST_RAM + 0x800000UL)
#define BATCH	      512U

static uint8_t message[PLINTH_RPC_MAX];
static uint64_t batch[BATCH] __attribute__((aligned(4096)));

static bool send_value(void)
{
	static const char head[] = "info-set guestinfo.flood ";
	struct plinth_channel channel;
	char reply[16];
	bool good;

	if (plinth_open(&channel, PLINTH_RPCI) != 0) {
		return false;
	}
	memcpy(message, head, sizeof(head) - 1U);
	good = plinth_send_hb(&channel, message, sizeof(message)) == 0 &&
	       plinth_receive_hb(&channel, reply, sizeof(reply)) > 0 && reply[0] == '1';
	return plinth_close(&channel) == 0 && good;
}

static uint64_t balloon(uint64_t command, uint64_t arg1, uint64_t arg2)
{
	struct plinth_regs regs = {
		.ax = BALLOON_MAGIC, .bx = arg1, .cx = command, .dx = BALLOON_PORT, .si = arg2};

	plinth_call_in(&regs);
	return regs.ax;
}

static bool move_pages(void)
{
	uint64_t page = (uint64_t)batch / PAGE;

	for (unsigned i = 0; i < BATCH; i++) {
		batch[i] = FREE + i * PAGE;
		*(volatile uint64_t *)batch[i] = i;
	}
	return balloon(BATCH_LOCK, page, BATCH) == 0U && balloon(BATCH_UNLOCK, page, BATCH) == 0U;
}

static bool log_line(void)
{
	static const char line[] = "log of one who has nothing to say";
	char reply[16];

	return plinth_rpc(line, sizeof(line) - 1U, reply, sizeof(reply)) > 0;
}

void guest_main(void)
{
	static bool (*const kinds[])(void) = {send_value, move_pages, log_line};
	uint64_t end = counter() + option("ms", 100) * (READ_SYSREG("cntfrq_el0") / MS_PER_SEC);
	bool (*flood)(void) = kinds[option("kind", 0) % ARRAY_SIZE(kinds)];
	uint64_t calls = 0;
	bool good = true;

	(void)balloon(START, 0x3e, 0);
	memset(message, 'x', sizeof(message));
	while (counter() < end) {
		good = good && flood();
		calls++;
		/* QEMU's one thread under -icount would never come to another CPU without. */
		__asm__ volatile("yield");
	}
	print("flood: %lu rounds\n", calls);
	check(good && calls != 0U, "each was served");
}
