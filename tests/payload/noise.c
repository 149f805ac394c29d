/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what costs the console most to show, as much at once as it keeps: of each kind the longest
 * time, in instructions (as exits.c), that this vCPU stood still, by its counter.
 */
#include "libguest/libguest.h"

#include "base/compiler.h"
#include "base/string.h"

#define UART_DR	  0x00UL
#define UART_FR	  0x18UL
#define FR_TXFF	  0x20U
#define RING_SIZE 2048U /* CONSOLE_RING_SIZE */
#define WAIT_MS	  10U

static uint64_t longest;
static uint64_t last;

static void look(void)
{
	uint64_t now = counter();

	longest = now - last > longest ? now - last : longest;
	last = now;
}

static void put(char byte)
{
	while ((read32(GUEST_UART + UART_FR) & FR_TXFF) != 0U) {
		look();
	}
	look();
	write32(GUEST_UART + UART_DR, (uint8_t)byte);
	look();
}

static void wait(void)
{
	uint64_t end = counter() + WAIT_MS * (READ_SYSREG("cntfrq_el0") / 1000U);

	while (last < end) {
		look();
	}
}

static void make_noise(const char *what, const char *piece, size_t size)
{
	wait();
	longest = 0;
	for (size_t i = 0; i < size; i++) {
		put(piece[i % strlen(piece)]);
	}
	put('\n');
	wait();
	print("noise: %lu of %s\n", longest * (1000000000UL / READ_SYSREG("cntfrq_el0")), what);
}

void guest_main(void)
{
	static const struct {
		const char *what;
		const char *piece;
	} kinds[] = {
		{"text", "text"},
		{"controls", "\001"},
		{"controls between text", "a\001"},
		{"backspaces", "a\b"},
		{"tabs", "\t"},
		{"letters of two bytes", "\303\244"},
		{"C1 controls", "\302\233"},
		{"sequences", "\033[m"},
		{"lone carriage returns", "\ra"},
		{"lines", "\n"},
		{"short lines", "a\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		make_noise(kinds[i].what, kinds[i].piece, RING_SIZE - 1U);
		make_noise(kinds[i].what, kinds[i].piece, 2U * RING_SIZE);
	}
}
