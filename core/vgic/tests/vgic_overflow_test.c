/* SPDX-License-Identifier: Apache-2.0 */
/*
 * More interrupts than list registers: which are placed, and how those end that have none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ich.h"
#include "vgic_rig.h"

static void set_priority(unsigned v, uint32_t intid, uint8_t priority)
{
	(void)rig_redist(v, 0x10400U + intid, 1, true, priority);
}

static void set_spi_priority(uint32_t intid, uint8_t priority)
{
	(void)rig_dist(0, 0x400U + intid, 1, true, priority);
}

static void send_to_itself(unsigned sgi)
{
	vgic_sgi1r(&rig.vcpu[0], ((uint64_t)sgi << 24) | 1U);
}

/* EOImode 1 with more active interrupts than list registers: ICC_DIR traps, in any order. */
static void test_evicted_deactivate_in_any_order(void **state)
{
	(void)state;
	rig_start(2);
	vif_this()->vmcr |= BIT(9);
	for (unsigned i = 0; i < 6U; i++) {
		assert_int_equal(vgic_set_spi(&rig.vgic, 40 + i, true), PLINTH_OK);
		if (vgic_is_due(&rig.vcpu[0])) {
			vgic_flush(&rig.vcpu[0]);
		}
		assert_int_equal(vif_ack(), 40 + i);
		vif_eoi(40 + i);
		if (vif_maintenance()) {
			vgic_maintenance(&rig.vcpu[0]);
		}
		if (vgic_is_due(&rig.vcpu[0])) {
			vgic_flush(&rig.vcpu[0]);
		}
	}
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	for (unsigned i = 0; i < 6U; i++) {
		unsigned intid = 40U + (i * 5U) % 6U;

		assert_int_equal(vgic_set_spi(&rig.vgic, intid, false), PLINTH_OK);
		if (vgic_is_due(&rig.vcpu[0])) {
			vgic_flush(&rig.vcpu[0]);
		}
		if (!vif_dir(intid)) {
			vgic_dir(&rig.vcpu[0], intid);
		}
		assert_int_equal(rig.vgic.spi[0].bank.active & ~rig.vgic.spi[0].bank.in_lr &
					 (UINT32_C(1) << (intid - 32U)),
			0);
	}
	assert_int_equal(vif_this()->hcr & (ICH_HCR_TDIR | ICH_HCR_LRENPIE), 0);
	vgic_put(&rig.vcpu[0]);
	assert_int_equal(rig.vgic.spi[0].bank.active, 0);
}

/* SGI 1 is active and pending again, 2 and 3 are more urgent, and there are two list registers:
 * NPIE must not take 1 for something to wait for. */
static void check_overflow_with_active(bool pended_before)
{
	rig_start(2);
	set_priority(0, 1, 0x40);
	set_priority(0, 2, 0x20);
	set_priority(0, 3, 0x10);
	send_to_itself(1);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), 1);
	if (pended_before) {
		send_to_itself(1);
	}
	send_to_itself(2);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), 2);
	send_to_itself(3);
	send_to_itself(4); /* priority 0: the best */
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), 4);
	if (!pended_before) {
		send_to_itself(1);
		rig_settle(&rig.vcpu[0]);
	}
	assert_int_equal(vif_ack(), 4);
	rig_settle(&rig.vcpu[0]);
	vif_eoi(4);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), 3);
	rig_settle(&rig.vcpu[0]);
	vif_eoi(3);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), 2);
	rig_settle(&rig.vcpu[0]);
	vif_eoi(2);
	rig_settle(&rig.vcpu[0]);
	vif_eoi(1);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), 1);
	vif_eoi(1);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), VIF_SPURIOUS);
}

static void test_overflow_with_active_and_pending(void **state)
{
	(void)state;
	check_overflow_with_active(true);
	check_overflow_with_active(false);
}

/* With EOImode 1 the same, for an SGI that is sent again before anybody has looked. */
static void test_overflow_with_active_and_pending_eoimode_1(void **state)
{
	(void)state;
	rig_start(2);
	vif_this()->vmcr |= BIT(9);
	for (unsigned sgi = 2; sgi < 5U; sgi++) {
		set_priority(0, sgi, (uint8_t)(0x80U - 0x10U * sgi));
		send_to_itself(sgi);
	}
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), 4);
	send_to_itself(4);
	rig_settle(&rig.vcpu[0]);
	vif_eoi(4);
	assert_int_equal(vif_ack(), 3);
	vif_eoi(3);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), 2);
}

/* With EOImode 1 EOIR ends nothing, though there are machines that count it. */
static void test_eoicount_with_eoimode_1(void **state)
{
	(void)state;
	rig_start(2);
	vif_this()->vmcr |= BIT(9);
	for (unsigned sgi = 2; sgi < 6U; sgi++) {
		set_priority(0, sgi, (uint8_t)(0x10U * sgi));
		send_to_itself(sgi);
	}
	rig_settle(&rig.vcpu[0]);
	for (unsigned sgi = 2; sgi < 6U; sgi++) {
		assert_int_equal(vif_ack(), sgi);
		rig_settle(&rig.vcpu[0]);
		vif_eoi(sgi);
		vif_this()->hcr += UINT32_C(1) << ICH_HCR_EOICOUNT_SHIFT;
		rig_settle(&rig.vcpu[0]);
	}
	vgic_put(&rig.vcpu[0]);
	assert_int_equal(rig.vcpu[0].bank.active, 0x3c);
}

/* Four levels deep with one list register; ends fall on the most urgent one each time, and never
 * on one that another vCPU is busy with. */
static void test_evicted_end_by_priority(void **state)
{
	uint32_t *active = &rig.vgic.spi[0].bank.active;

	(void)state;
	rig_start(1);
	set_spi_priority(50, 0);
	rig.vgic.spi[0].bank.active = UINT32_C(1) << 18; /* SPI 50, on vCPU 1 */
	rig.vgic.spi[0].owner[18] = 1;
	for (unsigned i = 0; i < 4U; i++) {
		set_spi_priority(43 - i, (uint8_t)(0x80U - 0x10U * i));
		assert_int_equal(vgic_set_spi(&rig.vgic, 43 - i, true), PLINTH_OK);
		rig_settle(&rig.vcpu[0]);
		assert_int_equal(vif_ack(), 43 - i);
		rig_settle(&rig.vcpu[0]);
		assert_int_equal(vgic_set_spi(&rig.vgic, 43 - i, false), PLINTH_OK);
		rig_settle(&rig.vcpu[0]);
	}
	/* One more waits for the only list register, so that all four are without. */
	set_spi_priority(44, 0x90);
	assert_int_equal(vgic_set_spi(&rig.vgic, 44, true), PLINTH_OK);
	rig_settle(&rig.vcpu[0]);
	for (unsigned i = 0; i < 4U; i++) {
		assert_int_equal(*active & 0xf00U, (0xf00U << i) & 0xf00U);
		vif_eoi(40 + i);
		rig_settle(&rig.vcpu[0]);
	}
	assert_int_equal(*active, UINT32_C(1) << 18);
	assert_int_equal(vif_ack(), 44);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evicted_deactivate_in_any_order),
		cmocka_unit_test(test_overflow_with_active_and_pending),
		cmocka_unit_test(test_overflow_with_active_and_pending_eoimode_1),
		cmocka_unit_test(test_eoicount_with_eoimode_1),
		cmocka_unit_test(test_evicted_end_by_priority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
