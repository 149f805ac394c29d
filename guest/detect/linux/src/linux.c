/* SPDX-License-Identifier: Apache-2.0 */
#include "linux.h"

#include "base/bits.h"

#define SYS_WRITE	 64
#define SYS_EXIT_GROUP	 94
#define SYS_RT_SIGACTION 134
#define SYS_SYSINFO	 179
#define SYS_MMAP	 222
#define SYS_MADVISE	 233

#define EINTR	 4
#define LAST_ERR 4095UL

#define PROT_RWX      7
#define MAP_ANONYMOUS 0x4022 /* and private, nothing reserved */
#define MADV_HUGEPAGE 14

#define SIGILL	    4
#define SIGTRAP	    5
#define SIGBUS	    7
#define SIGSEGV	    11
#define SA_SIGINFO  4UL
#define SIGSET_SIZE 8

/* struct ucontext of arm64: PC in uc_mcontext. */
#define UCONTEXT_PC 440U

struct kernel_sigaction {
	void (*handler)(int, void *, void *);
	uint64_t flags;
	void (*restorer)(void);
	uint64_t mask;
};

struct kernel_sysinfo {
	uint64_t uptime;
	uint64_t loads[3];
	uint64_t total;
	uint64_t free;
	uint64_t others[7]; /* shared, buffers, swap, free swap, processes, high memory, free of it
			     */
	uint32_t unit;
};

static bool (*fixup_fn)(uint64_t pc, uint64_t *resume);

static long system_call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	register long x8 __asm__("x8") = number;
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;
	register uint64_t x3 __asm__("x3") = d;
	/* mmap's: no file, offset 0. Others ignore them. */
	register uint64_t x4 __asm__("x4") = ~UINT64_C(0);
	register uint64_t x5 __asm__("x5") = 0;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return (long)x0;
}

static bool is_error(long result)
{
	return (uint64_t)result >= 0U - LAST_ERR;
}

void linux_exit(int status)
{
	for (;;) {
		(void)system_call(SYS_EXIT_GROUP, (uint64_t)status, 0, 0, 0);
	}
}

void linux_write(int fd, const char *text, size_t size)
{
	while (size != 0U) {
		long written = system_call(SYS_WRITE, (uint64_t)fd, (uint64_t)text, size, 0);

		if (written == -EINTR) {
			continue;
		}
		if (written <= 0) {
			return;
		}
		text += written;
		size -= (size_t)written;
	}
}

static uint64_t free_memory(void)
{
	struct kernel_sysinfo information = {0};

	if (is_error(system_call(SYS_SYSINFO, (uint64_t)&information, 0, 0, 0))) {
		return 0;
	}
	return information.free * information.unit;
}

unsigned linux_map_code(unsigned most, uint64_t size, uint64_t *start)
{
	uint64_t blocks = free_memory() / 4U / size;
	long at;

	*start = 0;
	if (blocks > most) {
		blocks = most;
	}
	/* One more: somewhere in it is a block's boundary. */
	at = system_call(SYS_MMAP, 0, (blocks + 1U) * size, PROT_RWX, MAP_ANONYMOUS);
	if (blocks == 0U || is_error(at)) {
		return 0;
	}
	*start = align_up((uint64_t)at, size);
	(void)system_call(SYS_MADVISE, *start, blocks * size, MADV_HUGEPAGE, 0);
	/* Linux gives out first what it got back last: programs that take few large pages get the
	 * same ones each time. Of many, other places are taken each time. */
	for (uint64_t i = 0; i < blocks; i++) {
		*(volatile uint8_t *)(*start + i * size) = 0;
	}
	return (unsigned)blocks;
}

static void set_handler(int signal, void (*handler)(int, void *, void *), bool *ok)
{
	const struct kernel_sigaction action = {.handler = handler, .flags = SA_SIGINFO};

	*ok &= !is_error(
		system_call(SYS_RT_SIGACTION, (uint64_t)signal, (uint64_t)&action, 0, SIGSET_SIZE));
}

/* The kernel's own trampoline returns from here: no restorer. */
static void on_fault(int signal, void *information, void *context)
{
	uint64_t *pc = (uint64_t *)((uint64_t)context + UCONTEXT_PC);
	bool ok = true;

	(void)information;
	if (!fixup_fn(*pc, pc)) {
		set_handler(signal, NULL, &ok); /* the default: it faults again, and ends */
	}
}

bool linux_catch_faults(bool (*fixup)(uint64_t pc, uint64_t *resume))
{
	bool ok = true;

	fixup_fn = fixup;
	set_handler(SIGILL, on_fault, &ok);
	set_handler(SIGTRAP, on_fault, &ok);
	set_handler(SIGBUS, on_fault, &ok);
	set_handler(SIGSEGV, on_fault, &ok);
	return ok;
}
