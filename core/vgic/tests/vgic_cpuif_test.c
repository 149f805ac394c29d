/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paths of single events: what a guest sees, and what they cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "fake/panic.h"
#include "vgic_rig.h"

static void test_idle_costs_nothing(void **state)
{
	(void)state;
	rig_start(4);
	vif_this()->accesses = 0;
	for (unsigned i = 0; i < 10U; i++) {
		assert_false(vgic_is_due(&rig.vcpu[0]));
	}
	assert_int_equal(vif_this()->accesses, 0);
}

static unsigned accesses_of_a_switch(unsigned v)
{
	vif_this()->accesses = 0;
	vgic_put(&rig.vcpu[v]);
	vgic_load(&rig.vcpu[v]);
	return vif_this()->accesses;
}

/* Without an interrupt a switch looks at none: HCR twice, VMCR twice, APRs. */
static void test_switch_looks_at_what_is_due(void **state)
{
	unsigned least;

	(void)state;
	rig_start(4);
	least = accesses_of_a_switch(0);
	assert_int_equal(least, 8);
	assert_false(vgic_is_due(&rig.vcpu[0]));
	assert_int_equal(vgic_set_spi(&rig.vgic, 40, true), PLINTH_OK); /* pending */
	assert_true(accesses_of_a_switch(0) > least);
	assert_int_equal(vif_ack(), 40); /* active */
	assert_true(accesses_of_a_switch(0) > least);
	assert_int_equal(vgic_set_spi(&rig.vgic, 40, false), PLINTH_OK);
	vif_eoi(40);
	assert_true(accesses_of_a_switch(0) > least); /* an empty list register is read back */
	assert_int_equal(accesses_of_a_switch(0), least);
}

/* A core's reset leaves SPIs that go to it pending. */
static void test_spi_stays_over_cpu_reset(void **state)
{
	(void)state;
	rig_start(4);
	vgic_put(&rig.vcpu[0]);
	assert_int_equal(vgic_set_spi(&rig.vgic, 40, true), PLINTH_OK);
	assert_int_equal(vgic_cpu_reset(&rig.vcpu[0]), PLINTH_OK);
	vgic_load(&rig.vcpu[0]);
	assert_int_equal(vif_valid(), 1);
}

static void test_level_is_sampled_at_its_end(void **state)
{
	(void)state;
	rig_start(4);
	assert_int_equal(vgic_set_spi(&rig.vgic, 33, true), PLINTH_OK);
	assert_int_equal(vif_ack(), 33);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	vif_eoi(33);
	assert_true(vif_maintenance());
	vgic_maintenance(&rig.vcpu[0]);
	assert_false(vif_maintenance());
	assert_int_equal(vif_ack(), 33); /* still high */
	/* The handler has served the device: no exit at its end. */
	assert_int_equal(vgic_set_spi(&rig.vgic, 33, false), PLINTH_OK);
	vif_eoi(33);
	assert_false(vif_maintenance());
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
}

static void test_sgi_to_itself(void **state)
{
	(void)state;
	rig_start(4);
	for (unsigned i = 0; i < 4U; i++) {
		vgic_sgi1r(&rig.vcpu[0], (UINT64_C(5) << 24) | 1U);
		assert_int_equal(rig.kicked, 0);
		assert_true(vgic_is_due(&rig.vcpu[0]));
		vif_this()->accesses = 0;
		vgic_flush(&rig.vcpu[0]);
		assert_true(vif_this()->accesses <= 2U);
		assert_int_equal(vif_ack(), 5);
		vif_eoi(5);
	}
	/* Again while it is active: delivered once more. */
	vgic_sgi1r(&rig.vcpu[0], (UINT64_C(5) << 24) | 1U);
	vgic_flush(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), 5);
	vgic_sgi1r(&rig.vcpu[0], (UINT64_C(5) << 24) | 1U);
	vgic_flush(&rig.vcpu[0]);
	vif_eoi(5);
	assert_int_equal(vif_ack(), 5);
	vif_eoi(5);
	assert_int_equal(vif_ack(), VIF_SPURIOUS);
}

