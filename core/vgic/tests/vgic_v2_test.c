/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/bits.h"
#include "vgic_rig.h"

#define VCPUS 4U

static void start(uint32_t vcpus)
{
	rig_make(VGIC_VIEW_V2, vcpus, 32, 4);
	for (unsigned i = 0; i < vcpus; i++) {
		(void)rig_dist(i, 0x100, 4, true, UINT32_MAX);
	}
	rig_set(0, 1);
	rig_set(0x104, UINT32_MAX);
	vgic_load(&rig.vcpu[0]);
	for (unsigned i = 1; i < vcpus; i++) {
		(void)vif_wakes(&rig.vcpu[i]);
	}
	rig.kicked = 0;
}

static void test_identification(void **state)
{
	(void)state;
	start(VCPUS);
	assert_int_equal(rig_dist(0, 4, 4, false, 0), 1U | (3U << 5));
	assert_int_equal(rig_dist(0, 8, 4, false, 0) & 0xfffU, 0x43b);
	assert_int_equal(rig_dist(0, 0xfe8, 4, false, 0), 0x2b);
	assert_int_equal(rig_dist(0, 0, 4, false, 0), 1);
	/* How a CPU learns its number. */
	assert_int_equal(rig_dist(2, 0x800, 4, false, 0), 0x04040404);
	assert_int_equal(rig_dist(3, 0x81f, 1, false, 0), 8);
}

static void test_banked_registers(void **state)
{
	(void)state;
	start(VCPUS);
	(void)rig_dist(1, 0x400, 1, true, 0xa0);
	assert_int_equal(rig_dist(1, 0x400, 4, false, 0), 0xa0);
	assert_int_equal(rig_dist(0, 0x400, 4, false, 0), 0);
	(void)rig_dist(0, 0x200, 4, true, 0xffff); /* ISPENDR of SGIs is read-only */
	assert_int_equal(rig_dist(0, 0x200, 4, false, 0), 0);
}

static void test_targets(void **state)
{
	(void)state;
	start(VCPUS);
	assert_int_equal(rig_dist(0, 0x820, 4, false, 0), 0);
	assert_int_equal(vgic_set_spi(&rig.vgic, 32, true), PLINTH_OK); /* goes nowhere yet */
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	(void)rig_dist(0, 0x820, 1, true, 0xf4); /* 2; the upper four are not there */
	assert_int_equal(rig_dist(0, 0x820, 4, false, 0), 4);
	assert_int_equal(rig.kicked, 4);
	assert_true(vif_wakes(&rig.vcpu[2]));
	(void)rig_dist(0, 0x820, 4, true, 0x01010103);
	assert_false(vif_wakes(&rig.vcpu[2]));
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), 32);
}

static void test_one_vcpu_has_all(void **state)
{
	(void)state;
	start(1);
	assert_int_equal(rig_dist(0, 0x820, 4, false, 0), 0x01010101);
	assert_int_equal(vgic_set_spi(&rig.vgic, 40, true), PLINTH_OK);
	assert_int_equal(vif_peek(), 40);
}

static void test_sgi_of_several_sources(void **state)
{
	unsigned source = 9;
	uint32_t seen = 0;

	(void)state;
	start(VCPUS);
	for (unsigned v = 1; v < VCPUS; v++) {
		vif_select(1);
		(void)rig_dist(v, 0xf00, 4, true, (1U << 16) | 3U);
	}
	vif_select(0);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(rig_dist(0, 0xf20, 4, false, 0) >> 24, 0xe);
	for (unsigned i = 1; i < VCPUS; i++) {
		assert_int_equal(vif_ack_source(&source), 3);
		seen |= 1U << source;
		assert_int_equal(vif_peek(), VIF_SPURIOUS);
		vif_eoi(3);
		rig_settle(&rig.vcpu[0]);
	}
	assert_int_equal(seen, 0xe);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_int_equal(rig_dist(0, 0xf20, 4, false, 0), 0);
}

static void test_sgir_filters(void **state)
{
	(void)state;
	start(VCPUS);
	(void)rig_dist(0, 0xf00, 4, true, (1U << 24) | 1U); /* all others */
	assert_int_equal(rig.kicked, 0xe);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	(void)rig_dist(0, 0xf00, 4, true, (2U << 24) | 2U); /* itself */
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), 2);
	vif_eoi(2);
	rig.kicked = 0;
	(void)rig_dist(0, 0xf00, 4, true, (3U << 24) | (0xffU << 16) | 4U); /* reserved */
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(rig.kicked, 0);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
}

static void test_set_and_clear_by_source(void **state)
{
	unsigned source = 9;

	(void)state;
	start(VCPUS);
	(void)rig_dist(0, 0xf20, 4, true, 0x0c); /* SGI 0 from 2 and 3 */
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(rig_dist(0, 0xf10, 4, false, 0), 0x0c);
	(void)rig_dist(0, 0xf10, 1, true, 0x04);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack_source(&source), 0);
	assert_int_equal(source, 3);
	vif_eoi(0);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
}

/* A pending SGI keeps its source when another vCPU runs in between. */
static void test_source_survives_a_switch(void **state)
{
	unsigned source = 9;

	(void)state;
	start(VCPUS);
	(void)rig_dist(0, 0xf20, 4, true, 0x0c);
	rig_settle(&rig.vcpu[0]);
	vgic_put(&rig.vcpu[0]);
	assert_int_equal(rig.vcpu[0].sgi_pending[0], 0x0c);
	vgic_load(&rig.vcpu[0]);
	assert_int_equal(vif_ack_source(&source), 0);
	assert_int_equal(source, 2);
	vgic_put(&rig.vcpu[0]);
	vgic_load(&rig.vcpu[0]);
	vif_eoi(0);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack_source(&source), 0);
	assert_int_equal(source, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identification),
		cmocka_unit_test(test_banked_registers),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_one_vcpu_has_all),
		cmocka_unit_test(test_sgi_of_several_sources),
		cmocka_unit_test(test_sgir_filters),
		cmocka_unit_test(test_set_and_clear_by_source),
		cmocka_unit_test(test_source_survives_a_switch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
