/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What calls of the backdoor cost, in instructions (as exits.c): the greeting from EL0 less its
 * loop, and whole requests by libplinth, from OPEN to CLOSE, with the guest's own part.
 */
#include "attempt.h"
#include "base/string.h"
#include "libguest/libguest.h"
#include "plinth/backdoor.h"

#define ROUNDS	    2048U
#define ROUNDS_64K  64U
#define GREET_X7    ((0x86UL << 32) | 0xeUL)
#define GREETING    10UL
#define MESSAGE_64K 65536U

extern const char greet_loop[];
extern const char empty_loop[];

/* X9 rounds; X10 and X12 are what X0 and X2 have to be each time. */
__asm__(".text\n\t.global greet_loop, empty_loop\n"
	"greet_loop:\n\tmov x0, x10\n\tmov x2, x12\n\tmrs xzr, mdccsr_el0\n\t"
	"subs x9, x9, #1\n\tb.ne greet_loop\n\tbrk #0\n"
	"empty_loop:\n\tmov x0, x10\n\tmov x2, x12\n\tnop\n\t"
	"subs x9, x9, #1\n\tb.ne empty_loop\n\tbrk #0\n");

/* Far from all that the program has touched. */
#define RECEIVED_AT (GUEST_RAM + 0x2200000UL - 0x8001UL)
#define SENT_AT	    (GUEST_RAM + 0x2800000UL - 0x8001UL)

#define SET_LARGE "info-set guestinfo.large "

static char large[MESSAGE_64K + sizeof(uint64_t)] = SET_LARGE;
static char reply[MESSAGE_64K];

static uint64_t loop_ticks(const char *loop)
{
	struct attempt a = {.pc = (uint64_t)loop, .pstate = PSTATE_EL0};
	uint64_t start;

	a.x[3] = PLINTH_PORT;
	a.x[7] = GREET_X7;
	a.x[9] = ROUNDS;
	a.x[10] = PLINTH_MAGIC;
	a.x[12] = GREETING;
	start = counter();
	attempt_run(&a);
	check(attempt_finished(&a) && a.x[9] == 0U, "a loop at EL0");
	return counter() - start;
}

static void report(const char *name, uint64_t ticks, uint64_t rounds)
{
	uint64_t ns = ticks * (1000000000UL / READ_SYSREG("cntfrq_el0"));

	print("BENCH: %s %lu\n", name, ns * 100UL / rounds);
}

static bool request_lb(void)
{
	static const char text[] = "info-get guestinfo.bench";

	return plinth_rpc(text, sizeof(text) - 1U, reply, sizeof(reply)) == 34;
}

static bool request_hb(const char *text, size_t size, long expected)
{
	struct plinth_channel channel;

	return plinth_open(&channel, PLINTH_RPCI) == 0 &&
	       plinth_send_hb(&channel, text, size) == 0 &&
	       plinth_receive_hb(&channel, reply, sizeof(reply)) == expected &&
	       plinth_close(&channel) == 0;
}

static bool get_hb(void)
{
	static const char text[] = "info-get guestinfo.bench";

	return request_hb(text, sizeof(text) - 1U, 34);
}

static bool set_64k(void)
{
	return request_hb(large, MESSAGE_64K, 2);
}

/* Messages that would make one call long: the longest of them, from its size to its end. */
static uint64_t longest;

static void send_timed(uint32_t protocol, const char *text, size_t size)
{
	struct plinth_channel channel;
	uint64_t start;
	bool ok = plinth_open(&channel, protocol) == 0;

	if (protocol == PLINTH_TCLO) {
		/* The tools come up: "reset" is what they answer. */
		ok = ok && plinth_send(&channel, "", 0) == 0 &&
		     plinth_receive(&channel, reply, sizeof(reply)) == 5;
	}
	start = counter();
	ok = plinth_send_hb(&channel, text, size) == 0 && ok;
	longest = counter() - start > longest ? counter() - start : longest;
	check(plinth_close(&channel) == 0 && ok, "a hostile message");
}

