/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ground of bare programs at EL1: the tests' payloads and benches. They run the same as a guest of
 * Plinth and on QEMU's `virt` board without any hypervisor: ELF at 0x40080000, GICv3, PL011, PSCI
 * by HVC. MMU on, RAM and devices mapped onto themselves. Built as libguest_xen, the same in a
 * domain of Xen's, which has its devices elsewhere (xen/include/public/arch-arm.h, 4.17).
 */
#ifndef LIBGUEST_LIBGUEST_H
#define LIBGUEST_LIBGUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_CPU_MAX 8U

#if GUEST_ON_XEN
#define GUEST_GICD     0x03001000UL
#define GUEST_GICR     0x03020000UL
#define GUEST_UART     0x22000000UL
#define GUEST_UART_IRQ 32U
#else
#define GUEST_GICD     0x08000000UL
#define GUEST_GICR     0x080A0000UL
#define GUEST_UART     0x09000000UL
#define GUEST_UART_IRQ 33U
#endif
#define GUEST_RTC 0x09010000UL
#define GUEST_RAM 0x40000000UL

/* The program's own. Runs on CPU 0; when it returns, the machine is powered off. */
void guest_main(void);

/* Console */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "PASS: name" or "FAIL: name"; the count of failures is in the last line, by guest_done(). */
void check(bool ok, const char *name);
__attribute__((noreturn)) void guest_done(void);

/* Calls */
struct guest_call {
	uint64_t x[18];
};

/* PSCI and the like; by SMC where the machine was entered at EL2. */
uint64_t hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
void hvc_call(struct guest_call *regs); /* all of x0 to x17, in and out */
__attribute__((noreturn)) void power_off(void);

/* CPUs: starts CPU n in fn(n), with a stack of its own. PSCI's answer. */
int64_t cpu_on(uint32_t cpu, void (*fn)(uint32_t cpu));
uint32_t cpu_number(void);

/* Exceptions. A synchronous one calls the handler of this CPU, or ends the program with a report;
 * the handler returns the address to go on at. */
struct guest_frame {
	uint64_t x[31];
	uint64_t pc;
	uint64_t pstate;
	uint64_t esr;
	uint64_t far;
	uint64_t kind; /* number of the vector, 0 to 15 */
};

typedef void guest_sync_fn(struct guest_frame *frame);
typedef void guest_irq_fn(uint32_t intid);

void on_sync(guest_sync_fn *fn); /* all CPUs; NULL: the report */
void on_irq(guest_irq_fn *fn);	 /* called between acknowledge and end of interrupt */

/* Interrupts: this CPU's interface and redistributor, all private ones enabled, unmasked. */
void gic_start(void);
void gic_enable_spi(uint32_t intid, uint32_t cpu);
void gic_send_sgi(uint32_t cpu, uint32_t sgi);
static inline void irq_on(void)
{
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}
static inline void irq_off(void)
{
	__asm__ volatile("msr daifset, #2" ::: "memory");
}

/* Registers and devices */
#define READ_SYSREG(name)                                                                          \
	({                                                                                         \
		uint64_t v_;                                                                       \
		__asm__ volatile("mrs %0, " name : "=r"(v_)::"memory");                            \
		v_;                                                                                \
	})
#define WRITE_SYSREG(name, v) __asm__ volatile("msr " name ", %0" ::"r"((uint64_t)(v)) : "memory")

static inline uint32_t read32(uint64_t at)
{
	uint32_t v;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(at) : "memory");
	return v;
}

static inline void write32(uint64_t at, uint32_t v)
{
	__asm__ volatile("str %w0, [%1]" ::"r"(v), "r"(at) : "memory");
}

static inline void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static inline uint64_t counter(void)
{
	isb();
	return READ_SYSREG("cntvct_el0");
}

/* A generator for tests that print their seed (xorshift64*). */
uint64_t random_next(uint64_t *state);

#endif
