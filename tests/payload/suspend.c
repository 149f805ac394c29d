/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SYSTEM_SUSPEND over and over, while another CPU sends SGIs to the one that has just woken and
 * waits: what its CPU holds in registers must not be given to another CPU. With "alone=1" nobody
 * sends, and after the last time it sleeps for ever, so that whoever has the machine ends it.
 */
#include "libguest/libguest.h"
#include "options.h"

#define PSCI_CPU_OFF	    0x84000002UL
#define PSCI_AFFINITY_INFO  0xC4000004UL
#define PSCI_SYSTEM_SUSPEND 0xC400000EUL
#define AFFINITY_OFF	    1UL

#define SGI_WAKE       3U
#define CYCLES	       12U
#define STACK_SIZE     8192U
#define SUSPEND_TICKS  20000UL
#define GICR_ICENABLER (GUEST_GICR + 0x10180UL)
#define ALL_SGIS       0xffffU

static uint8_t stack[STACK_SIZE] __attribute__((aligned(16)));
uint8_t *const suspend_stack_top __attribute__((used)) = stack + STACK_SIZE;
static volatile uint32_t peer_runs;
static volatile uint32_t main_woken;
static uint32_t cycles;

void suspend_cycle(void);
extern const char suspend_resumed[];

/* Where SYSTEM_SUSPEND goes on: no stack, MMU off, as from reset. */
__asm__("	.text\n"
	"	.global suspend_resumed\n"
	"suspend_resumed:\n"
	"	adrp	x1, suspend_stack_top\n"
	"	ldr	x1, [x1, #:lo12:suspend_stack_top]\n"
	"	mov	sp, x1\n"
	"	b	suspend_cycle\n");

static void peer(uint32_t cpu)
{
	uint64_t until = counter() + READ_SYSREG("cntfrq_el0") / 20U;

	(void)cpu;
	peer_runs = 1;
	while (counter() < until) {
		__asm__ volatile("yield");
	}
	while (main_woken == 0U) { /* it may not have come to its WFI when the first SGI does */
		gic_send_sgi(0, SGI_WAKE);
	}
	__asm__ volatile("wfi" ::: "memory");
	(void)hvc(PSCI_CPU_OFF, 0, 0, 0);
}

static void arm_timer(void)
{
	WRITE_SYSREG("S3_0_C4_C6_0", 0xff); /* ICC_PMR_EL1 */
	WRITE_SYSREG("S3_0_C12_C12_7", 1);  /* ICC_IGRPEN1_EL1 */
	WRITE_SYSREG("cntv_cval_el0", counter() + SUSPEND_TICKS);
	WRITE_SYSREG("cntv_ctl_el0", 1);
	isb();
}

static void suspend(void)
{
	(void)hvc(PSCI_SYSTEM_SUSPEND, (uint64_t)suspend_resumed, 0, 0);
	check(false, "SYSTEM_SUSPEND does not return");
	guest_done();
}

static void meet_peer(void)
{
	peer_runs = 0;
	main_woken = 0;
	if (cpu_on(1, peer) != 0) {
		check(false, "the other CPU starts");
		guest_done();
	}
	while (peer_runs == 0U) {
		__asm__ volatile("yield");
	}
	__asm__ volatile("wfi" ::: "memory");
	main_woken = 1;
	while (hvc(PSCI_AFFINITY_INFO, 1, 0, 0) != AFFINITY_OFF) {
		gic_send_sgi(1, SGI_WAKE);
	}
}

/* Never returns: each suspension starts it anew on an empty stack. */
void suspend_cycle(void)
{
	bool alone = option("alone", 0) != 0U;

	if (cycles == CYCLES) {
		check(true, "woken from every suspension");
		if (alone) {
			suspend();
		}
		guest_done();
	}
	cycles++;
	if (!alone) {
		meet_peer();
	}
	arm_timer();
	suspend();
}

void guest_main(void)
{
	gic_start();
	write32(GICR_ICENABLER, ALL_SGIS); /* they end a WFI of nobody but by waking it */
	suspend_cycle();
}
