/* SPDX-License-Identifier: Apache-2.0 */
/* What the benches' programs need of Linux on arm64, without libc. */
#ifndef BENCH_INIT_LINUX_H
#define BENCH_INIT_LINUX_H

#include <stddef.h>
#include <stdint.h>

#define SYS_UNLINKAT   35
#define SYS_OPENAT     56
#define SYS_CLOSE      57
#define SYS_LSEEK      62
#define SYS_READ       63
#define SYS_WRITE      64
#define SYS_EXIT_GROUP 94
#define SYS_REBOOT     142
#define SYS_GETPPID    173
#define SYS_MUNMAP     215
#define SYS_CLONE      220
#define SYS_MMAP       222
#define SYS_WAIT4      260

#define SIGCHLD		      17
#define AT_FDCWD	      (-100)
#define O_RDWR_CREATE	      0102
#define MAP_PRIVATE_ANONYMOUS 0x22
#define PROT_READ_WRITE	      3

#define REBOOT_MAGIC1	 0xfee1deadL
#define REBOOT_MAGIC2	 0x28121969L
#define REBOOT_POWER_OFF 0x4321fedcL

#define CONSOLE	   1
#define DIGITS_MAX 20U

static inline long system_call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	/* mmap's: no file, offset 0. Others ignore them. */
	register long x4 __asm__("x4") = -1;
	register long x5 __asm__("x5") = 0;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline uint64_t now(void)
{
	uint64_t ticks;
	uint64_t frequency;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
	__asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
	return ticks * (UINT64_C(1000000000) / frequency);
}

/* "BENCH: NAME VALUE", with all DIGITS_MAX digits: one write, so that the line stays whole beside
 * the kernel's. */
static inline void report(const char *name, uint64_t value)
{
	static const char start[] = "BENCH: ";
	char line[64];
	size_t used = 0;

	for (; start[used] != '\0'; used++) {
		line[used] = start[used];
	}
	for (; *name != '\0' && used < sizeof(line) - DIGITS_MAX - 2U; name++) {
		line[used++] = *name;
	}
	line[used++] = ' ';
	for (unsigned i = DIGITS_MAX; i-- > 0U;) {
		line[used + i] = (char)('0' + value % 10U);
		value /= 10U;
	}
	used += DIGITS_MAX;
	line[used++] = '\n';
	(void)system_call(SYS_WRITE, CONSOLE, (long)line, (long)used, 0);
}

__attribute__((noreturn)) static inline void machine_off(void)
{
	for (;;) {
		(void)system_call(SYS_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_POWER_OFF, 0);
	}
}

#endif