static void send_filled(const char *head, char fill, unsigned offset)
{
	memset(large, fill, sizeof(large));
	memcpy(large + offset, head, strlen(head));
	send_timed(PLINTH_RPCI, large + offset, MESSAGE_64K);
}

/* All slots: what is looked for by name differs from each in the last byte alone. */
static void fill_slots(void)
{
	static char set[] = "info-set guestinfo.time.synchronize.tools.startup.backward x";

	for (char last = '!'; last < 'd'; last++) {
		set[sizeof(set) - 4U] = last;
		(void)plinth_rpc(set, sizeof(set) - 1U, reply, sizeof(reply));
	}
}

static uint64_t longest_call(void)
{
	static const char greeting[] = "OK ATR toolbox";

	send_filled("SetGuestInfo ", '1', 0);
	send_filled("SetGuestInfo 1 ", ' ', 0);
	send_filled("SetGuestInfo 1 x", '\0', 0);
	send_filled("info-set ", 'k', 0);
	send_filled("info-set guestinfo.", 'k', 0);
	send_filled("info-get guestinfo.", 'k', 0);
	send_filled("vmx.set_option ", 's', 0);
	send_filled("log ", ' ', 0);
	send_filled("log x", '\0', 0);
	send_filled("tools.capability.", 'c', 0);
	send_filled("", ' ', 0);
	for (unsigned offset = 0; offset < sizeof(uint64_t); offset++) {
		send_filled(SET_LARGE, 'v', offset);
	}
	fill_slots();
	send_timed(PLINTH_TCLO, greeting, sizeof(greeting) - 1U);
	send_timed(PLINTH_RPCI, "info-get guestinfo.time.synchronize.tools.startup.backward", 58);
	return longest;
}

/* What a message of 64 KiB costs that is received into pages which nobody has touched, seventeen of
 * them and on both sides of a table's end; and one that is sent from such pages. */
static uint64_t untouched(bool is_received)
{
	static const char get[] = "info-get guestinfo.large";
	uint8_t *buf = (uint8_t *)(is_received ? RECEIVED_AT : SENT_AT);
	struct plinth_channel channel;
	uint64_t start;
	bool ok = plinth_open(&channel, PLINTH_RPCI) == 0;

	if (is_received) {
		ok = ok && plinth_send_hb(&channel, get, sizeof(get) - 1U) == 0;
		start = counter();
		ok = ok && plinth_receive_hb(&channel, buf, MESSAGE_64K) > 16L * 4096L - 64L;
	} else {
		start = counter();
		ok = ok && plinth_send_hb(&channel, buf, MESSAGE_64K) == 0;
	}
	start = counter() - start;
	check(plinth_close(&channel) == 0 && ok, "a message in pages that nobody has touched");
	return start;
}

static void measure(const char *name, bool (*request)(void), uint64_t rounds)
{
	bool ok = request();
	uint64_t start = counter();

	for (uint64_t i = 0; i < rounds; i++) {
		ok = request() && ok;
	}
	report(name, counter() - start, rounds);
	check(ok, name);
}

void guest_main(void)
{
	static const char set[] = "info-set guestinfo.bench 0123456789abcdef0123456789abcdef";

	(void)loop_ticks(greet_loop);
	report("backdoor_getversion", loop_ticks(greet_loop) - loop_ticks(empty_loop), ROUNDS);
	check(plinth_rpc(set, sizeof(set) - 1U, reply, sizeof(reply)) == 2, "a value of 32 bytes");
	measure("rpc_info_get_lb", request_lb, ROUNDS);
	measure("rpc_info_get_hb", get_hb, ROUNDS);
	memset(large + sizeof(SET_LARGE) - 1U, 'v', MESSAGE_64K - sizeof(SET_LARGE) + 1U);
	measure("rpc_64k_hb", set_64k, ROUNDS_64K);
	report("rpc_untouched_in", untouched(true), 1);
	report("rpc_untouched_out", untouched(false), 1);
	report("rpc_longest", longest_call(), 1);
}
