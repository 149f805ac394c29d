/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a Linux guest, for ./plinth bench: says at what virtual time the kernel
 * came to it, and powers off. "BENCH: init N", in nanoseconds of CNTVCT_EL0.
 */
#include <stddef.h>
#include <stdint.h>

/* Linux, arm64. */
#define SYS_WRITE  64
#define SYS_REBOOT 142

#define REBOOT_MAGIC1	 0xfee1deadL
#define REBOOT_MAGIC2	 0x28121969L
#define REBOOT_POWER_OFF 0x4321fedcL

#define CONSOLE	   1
#define DIGITS_MAX 20U

static long system_call(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

static uint64_t now(void)
{
	uint64_t ticks;
	uint64_t frequency;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
	__asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
	return ticks * (UINT64_C(1000000000) / frequency);
}

/* One write, so that the line stays whole beside the kernel's. */
static void report(uint64_t value)
{
	static char line[] = "BENCH: init 00000000000000000000\n";
	char *digit = line + sizeof(line) - 2U;

	for (unsigned i = 0; i < DIGITS_MAX; i++) {
		*--digit = (char)('0' + value % 10U);
		value /= 10U;
	}
	(void)system_call(SYS_WRITE, CONSOLE, (long)line, (long)(sizeof(line) - 1U));
}

__attribute__((noreturn)) void _start(void);

void _start(void)
{
	report(now());
	for (;;) {
		(void)system_call(SYS_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_POWER_OFF);
	}
}
