/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SYSTEM_SUSPEND with no interrupt enabled that could end it: from there on it is for the VM's
 * operator to wake it.
 */
#include "libguest/libguest.h"

#define PSCI_SYSTEM_SUSPEND 0xC400000EUL
#define STACK_SIZE	    4096U

static uint8_t stack[STACK_SIZE] __attribute__((aligned(16)));
uint8_t *const asleep_stack_top __attribute__((used)) = stack + STACK_SIZE;

void asleep_woken(void);
extern const char asleep_resumed[];

/* Where SYSTEM_SUSPEND goes on: no stack, MMU off, as from reset. */
__asm__("	.text\n"
	"	.global asleep_resumed\n"
	"asleep_resumed:\n"
	"	adrp	x1, asleep_stack_top\n"
	"	ldr	x1, [x1, #:lo12:asleep_stack_top]\n"
	"	mov	sp, x1\n"
	"	b	asleep_woken\n");

/* The only one to come here. */
void asleep_woken(void)
{
	check(true, "woken");
	guest_done();
}

void guest_main(void)
{
	print("asleep: sleeps\n");
	(void)hvc(PSCI_SYSTEM_SUSPEND, (uint64_t)asleep_resumed, 0, 0);
	check(false, "SYSTEM_SUSPEND does not return");
}
