/* SPDX-License-Identifier: Apache-2.0 */
/* What of Linux's arm64 system calls the program uses. */
#ifndef JIT_LINUX_H
#define JIT_LINUX_H

#include <stdint.h>

#define SYS_FTRUNCATE	      46
#define SYS_WRITE	      64
#define SYS_EXIT_GROUP	      94
#define SYS_SCHED_SETAFFINITY 122
#define SYS_SCHED_GETAFFINITY 123
#define SYS_SCHED_YIELD	      124
#define SYS_MMAP	      222
#define SYS_MEMFD_CREATE      279

#define PROT_READ  0x1
#define PROT_WRITE 0x2
#define PROT_EXEC  0x4

#define MAP_SHARED    0x01
#define MAP_PRIVATE   0x02
#define MAP_FIXED     0x10
#define MAP_ANONYMOUS 0x20

/* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM */
#define CLONE_AS_THREAD 0x50f00UL

#define ARGUMENTS_MAX 6

static inline long system_call_with(long number, const long argument[ARGUMENTS_MAX])
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = argument[0];
	register long x1 __asm__("x1") = argument[1];
	register long x2 __asm__("x2") = argument[2];
	register long x3 __asm__("x3") = argument[3];
	register long x4 __asm__("x4") = argument[4];
	register long x5 __asm__("x5") = argument[5];

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline long system_call(long number, long a, long b, long c)
{
	const long argument[ARGUMENTS_MAX] = {a, b, c};

	return system_call_with(number, argument);
}

#endif
