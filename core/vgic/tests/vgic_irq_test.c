/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All states of one interrupt, into a list register and back after whatever the hardware may have
 * made of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vgic_lr.h"
#include "vgic_private.h"
#include "vif.h"

#define BITS 8U /* enable, group1, edge, latch, line, active, linked, distributor on */
#define PPI  27U
#define MASK (UINT32_C(1) << PPI)

static struct vgic vgic;
static struct vgic_cpu vcpu;

static void kick(void *ctx, vcpu_id_t id)
{
	(void)ctx;
	(void)id;
}

static const struct vgic_ops ops = {.kick = kick};

static uint32_t word(unsigned walk, unsigned bit)
{
	return ((walk >> bit) & 1U) != 0U ? MASK : 0U;
}

static struct vgic_irq make(unsigned walk)
{
	struct vgic_config config = {VGIC_VIEW_V3, 1, 32, vif_reset(4), &ops, NULL};

	assert_int_equal(vgic_init(&vgic, &config), PLINTH_OK);
	assert_int_equal(vgic_cpu_init(&vgic, &vcpu, 0), PLINTH_OK);
	vcpu.bank.enable = word(walk, 0);
	vcpu.bank.group1 = word(walk, 1);
	vcpu.bank.edge = word(walk, 2);
	vcpu.bank.latch = word(walk, 3);
	vcpu.bank.line = word(walk, 4);
	vcpu.bank.active = word(walk, 5);
	vcpu.bank.linked = word(walk, 6);
	vcpu.bank.latches = vcpu.bank.edge & ~vcpu.bank.linked;
	vgic.group_enable = (walk >> 7) != 0U ? 3U : 0U;
	vcpu.phys[PPI] = 27;
	vcpu.bank.priority[PPI] = 0xa0;
	return vgic_irq_of(&vgic, &vcpu, PPI);
}

static void check_entered(unsigned walk, uint64_t lr)
{
	bool active = word(walk, 5) != 0U;
	bool high = word(walk, 4) != 0U && (word(walk, 2) == 0U || word(walk, 6) != 0U);
	bool latched = word(walk, 3) != 0U;
	bool ready = word(walk, 0) != 0U && (walk >> 7) != 0U;

	assert_int_equal((intid_t)lr, PPI);
	assert_int_equal(FIELD_GET(lr, LR_PRIORITY), 0xa0);
	assert_int_equal((lr & LR_GROUP1) != 0U, word(walk, 1) != 0U);
	assert_int_equal((lr & LR_ACTIVE) != 0U, active);
	if (!active) {
		assert_int_equal((lr & LR_PENDING) != 0U, ready && (latched || high));
	} else {
		assert_int_equal((lr & LR_PENDING) != 0U, ready && latched);
	}
	/* Never what the architecture forbids. */
	if ((lr & LR_HW) != 0U) {
		assert_true((lr & LR_STATE) != LR_STATE);
		assert_int_equal(FIELD_GET(lr, LR_PHYS), 27);
		assert_true(word(walk, 6) != 0U);
	}
	/* A line that is high comes up again at the end, by hardware or by maintenance. */
	if (high) {
		assert_true((lr & (LR_HW | LR_EOI)) != 0U);
	}
}

/* Back in memory, untouched by the guest: nothing has changed. */
static void check_untouched(unsigned walk, const struct vgic_bank *bank)
{
	if ((walk & 0x81U) == 0x81U || word(walk, 5) != 0U) {
		assert_int_equal(bank->latch & MASK, word(walk, 3));
		assert_int_equal(bank->line & MASK, word(walk, 4));
		assert_int_equal(bank->active & MASK, word(walk, 5));
	}
	assert_int_equal(bank->in_lr | bank->lr_latch | bank->changed, 0);
}

static void check_ended(unsigned walk, const struct vgic_bank *bank)
{
	assert_int_equal(bank->active, 0);
	if (word(walk, 6) != 0U) {
		assert_int_equal(bank->line, 0);
	} else {
		assert_int_equal(bank->line, word(walk, 4));
	}
	assert_int_equal(bank->in_lr | bank->lr_latch, 0);
}

static void test_walk(void **state)
{
	(void)state;
	for (unsigned walk = 0; walk < (1U << BITS); walk++) {
		struct vgic_irq irq = make(walk);
		uint64_t lr = vgic_irq_enter(&vcpu, &irq);

		assert_int_equal(vcpu.bank.in_lr, MASK);
		check_entered(walk, lr);
		if ((lr & LR_STATE) != 0U) {
			assert_false(vgic_irq_leave(&vcpu, &irq, lr));
			check_untouched(walk, &vcpu.bank);
		}
		irq = make(walk);
		lr = vgic_irq_enter(&vcpu, &irq);
		if ((lr & LR_PENDING) != 0U) { /* acknowledged */
			(void)vgic_irq_leave(&vcpu, &irq, (lr & ~LR_PENDING) | LR_ACTIVE);
			assert_int_equal(vcpu.bank.active, MASK);
			assert_int_equal(vcpu.bank.latch, 0);
			assert_int_equal(vcpu.bank.line, word(walk, 4));
		}
		irq = make(walk);
		lr = vgic_irq_enter(&vcpu, &irq);
		assert_int_equal(vgic_irq_leave(&vcpu, &irq, lr & ~LR_STATE),
			(vcpu.bank.linked & word(walk, 4)) != 0U && (lr & LR_HW) == 0U);
		check_ended(walk, &vcpu.bank);
	}
}

/* Requests of other CPUs, all combinations on all states of a list register. */
static void test_requests(void **state)
{
	(void)state;
	for (unsigned walk = 0; walk < 32U; walk++) {
		uint64_t hw = ((walk & 1U) != 0U ? LR_PENDING : 0U) |
			      ((walk & 2U) != 0U ? LR_ACTIVE : 0U);
		struct vgic_irq irq = make(0x8d); /* enabled, edge, latched, distributor on */

		(void)vgic_irq_enter(&vcpu, &irq);
		vcpu.bank.drop_pending = word(walk, 2);
		vcpu.bank.drop_active = word(walk, 3);
		vcpu.bank.make_active = word(walk, 4);
		vcpu.bank.changed = MASK;
		assert_false(vgic_irq_leave(&vcpu, &irq, hw | PPI));
		assert_int_equal(vcpu.bank.latch != 0U, (walk & 5U) == 1U);
		assert_int_equal(vcpu.bank.active != 0U, (walk & 10U) == 2U || (walk & 16U) != 0U);
		assert_int_equal(vcpu.bank.changed | vcpu.bank.drop_pending |
					 vcpu.bank.drop_active | vcpu.bank.make_active,
			0);
	}
}

static void test_target_follows_route_and_owner(void **state)
{
	struct vgic_irq irq;

	(void)state;
	(void)make(0);
	irq = vgic_irq_of(&vgic, NULL, 40);
	vgic.spi[0].owner[8] = 0;
	vgic.spi[0].route[8] = VGIC_NO_VCPU;
	assert_null(vgic_irq_target(&irq));
	vgic.spi[0].bank.active = UINT32_C(1) << 8;
	assert_ptr_equal(vgic_irq_target(&irq), &vcpu);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_target_follows_route_and_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
