/* SPDX-License-Identifier: Apache-2.0 */
#include "libguest/libguest.h"

#include "base/check.h"
#include "base/fmt.h"

#define PSCI_CPU_ON	0xC4000003UL
#define PSCI_SYSTEM_OFF 0x84000008UL

#define UART_DR	     0x00UL
#define UART_FR	     0x18UL
#define UART_FR_TXFF 0x20U

#define GICD_CTLR      0x0000UL
#define GICD_ISENABLER 0x0100UL
#define GICD_IGROUPR   0x0080UL
#define GICD_IROUTER   0x6000UL
#define GICR_WAKER     0x0014UL
#define GICR_STRIDE    0x20000UL
#define GICR_SGI       0x10000UL

void guest_enter(uint64_t cpu);
void guest_exception(struct guest_frame *frame);
void mmu_on(uint64_t cpu);
extern const char secondary_start[];

static guest_sync_fn *sync_fn;
static guest_irq_fn *irq_fn;
static void (*cpu_fn[GUEST_CPU_MAX])(uint32_t cpu);
static unsigned failures;
static unsigned checks;

/* 1 GiB blocks: devices below RAM, 511 GiB of RAM addresses from 1 GiB on. */
static uint64_t level1[512] __attribute__((aligned(4096)));

#define BLOCK_DEVICE 0x0060000000000401UL /* AttrIndx 0, AF, UXN and PXN */
#define BLOCK_NORMAL 0x0000000000000705UL /* AttrIndx 1, inner shareable, AF */
#define TCR_39_BIT   (25UL | (1UL << 8) | (1UL << 10) | (3UL << 12) | (1UL << 23) | (2UL << 32))
#define SCTLR_MMU_ON 0x30d0199dUL /* M, C, I, SA, RES1; no WXN */

void mmu_on(uint64_t cpu)
{
	if (cpu == 0U) {
		level1[0] = BLOCK_DEVICE;
		for (uint64_t i = 1; i < 512U; i++) {
			level1[i] = (i << 30) | BLOCK_NORMAL;
		}
		__asm__ volatile("dsb sy" ::: "memory");
	}
	WRITE_SYSREG("mair_el1", 0xff04);
	WRITE_SYSREG("tcr_el1", TCR_39_BIT);
	WRITE_SYSREG("ttbr0_el1", (uint64_t)level1);
	__asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
	WRITE_SYSREG("sctlr_el1", SCTLR_MMU_ON);
	__asm__ volatile("isb\n\tic iallu\n\tdsb nsh\n\tisb" ::: "memory");
}

void guest_enter(uint64_t cpu)
{
	if (cpu != 0U) {
		cpu_fn[cpu]((uint32_t)cpu);
		for (;;) {
			__asm__ volatile("wfi");
		}
	}
	guest_main();
	guest_done();
}

static void put(void *ctx, char c)
{
	(void)ctx;
	if (c == '\n') {
		put(ctx, '\r');
	}
	while ((read32(GUEST_UART + UART_FR) & UART_FR_TXFF) != 0U) {
		__asm__ volatile("yield");
	}
	write32(GUEST_UART + UART_DR, (uint8_t)c);
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fmt_vprint(put, NULL, format, args);
	va_end(args);
}

void check(bool ok, const char *name)
{
	checks++;
	if (!ok) {
		failures++;
	}
	print("%s: %s\n", ok ? "PASS" : "FAIL", name);
}

void guest_done(void)
{
	print("payload: %u checks, %u failed\n", checks, failures);
	power_off();
}

void power_off(void)
{
	(void)hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;) {
		__asm__ volatile("wfi");
	}
}

int64_t cpu_on(uint32_t cpu, void (*fn)(uint32_t cpu))
{
	cpu_fn[cpu] = fn;
	__asm__ volatile("dsb sy" ::: "memory");
	return (int64_t)hvc(PSCI_CPU_ON, cpu, (uint64_t)secondary_start, cpu);
}