static uint32_t targets_of(uint64_t value)
{
	uint32_t due = 0;

	rig_start(4);
	vgic_sgi1r(&rig.vcpu[0], value);
	for (unsigned i = 0; i < RIG_VCPUS; i++) {
		due |= vgic_is_due(&rig.vcpu[i]) ? UINT32_C(1) << i : 0U;
	}
	assert_int_equal(rig.kicked, due & ~UINT32_C(1));
	return due;
}

static void test_sgi_targets(void **state)
{
	(void)state;
	assert_int_equal(targets_of(0), 0);
	assert_int_equal(targets_of(0x8005), 0x8005);
	assert_int_equal(targets_of(UINT64_C(0x1ffff)), 0x30000); /* Aff1 1: 16, 17 */
	assert_int_equal(targets_of(UINT64_C(0x2ffff)), 0);	  /* nobody there */
	assert_int_equal(targets_of(UINT64_C(0xffffff)), 0);
	assert_int_equal(targets_of(BIT(40)), 0x3fffe);	    /* all but itself */
	assert_int_equal(targets_of(BIT(32) | 0xffffU), 0); /* Aff2 */
	assert_int_equal(targets_of(BIT(48) | 0xffffU), 0); /* Aff3 */
	assert_int_equal(targets_of(BIT(44) | 0xffffU), 0); /* Aff0 from 16 on */
}

static void test_sgi_groups(void **state)
{
	(void)state;
	rig_start(4);
	vgic_sgi0r(&rig.vcpu[0], 2); /* SGI 0 is group 1 at vCPU 1 */
	vgic_asgi1r(&rig.vcpu[0], 2);
	assert_false(vgic_is_due(&rig.vcpu[1]));
	rig_set_private(1, 0x80, UINT32_MAX - 1U);
	vgic_sgi0r(&rig.vcpu[0], 2);
	assert_true(vgic_is_due(&rig.vcpu[1]));
	assert_true(vif_wakes(&rig.vcpu[1]));
}

static void test_wakes_and_does_not(void **state)
{
	(void)state;
	rig_start(4);
	/* Priority mask, group enable, enable: each alone keeps a vCPU asleep. */
	rig.vcpu[1].vmcr = 2;
	vgic_sgi1r(&rig.vcpu[0], 2);
	assert_false(vif_wakes(&rig.vcpu[1]));
	rig.vcpu[1].vmcr = VIF_OPEN & ~2U;
	assert_false(vif_wakes(&rig.vcpu[1]));
	rig.vcpu[1].vmcr = VIF_OPEN;
	assert_true(vif_wakes(&rig.vcpu[1]));
	rig.vcpu[1].apr[1][0] = 1; /* priority 0 is running */
	assert_false(vif_wakes(&rig.vcpu[1]));
	rig.vcpu[1].apr[1][0] = 0;
	rig_set_private(1, 0x180, 1);
	assert_false(vif_wakes(&rig.vcpu[1]));
	rig_set_private(1, 0x100, 1);
	rig_set(0, 1);
	assert_false(vif_wakes(&rig.vcpu[1]));
	rig_set(0, 3);
	assert_true(vif_wakes(&rig.vcpu[1]));
	/* Loaded: the same from the hardware, due or not. */
	vgic_sgi1r(&rig.vcpu[0], 1);
	assert_true(vif_wakes(&rig.vcpu[0]));
	vif_this()->vmcr = 3;
	assert_false(vif_wakes(&rig.vcpu[0]));
}

