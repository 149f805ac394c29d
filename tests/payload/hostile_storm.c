/* SPDX-License-Identifier: Apache-2.0 */
/* The GIC's registers at random, and storms of SGIs, timer interrupts and WFIs. */
#include "hostile.h"

#include "libguest/libguest.h"

#define GIC_ACCESSES 128U
#define STORM	     256U
#define GICD_SIZE    0x10000UL
#define GICD_SGIR    0xf00UL
#define GICR_SIZE    0x20000UL
/* QEMU 7.2 spins where CNTVOFF_EL2 + CNTV_CVAL_EL0 overflows; CNTP is Plinth's, and takes all. */
#define CVAL_MASK 0x7fffffffffffffffUL
#define TVAL_MASK 0x7fffffffUL

static uint64_t gic_address(struct hostile *h)
{
	if (hostile_one_in(h, 2)) {
		return GUEST_GICD + hostile_below(h, hostile_one_in(h, 2) ? 0x1000U : GICD_SIZE);
	}
	return GUEST_GICR + hostile_below(h, GICR_SIZE * 5U);
}

/* LDR and STR of 1, 2, 4 and 8 bytes: x1 at x0. */
static uint32_t gic_access(struct hostile *h)
{
	uint32_t insn = 0x39000001U | ((uint32_t)hostile_below(h, 4) << 30);

	return insn | (hostile_one_in(h, 3) ? 0x00400000U : 0U);
}

void attack_gic(struct hostile *h)
{
	struct attempt a;

	for (unsigned i = 0; i < GIC_ACCESSES; i++) {
		code_put(i, gic_access(h));
	}
	code_publish();
	for (unsigned i = 0; i < GIC_ACCESSES; i++) {
		uint64_t size = 1UL << hostile_below(h, 4);

		hostile_registers(h, &a);
		a.x[0] = gic_address(h);
		if (!hostile_one_in(h, 8)) {
			a.x[0] &= ~(size - 1U);
		}
		a.pc = code_at(i);
		a.pstate = PSTATE_EL1T & ~(hostile_one_in(h, 4) ? 0xc0UL : 0U);
		hostile_run(h, &a);
	}
}

static void send_by_register(struct hostile *h, uint64_t v)
{
	switch (hostile_below(h, 4)) {
	case 0:
		WRITE_SYSREG("S3_0_C12_C11_6", v); /* ICC_ASGI1R_EL1 */
		break;
	case 1:
		WRITE_SYSREG("S3_0_C12_C11_7", v); /* ICC_SGI0R_EL1 */
		break;
	default:
		WRITE_SYSREG("S3_0_C12_C11_5", v); /* ICC_SGI1R_EL1 */
		break;
	}
}

/* To everybody, oneself too; answered or left. */
void attack_sgi_storm(struct hostile *h)
{
	for (unsigned i = 0; i < STORM; i++) {
		if (hostile_has_gicv2()) {
			write32(GUEST_GICD + GICD_SGIR, (uint32_t)hostile_random(h));
		} else {
			send_by_register(h, hostile_one_in(h, 2)
						    ? hostile_random(h)
						    : (hostile_below(h, 16) << 24) | 0xfU);
		}
		if (hostile_one_in(h, 4)) {
			hostile_take_interrupt();
		}
	}
}

/* Both timers in the past, over and over. */
void attack_timer_storm(struct hostile *h)
{
	for (unsigned i = 0; i < STORM; i++) {
		uint64_t now = counter();
		uint64_t far = hostile_value(h);

		WRITE_SYSREG("cntv_cval_el0", hostile_one_in(h, 4) ? far & CVAL_MASK : now);
		WRITE_SYSREG("cntp_cval_el0", hostile_one_in(h, 4) ? far : now);
		WRITE_SYSREG("cntv_ctl_el0", hostile_below(h, 4));
		WRITE_SYSREG("cntp_ctl_el0", hostile_below(h, 4));
		if (hostile_one_in(h, 8)) {
			WRITE_SYSREG("cntv_tval_el0", far & TVAL_MASK);
			WRITE_SYSREG("cntp_tval_el0", far);
		}
		isb();
		if (hostile_one_in(h, 4)) {
			hostile_take_interrupt();
		}
	}
	hostile_take_interrupt();
}

/* CPU 0 keeps the time and must not depend on what the others do to the distributor. */
void attack_wfi_storm(struct hostile *h)
{
	if (h->cpu == 0U) {
		return;
	}
	for (unsigned i = 0; i < STORM / 4U; i++) {
		WRITE_SYSREG("cntv_cval_el0", counter() + hostile_below(h, 20000));
		WRITE_SYSREG("cntv_ctl_el0", 1);
		isb();
		__asm__ volatile("wfi" ::: "memory");
		hostile_take_interrupt();
	}
}