uint32_t cpu_number(void)
{
	return (uint32_t)READ_SYSREG("tpidr_el1");
}

void on_sync(guest_sync_fn *fn)
{
	sync_fn = fn;
}

void on_irq(guest_irq_fn *fn)
{
	irq_fn = fn;
}

static void take_irq(void)
{
	uint64_t intid = READ_SYSREG("S3_0_C12_C12_0"); /* ICC_IAR1_EL1 */

	if (intid < 1020U) {
		if (irq_fn != NULL) {
			irq_fn((uint32_t)intid);
		}
		WRITE_SYSREG("S3_0_C12_C12_1", intid); /* ICC_EOIR1_EL1 */
	}
}

void guest_exception(struct guest_frame *frame)
{
	if ((frame->kind & 3U) == 1U) {
		take_irq();
	} else if ((frame->kind & 3U) == 0U && sync_fn != NULL) {
		sync_fn(frame);
	} else {
		print("payload: exception %u on CPU %u: esr 0x%lx pc 0x%lx far 0x%lx\n",
			(unsigned)frame->kind, cpu_number(), frame->esr, frame->pc, frame->far);
		failures++;
		guest_done();
	}
}

void gic_start(void)
{
	uint64_t gicr = GUEST_GICR + cpu_number() * GICR_STRIDE;

	if (cpu_number() == 0U) {
		write32(GUEST_GICD + GICD_CTLR, 0x12); /* ARE, group 1 */
	}
	write32(gicr + GICR_WAKER, read32(gicr + GICR_WAKER) & ~2U);
	while ((read32(gicr + GICR_WAKER) & 4U) != 0U) {
		__asm__ volatile("yield");
	}
	write32(gicr + GICR_SGI + GICD_IGROUPR, ~0U);
	write32(gicr + GICR_SGI + GICD_ISENABLER, ~0U);
	WRITE_SYSREG("S3_0_C12_C12_5", 7); /* ICC_SRE_EL1 */
	isb();
	WRITE_SYSREG("S3_0_C4_C6_0", 0xff); /* ICC_PMR_EL1 */
	WRITE_SYSREG("S3_0_C12_C12_7", 1);  /* ICC_IGRPEN1_EL1 */
	isb();
}

void gic_enable_spi(uint32_t intid, uint32_t cpu)
{
	uint64_t bit = 1UL << (intid % 32U);
	uint64_t word = GUEST_GICD + intid / 32U * 4U;
	uint64_t route = GUEST_GICD + GICD_IROUTER + 8UL * intid;

	__asm__ volatile("str %0, [%1]" ::"r"((uint64_t)cpu), "r"(route) : "memory");
	write32(word + GICD_IGROUPR, read32(word + GICD_IGROUPR) | (uint32_t)bit);
	write32(word + GICD_ISENABLER, (uint32_t)bit);
}

void gic_send_sgi(uint32_t cpu, uint32_t sgi)
{
	WRITE_SYSREG("S3_0_C12_C11_5", ((uint64_t)sgi << 24) | (1UL << cpu)); /* ICC_SGI1R_EL1 */
	isb();
}

uint64_t random_next(uint64_t *state)
{
	uint64_t v = *state;

	v ^= v >> 12;
	v ^= v << 25;
	v ^= v >> 27;
	*state = v;
	return v * 0x2545f4914f6cdd1dUL;
}

/* What lib/base and the compiler ask of a program. */
uintptr_t __stack_chk_guard = 0x00a5c3f19e7db264UL;
void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
	PANIC("a stack frame was overwritten");
}

void panic_at(const char *file, int line, const char *format, ...)
{
	va_list args;

	print("payload: panic at %s:%d: ", file, line);
	va_start(args, format);
	(void)fmt_vprint(put, NULL, format, args);
	va_end(args);
	print("\n");
	power_off();
}