/* BPR decides what preempts: with all bits of the group cut, nothing does. */
static void test_binary_point(void **state)
{
	(void)state;
	rig_start(4);
	rig.vcpu[1].apr[1][0] = UINT32_C(1) << 8; /* 0x40 is running */
	rig_set_private(1, 0x400, 0x20);
	vgic_sgi1r(&rig.vcpu[0], 2);
	assert_true(vif_wakes(&rig.vcpu[1]));
	rig.vcpu[1].vmcr = VIF_OPEN | (UINT32_C(7) << 18); /* only bit 7 counts */
	assert_true(vif_wakes(&rig.vcpu[1]));		   /* 0 is above 0x40 */
	rig.vcpu[1].apr[1][0] = UINT32_C(1);
	assert_false(vif_wakes(&rig.vcpu[1]));
}

/* The new target hears of an interrupt that the old one gives back, however it does so. */
static void test_routed_away_while_pending(void **state)
{
	(void)state;
	rig_start(4);
	assert_int_equal(vgic_set_spi(&rig.vgic, 40, true), PLINTH_OK);
	assert_int_equal(vif_peek(), 40);
	vif_select(1);
	rig.kicked = 0;
	(void)rig_dist(1, 0x6000U + 8U * 40U, 8, true, 1);
	assert_int_equal(rig.kicked, 1); /* the one that has it */
	assert_false(vif_wakes(&rig.vcpu[1]));
	vif_select(0);
	rig.kicked = 0;
	vgic_put(&rig.vcpu[0]);
	assert_int_equal(rig.kicked, 2);
	assert_true(vif_wakes(&rig.vcpu[1]));
	assert_false(vif_wakes(&rig.vcpu[0]));
}

static void test_raised_for_a_vcpu_elsewhere(void **state)
{
	(void)state;
	rig_start(4);
	vif_select(1);
	vgic_load(&rig.vcpu[1]);
	rig.kicked = 0;
	vif_select(0);
	vgic_set_ppi(&rig.vcpu[1], 20, true);
	assert_int_equal(rig.kicked, 2);
	assert_true(vgic_is_due(&rig.vcpu[1]));
	vif_select(1);
	vgic_flush(&rig.vcpu[1]);
	assert_int_equal(vif_ack(), 20);
}

static void test_errors(void **state)
{
	const struct vgic_hw *hw = vif_reset(4);
	struct vgic_config config = {VGIC_VIEW_V3, 2, 32, hw, &rig_ops, NULL};
	struct vgic_hw none = *hw;

	(void)state;
	none.lr_count = 0;
	config.hw = &none;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_EINVAL);
	config.hw = NULL;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_EINVAL);
	config.hw = hw;
	config.ops = NULL;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_EINVAL);
	config.ops = &rig_ops;
	config.view = (enum vgic_view)7;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_EINVAL);
	config.view = VGIC_VIEW_V2;
	config.vcpu_count = 9;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_ERANGE);
	config.view = VGIC_VIEW_V3;
	config.vcpu_count = 124;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_ERANGE);
	config.vcpu_count = 0;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_ERANGE);
	config.vcpu_count = 2;
	config.spi_count = 33;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_ERANGE);
	config.spi_count = 288;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_ERANGE);
	config.spi_count = 32;
	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_OK);
	assert_int_equal(vgic_cpu_init(&rig.vgic, &rig.vcpu[0], 2), PLINTH_ERANGE);
	assert_int_equal(vgic_cpu_init(&rig.vgic, &rig.vcpu[0], 0), PLINTH_OK);
	assert_int_equal(vgic_cpu_init(&rig.vgic, &rig.vcpu[0], 0), PLINTH_EEXIST);
	assert_int_equal(vgic_set_spi(&rig.vgic, 31, true), PLINTH_ERANGE);
	assert_int_equal(vgic_set_spi(&rig.vgic, 64, true), PLINTH_ERANGE);
	assert_int_equal(vgic_set_spi(&rig.vgic, 63, true), PLINTH_OK);
	assert_int_equal(vgic_link_ppi(&rig.vcpu[0], 15, 27), PLINTH_EINVAL);
	assert_int_equal(vgic_link_ppi(&rig.vcpu[0], 32, 27), PLINTH_EINVAL);
	assert_int_equal(vgic_link_ppi(&rig.vcpu[0], 27, 1020), PLINTH_EINVAL);
	assert_true(FAKE_EXPECT_PANIC("intid", vgic_set_ppi(&rig.vcpu[0], 15, true)));
	assert_true(FAKE_EXPECT_PANIC("intid", vgic_set_ppi(&rig.vcpu[0], 32, true)));
}

static void test_reset(void **state)
{
	(void)state;
	rig_start(2);
	assert_int_equal(vgic_set_spi(&rig.vgic, 40, true), PLINTH_OK);
	vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, true);
	(void)vif_ack();
	assert_int_equal(vgic_reset(&rig.vgic), PLINTH_EBUSY);
	assert_int_equal(vgic_cpu_reset(&rig.vcpu[0]), PLINTH_EBUSY);
	assert_int_equal(vgic_link_ppi(&rig.vcpu[0], RIG_TIMER, 30), PLINTH_EBUSY);
	vgic_put(&rig.vcpu[0]);
	assert_int_equal(vgic_cpu_reset(&rig.vcpu[0]), PLINTH_OK);
	assert_int_equal(rig.vcpu[0].vmcr, 0);
	assert_int_equal(rig.vcpu[0].bank.active, 0);
	assert_int_equal(rig.vcpu[0].bank.enable, UINT32_MAX);
	assert_int_equal(vgic_reset(&rig.vgic), PLINTH_OK);
	assert_int_equal(rig.vcpu[0].bank.enable, 0);
	assert_int_equal(rig.vcpu[0].bank.linked, UINT32_C(1) << RIG_TIMER);
	assert_int_equal(rig.vgic.spi[0].bank.line, 1U << 8); /* the device still drives it */
	assert_int_equal(rig.vgic.spi[0].bank.active, 0);
	assert_int_equal(rig.vgic.group_enable, 0);
	vgic_load(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
}

struct text {
	char chars[4096];
	size_t count;
};

static void put(void *ctx, char c)
{
	struct text *text = ctx;

	if (text->count < sizeof(text->chars) - 1U) {
		text->chars[text->count++] = c;
	}
}

static void test_dump(void **state)
{
	static struct text text;

	(void)state;
	rig_start(2);
	rig_set(0x184, 0xfffffeffU); /* SPI 40 alone stays enabled */
	assert_int_equal(vgic_set_spi(&rig.vgic, 40, true), PLINTH_OK);
	vgic_dump(&rig.vgic, put, &text);
	assert_non_null(strstr(text.chars, "vcpu 0 on cpu 0, list registers 0x1"));
	assert_non_null(strstr(text.chars, "vcpu 1 not loaded"));
	rig.vgic.vcpu_count = 1; /* the rest of the text would not fit */
	text.count = 0;
	vgic_dump(&rig.vgic, put, &text);
	text.chars[text.count] = '\0';
	assert_non_null(strstr(text.chars, "irq  40 ep-hr- priority 0x00 group 1 to vcpu 0\n"));
	assert_null(strstr(text.chars, "irq  41"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_costs_nothing),
		cmocka_unit_test(test_switch_looks_at_what_is_due),
		cmocka_unit_test(test_spi_stays_over_cpu_reset),
		cmocka_unit_test(test_level_is_sampled_at_its_end),
		cmocka_unit_test(test_sgi_to_itself),
		cmocka_unit_test(test_sgi_targets),
		cmocka_unit_test(test_sgi_groups),
		cmocka_unit_test(test_wakes_and_does_not),
		cmocka_unit_test(test_binary_point),
		cmocka_unit_test(test_routed_away_while_pending),
		cmocka_unit_test(test_raised_for_a_vcpu_elsewhere),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
