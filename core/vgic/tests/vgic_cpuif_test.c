/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paths of single events: what a guest sees, and what they cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake/panic.h"
#include "ich.h"
#include "vgic_lr.h"
#include "vif.h"

#define VCPUS 18U
#define TIMER 27U

static struct vgic vgic;
static struct vgic_cpu vcpu[VCPUS];
static uint32_t kicked; /* bit n: vCPU n */
static unsigned deactivated;

static void kick(void *ctx, vcpu_id_t id)
{
	(void)ctx;
	kicked |= UINT32_C(1) << id;
}

static void deactivate(void *ctx, vcpu_id_t id, intid_t phys)
{
	(void)ctx;
	(void)id;
	assert_int_equal(phys, 30);
	deactivated++;
}

static const struct vgic_ops ops = {kick, deactivate, NULL};

static void dist(uint64_t offset, uint64_t value)
{
	struct mmio_access access = {offset, value, 0, 4, true};

	assert_int_equal(vgic_dist_mmio(&vgic, &access), MMIO_DONE);
}

static void redist(unsigned v, uint64_t offset, uint64_t value)
{
	struct mmio_access access = {v * VGIC_REDIST_SIZE + 0x10000U + offset, value, 0, 4, true};

	assert_int_equal(vgic_redist_mmio(&vgic, &access), MMIO_DONE);
}

/* All interrupts enabled, group 1; vCPU 0 loaded on CPU 0. */
static void start(unsigned lr_count)
{
	struct vgic_config config = {VGIC_VIEW_V3, VCPUS, 32, vif_reset(lr_count), &ops, NULL};

	assert_int_equal(vgic_init(&vgic, &config), PLINTH_OK);
	for (unsigned i = 0; i < VCPUS; i++) {
		assert_int_equal(vgic_cpu_init(&vgic, &vcpu[i], i), PLINTH_OK);
		vcpu[i].vmcr = VIF_OPEN;
		redist(i, 0x80, UINT32_MAX);
		redist(i, 0x100, UINT32_MAX);
	}
	dist(0, 3);
	dist(0x84, UINT32_MAX);
	dist(0x104, UINT32_MAX);
	assert_int_equal(vgic_link_ppi(&vcpu[0], TIMER, 30), PLINTH_OK);
	for (unsigned i = VCPUS - 1U; i != 0U; i--) {
		vgic_load(&vcpu[i]); /* takes what was due */
		vgic_put(&vcpu[i]);
		assert_false(vgic_is_due(&vcpu[i]));
	}
	vgic_load(&vcpu[0]);
	kicked = 0;
	deactivated = 0;
}

static void test_idle_costs_nothing(void **state)
{
	(void)state;
	start(4);
	vif_this()->accesses = 0;
	for (unsigned i = 0; i < 10U; i++) {
		assert_false(vgic_is_due(&vcpu[0]));
	}
	assert_int_equal(vif_this()->accesses, 0);
}

static void test_timer_ticks(void **state)
{
	(void)state;
	start(4);
	for (unsigned i = 1; i < 10U; i++) {
		vif_this()->accesses = 0;
		vgic_set_ppi(&vcpu[0], TIMER, true);
		/* One look at its list register, one write. */
		assert_true(vif_this()->accesses <= 2U);
		assert_false(vgic_is_due(&vcpu[0]));
		assert_true(vgic_linked_is_live(&vcpu[0], TIMER));
		assert_int_equal(vif_ack(), TIMER);
		assert_true(vgic_linked_is_live(&vcpu[0], TIMER));
		vif_eoi(TIMER);
		assert_int_equal(vif_this()->deactivated[30], i);
		assert_false(vif_maintenance());
	}
	assert_false(vgic_linked_is_live(&vcpu[0], TIMER));
	assert_int_equal(deactivated, 0);
}

static void test_timer_is_live_across_a_switch(void **state)
{
	(void)state;
	start(4);
	vgic_set_ppi(&vcpu[0], TIMER, true);
	assert_int_equal(vif_ack(), TIMER);
	vgic_put(&vcpu[0]);
	assert_true(vgic_linked_is_live(&vcpu[0], TIMER));
	vif_select(1);
	vgic_load(&vcpu[0]);
	assert_true(vgic_linked_is_live(&vcpu[0], TIMER));
	vif_eoi(TIMER);
	assert_int_equal(vif_this()->deactivated[30], 1);
	vgic_put(&vcpu[0]);
	assert_false(vgic_linked_is_live(&vcpu[0], TIMER));
}

/* Nor does asking wake it, and what ends it without the vCPU does. */
static void test_timer_is_live_while_its_vcpu_sleeps(void **state)
{
	(void)state;
	start(4);
	vgic_set_ppi(&vcpu[0], TIMER, true);
	vgic_put(&vcpu[0]);
	kicked = 0;
	assert_true(vgic_linked_is_live(&vcpu[0], TIMER));
	assert_int_equal(kicked, 0);
	vgic_load(&vcpu[0]);
	assert_int_equal(vif_ack(), TIMER);
	vgic_put(&vcpu[0]);
	assert_true(vgic_linked_is_live(&vcpu[0], TIMER));
	assert_int_equal(kicked, 0);
	redist(0, 0x380, UINT32_C(1) << TIMER);
	assert_int_equal(kicked, 1);
	assert_false(vgic_linked_is_live(&vcpu[0], TIMER));
}

/* Its line is high although it is disabled: in no list register, but live all the same. */
static void test_disabled_timer_is_live_across_a_switch(void **state)
{
	(void)state;
	start(4);
	redist(0, 0x180, UINT32_C(1) << TIMER);
	vgic_set_ppi(&vcpu[0], TIMER, true);
	assert_int_equal(vif_valid(), 0);
	vgic_put(&vcpu[0]);
	assert_true(vgic_linked_is_live(&vcpu[0], TIMER));
	vgic_load(&vcpu[0]);
	assert_true(vgic_linked_is_live(&vcpu[0], TIMER));
}

static unsigned accesses_of_a_switch(unsigned v)
{
	vif_this()->accesses = 0;
	vgic_put(&vcpu[v]);
	vgic_load(&vcpu[v]);
	return vif_this()->accesses;
}

/* Without an interrupt a switch looks at none: HCR twice, VMCR twice, APRs. */
static void test_switch_looks_at_what_is_due(void **state)
{
	unsigned least;

	(void)state;
	start(4);
	least = accesses_of_a_switch(0);
	assert_int_equal(least, 8);
	assert_false(vgic_is_due(&vcpu[0]));
	assert_int_equal(vgic_set_spi(&vgic, 40, true), PLINTH_OK); /* pending */
	assert_true(accesses_of_a_switch(0) > least);
	assert_int_equal(vif_ack(), 40); /* active */
	assert_true(accesses_of_a_switch(0) > least);
	assert_int_equal(vgic_set_spi(&vgic, 40, false), PLINTH_OK);
	vif_eoi(40);
	assert_true(accesses_of_a_switch(0) > least); /* an empty list register is read back */
	assert_int_equal(accesses_of_a_switch(0), least);
}

/* Asking whether there is something takes nothing away from vgic_load. */
static void test_load_after_a_look(void **state)
{
	(void)state;
	start(4);
	vgic_put(&vcpu[0]);
	vgic_sgi1r(&vcpu[1], 1);
	assert_int_equal(vgic_set_spi(&vgic, 40, true), PLINTH_OK);
	assert_true(vgic_has_deliverable(&vcpu[0]));
	assert_true(vgic_has_deliverable(&vcpu[0]));
	vgic_load(&vcpu[0]);
	assert_int_equal(vif_valid(), 2);
}

/* A core's reset leaves SPIs that go to it pending. */
static void test_spi_stays_over_cpu_reset(void **state)
{
	(void)state;
	start(4);
	vgic_put(&vcpu[0]);
	assert_int_equal(vgic_set_spi(&vgic, 40, true), PLINTH_OK);
	assert_int_equal(vgic_cpu_reset(&vcpu[0]), PLINTH_OK);
	vgic_load(&vcpu[0]);
	assert_int_equal(vif_valid(), 1);
}

static void test_linked_lowered_before_taken(void **state)
{
	(void)state;
	start(4);
	vgic_set_ppi(&vcpu[0], TIMER, true);
	vgic_set_ppi(&vcpu[0], TIMER, false);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_false(vgic_linked_is_live(&vcpu[0], TIMER));
}

/* The guest ends it in ways that the hardware does not see. */
static void test_linked_deactivated_by_register(void **state)
{
	(void)state;
	start(4);
	vgic_set_ppi(&vcpu[0], TIMER, true);
	assert_int_equal(vif_ack(), TIMER);
	redist(0, 0x380, UINT32_C(1) << TIMER);
	assert_int_equal(deactivated, 1);
	assert_false(vgic_linked_is_live(&vcpu[0], TIMER));
}

static void test_linked_pended_while_active(void **state)
{
	(void)state;
	start(4);
	vgic_set_ppi(&vcpu[0], TIMER, true);
	assert_int_equal(vif_ack(), TIMER);
	redist(0, 0x200, UINT32_C(1) << TIMER);
	vif_eoi(TIMER);
	assert_int_equal(vif_ack(), TIMER);
	vif_eoi(TIMER);
	assert_true(vif_maintenance());
	vgic_maintenance(&vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_int_equal(deactivated, 1);
	assert_false(vgic_linked_is_live(&vcpu[0], TIMER));
}

/* Its list register is still there from a time when the guest alone had pended it. */
static void test_linked_fires_after_it_was_pended(void **state)
{
	(void)state;
	start(4);
	redist(0, 0x200, UINT32_C(1) << TIMER);
	assert_int_equal(vif_ack(), TIMER);
	vif_eoi(TIMER);
	assert_int_equal(vif_this()->deactivated[30], 0);
	vgic_set_ppi(&vcpu[0], TIMER, true);
	assert_int_equal(vif_ack(), TIMER);
	vif_eoi(TIMER);
	assert_int_equal(vif_this()->deactivated[30], 1);
}

static void test_level_is_sampled_at_its_end(void **state)
{
	(void)state;
	start(4);
	assert_int_equal(vgic_set_spi(&vgic, 33, true), PLINTH_OK);
	assert_int_equal(vif_ack(), 33);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	vif_eoi(33);
	assert_true(vif_maintenance());
	vgic_maintenance(&vcpu[0]);
	assert_false(vif_maintenance());
	assert_int_equal(vif_ack(), 33); /* still high */
	/* The handler has served the device: no exit at its end. */
	assert_int_equal(vgic_set_spi(&vgic, 33, false), PLINTH_OK);
	vif_eoi(33);
	assert_false(vif_maintenance());
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
}

static void test_sgi_to_itself(void **state)
{
	(void)state;
	start(4);
	for (unsigned i = 0; i < 4U; i++) {
		vgic_sgi1r(&vcpu[0], (UINT64_C(5) << 24) | 1U);
		assert_int_equal(kicked, 0);
		assert_true(vgic_is_due(&vcpu[0]));
		vif_this()->accesses = 0;
		vgic_flush(&vcpu[0]);
		assert_true(vif_this()->accesses <= 2U);
		assert_int_equal(vif_ack(), 5);
		vif_eoi(5);
	}
	/* Again while it is active: delivered once more. */
	vgic_sgi1r(&vcpu[0], (UINT64_C(5) << 24) | 1U);
	vgic_flush(&vcpu[0]);
	assert_int_equal(vif_ack(), 5);
	vgic_sgi1r(&vcpu[0], (UINT64_C(5) << 24) | 1U);
	vgic_flush(&vcpu[0]);
	vif_eoi(5);
	assert_int_equal(vif_ack(), 5);
	vif_eoi(5);
	assert_int_equal(vif_ack(), VIF_SPURIOUS);
}

static uint32_t targets_of(uint64_t value)
{
	uint32_t due = 0;

	start(4);
	vgic_sgi1r(&vcpu[0], value);
	for (unsigned i = 0; i < VCPUS; i++) {
		due |= vgic_is_due(&vcpu[i]) ? UINT32_C(1) << i : 0U;
	}
	assert_int_equal(kicked, due & ~UINT32_C(1));
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
	start(4);
	vgic_sgi0r(&vcpu[0], 2); /* SGI 0 is group 1 at vCPU 1 */
	vgic_asgi1r(&vcpu[0], 2);
	assert_false(vgic_is_due(&vcpu[1]));
	redist(1, 0x80, UINT32_MAX - 1U);
	vgic_sgi0r(&vcpu[0], 2);
	assert_true(vgic_is_due(&vcpu[1]));
	assert_true(vgic_has_deliverable(&vcpu[1]));
}

static void test_wakes_and_does_not(void **state)
{
	(void)state;
	start(4);
	/* Priority mask, group enable, enable: each alone keeps a vCPU asleep. */
	vcpu[1].vmcr = 2;
	vgic_sgi1r(&vcpu[0], 2);
	assert_false(vgic_has_deliverable(&vcpu[1]));
	vcpu[1].vmcr = VIF_OPEN & ~2U;
	assert_false(vgic_has_deliverable(&vcpu[1]));
	vcpu[1].vmcr = VIF_OPEN;
	assert_true(vgic_has_deliverable(&vcpu[1]));
	vcpu[1].apr[1][0] = 1; /* priority 0 is running */
	assert_false(vgic_has_deliverable(&vcpu[1]));
	vcpu[1].apr[1][0] = 0;
	redist(1, 0x180, 1);
	assert_false(vgic_has_deliverable(&vcpu[1]));
	redist(1, 0x100, 1);
	dist(0, 1);
	assert_false(vgic_has_deliverable(&vcpu[1]));
	dist(0, 3);
	assert_true(vgic_has_deliverable(&vcpu[1]));
	/* Loaded: the same from the hardware, due or not. */
	vgic_sgi1r(&vcpu[0], 1);
	assert_true(vgic_has_deliverable(&vcpu[0]));
	vif_this()->vmcr = 3;
	assert_false(vgic_has_deliverable(&vcpu[0]));
}

/* BPR decides what preempts: with all bits of the group cut, nothing does. */
static void test_binary_point(void **state)
{
	(void)state;
	start(4);
	vcpu[1].apr[1][0] = UINT32_C(1) << 8; /* 0x40 is running */
	redist(1, 0x400, 0x20);
	vgic_sgi1r(&vcpu[0], 2);
	assert_true(vgic_has_deliverable(&vcpu[1]));
	vcpu[1].vmcr = VIF_OPEN | (UINT32_C(7) << 18); /* only bit 7 counts */
	assert_true(vgic_has_deliverable(&vcpu[1]));   /* 0 is above 0x40 */
	vcpu[1].apr[1][0] = UINT32_C(1);
	assert_false(vgic_has_deliverable(&vcpu[1]));
}

/* EOImode 1 with more active interrupts than list registers: ICC_DIR traps, in any order. */
static void test_evicted_deactivate_in_any_order(void **state)
{
	(void)state;
	start(2);
	vif_this()->vmcr |= BIT(9);
	for (unsigned i = 0; i < 6U; i++) {
		assert_int_equal(vgic_set_spi(&vgic, 40 + i, true), PLINTH_OK);
		if (vgic_is_due(&vcpu[0])) {
			vgic_flush(&vcpu[0]);
		}
		assert_int_equal(vif_ack(), 40 + i);
		vif_eoi(40 + i);
		if (vif_maintenance()) {
			vgic_maintenance(&vcpu[0]);
		}
		if (vgic_is_due(&vcpu[0])) {
			vgic_flush(&vcpu[0]);
		}
	}
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	for (unsigned i = 0; i < 6U; i++) {
		unsigned intid = 40U + (i * 5U) % 6U;

		assert_int_equal(vgic_set_spi(&vgic, intid, false), PLINTH_OK);
		if (vgic_is_due(&vcpu[0])) {
			vgic_flush(&vcpu[0]);
		}
		if (!vif_dir(intid)) {
			vgic_dir(&vcpu[0], intid);
		}
		assert_int_equal(vgic.spi[0].bank.active & ~vgic.spi[0].bank.in_lr &
					 (UINT32_C(1) << (intid - 32U)),
			0);
	}
	assert_int_equal(vif_this()->hcr & (ICH_HCR_TDIR | ICH_HCR_LRENPIE), 0);
	vgic_put(&vcpu[0]);
	assert_int_equal(vgic.spi[0].bank.active, 0);
}

static void set_priority(unsigned v, uint32_t intid, uint8_t priority)
{
	struct mmio_access access = {0x10400U + intid + v * VGIC_REDIST_SIZE, priority, v, 1, true};

	assert_int_equal(vgic_redist_mmio(&vgic, &access), MMIO_DONE);
}

static void set_spi_priority(uint32_t intid, uint8_t priority)
{
	struct mmio_access access = {0x400U + intid, priority, 0, 1, true};

	assert_int_equal(vgic_dist_mmio(&vgic, &access), MMIO_DONE);
}

static void settle(struct vgic_cpu *cpu)
{
	for (unsigned n = 0; vgic_is_due(cpu) || vif_maintenance(); n++) {
		assert_true(n < 4U);
		if (vif_maintenance()) {
			vgic_maintenance(cpu);
		} else {
			vgic_flush(cpu);
		}
	}
}

static void send_to_itself(unsigned sgi)
{
	vgic_sgi1r(&vcpu[0], ((uint64_t)sgi << 24) | 1U);
}

/* SGI 1 is active and pending again, 2 and 3 are more urgent, and there are two list registers:
 * NPIE must not take 1 for something to wait for. */
static void check_overflow_with_active(bool pended_before)
{
	start(2);
	set_priority(0, 1, 0x40);
	set_priority(0, 2, 0x20);
	set_priority(0, 3, 0x10);
	send_to_itself(1);
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), 1);
	if (pended_before) {
		send_to_itself(1);
	}
	send_to_itself(2);
	settle(&vcpu[0]);
	assert_int_equal(vif_peek(), 2);
	send_to_itself(3);
	send_to_itself(4); /* priority 0: the best */
	settle(&vcpu[0]);
	assert_int_equal(vif_peek(), 4);
	if (!pended_before) {
		send_to_itself(1);
		settle(&vcpu[0]);
	}
	assert_int_equal(vif_ack(), 4);
	settle(&vcpu[0]);
	vif_eoi(4);
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), 3);
	settle(&vcpu[0]);
	vif_eoi(3);
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), 2);
	settle(&vcpu[0]);
	vif_eoi(2);
	settle(&vcpu[0]);
	vif_eoi(1);
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), 1);
	vif_eoi(1);
	settle(&vcpu[0]);
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
	start(2);
	vif_this()->vmcr |= BIT(9);
	for (unsigned sgi = 2; sgi < 5U; sgi++) {
		set_priority(0, sgi, (uint8_t)(0x80U - 0x10U * sgi));
		send_to_itself(sgi);
	}
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), 4);
	send_to_itself(4);
	settle(&vcpu[0]);
	vif_eoi(4);
	assert_int_equal(vif_ack(), 3);
	vif_eoi(3);
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), 2);
}

/* With EOImode 1 EOIR ends nothing, though there are machines that count it. */
static void test_eoicount_with_eoimode_1(void **state)
{
	(void)state;
	start(2);
	vif_this()->vmcr |= BIT(9);
	for (unsigned sgi = 2; sgi < 6U; sgi++) {
		set_priority(0, sgi, (uint8_t)(0x10U * sgi));
		send_to_itself(sgi);
	}
	settle(&vcpu[0]);
	for (unsigned sgi = 2; sgi < 6U; sgi++) {
		assert_int_equal(vif_ack(), sgi);
		settle(&vcpu[0]);
		vif_eoi(sgi);
		vif_this()->hcr += UINT32_C(1) << ICH_HCR_EOICOUNT_SHIFT;
		settle(&vcpu[0]);
	}
	vgic_put(&vcpu[0]);
	assert_int_equal(vcpu[0].bank.active, 0x3c);
}

/* Four levels deep with one list register; ends fall on the most urgent one each time, and never
 * on one that another vCPU is busy with. */
static void test_evicted_end_by_priority(void **state)
{
	uint32_t *active = &vgic.spi[0].bank.active;

	(void)state;
	start(1);
	set_spi_priority(50, 0);
	vgic.spi[0].bank.active = UINT32_C(1) << 18; /* SPI 50, on vCPU 1 */
	vgic.spi[0].owner[18] = 1;
	for (unsigned i = 0; i < 4U; i++) {
		set_spi_priority(43 - i, (uint8_t)(0x80U - 0x10U * i));
		assert_int_equal(vgic_set_spi(&vgic, 43 - i, true), PLINTH_OK);
		settle(&vcpu[0]);
		assert_int_equal(vif_ack(), 43 - i);
		settle(&vcpu[0]);
		assert_int_equal(vgic_set_spi(&vgic, 43 - i, false), PLINTH_OK);
		settle(&vcpu[0]);
	}
	/* One more waits for the only list register, so that all four are without. */
	set_spi_priority(44, 0x90);
	assert_int_equal(vgic_set_spi(&vgic, 44, true), PLINTH_OK);
	settle(&vcpu[0]);
	for (unsigned i = 0; i < 4U; i++) {
		assert_int_equal(*active & 0xf00U, (0xf00U << i) & 0xf00U);
		vif_eoi(40 + i);
		settle(&vcpu[0]);
	}
	assert_int_equal(*active, UINT32_C(1) << 18);
	assert_int_equal(vif_ack(), 44);
}

/* The new target hears of an interrupt that the old one gives back, however it does so. */
static void test_routed_away_while_pending(void **state)
{
	struct mmio_access access = {0x6000U + 8U * 40U, 1, 1, 8, true};

	(void)state;
	start(4);
	assert_int_equal(vgic_set_spi(&vgic, 40, true), PLINTH_OK);
	assert_int_equal(vif_peek(), 40);
	vif_select(1);
	kicked = 0;
	assert_int_equal(vgic_dist_mmio(&vgic, &access), MMIO_DONE);
	assert_int_equal(kicked, 1); /* the one that has it */
	assert_false(vgic_has_deliverable(&vcpu[1]));
	vif_select(0);
	kicked = 0;
	vgic_put(&vcpu[0]);
	assert_int_equal(kicked, 2);
	assert_true(vgic_has_deliverable(&vcpu[1]));
	assert_false(vgic_has_deliverable(&vcpu[0]));
}

static void test_raised_for_a_vcpu_elsewhere(void **state)
{
	(void)state;
	start(4);
	vif_select(1);
	vgic_load(&vcpu[1]);
	kicked = 0;
	vif_select(0);
	vgic_set_ppi(&vcpu[1], 20, true);
	assert_int_equal(kicked, 2);
	assert_true(vgic_is_due(&vcpu[1]));
	assert_true(vgic_has_deliverable(&vcpu[1])); /* as far as one can tell from here */
	vif_select(1);
	vgic_flush(&vcpu[1]);
	assert_int_equal(vif_ack(), 20);
}

static void test_errors(void **state)
{
	const struct vgic_hw *hw = vif_reset(4);
	struct vgic_config config = {VGIC_VIEW_V3, 2, 32, hw, &ops, NULL};
	struct vgic_hw none = *hw;

	(void)state;
	none.lr_count = 0;
	config.hw = &none;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_EINVAL);
	config.hw = NULL;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_EINVAL);
	config.hw = hw;
	config.ops = NULL;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_EINVAL);
	config.ops = &ops;
	config.view = (enum vgic_view)7;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_EINVAL);
	config.view = VGIC_VIEW_V2;
	config.vcpu_count = 9;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_ERANGE);
	config.view = VGIC_VIEW_V3;
	config.vcpu_count = 124;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_ERANGE);
	config.vcpu_count = 0;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_ERANGE);
	config.vcpu_count = 2;
	config.spi_count = 33;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_ERANGE);
	config.spi_count = 288;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_ERANGE);
	config.spi_count = 32;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_OK);
	assert_int_equal(vgic_cpu_init(&vgic, &vcpu[0], 2), PLINTH_ERANGE);
	assert_int_equal(vgic_cpu_init(&vgic, &vcpu[0], 0), PLINTH_OK);
	assert_int_equal(vgic_cpu_init(&vgic, &vcpu[0], 0), PLINTH_EEXIST);
	assert_int_equal(vgic_set_spi(&vgic, 31, true), PLINTH_ERANGE);
	assert_int_equal(vgic_set_spi(&vgic, 64, true), PLINTH_ERANGE);
	assert_int_equal(vgic_set_spi(&vgic, 63, true), PLINTH_OK);
	assert_int_equal(vgic_link_ppi(&vcpu[0], 15, 27), PLINTH_EINVAL);
	assert_int_equal(vgic_link_ppi(&vcpu[0], 32, 27), PLINTH_EINVAL);
	assert_int_equal(vgic_link_ppi(&vcpu[0], 27, 1020), PLINTH_EINVAL);
	assert_true(FAKE_EXPECT_PANIC("intid", vgic_set_ppi(&vcpu[0], 15, true)));
	assert_true(FAKE_EXPECT_PANIC("intid", vgic_set_ppi(&vcpu[0], 32, true)));
}

static void test_reset(void **state)
{
	(void)state;
	start(2);
	assert_int_equal(vgic_set_spi(&vgic, 40, true), PLINTH_OK);
	vgic_set_ppi(&vcpu[0], TIMER, true);
	(void)vif_ack();
	assert_int_equal(vgic_reset(&vgic), PLINTH_EBUSY);
	assert_int_equal(vgic_cpu_reset(&vcpu[0]), PLINTH_EBUSY);
	assert_int_equal(vgic_link_ppi(&vcpu[0], TIMER, 30), PLINTH_EBUSY);
	vgic_put(&vcpu[0]);
	assert_int_equal(vgic_cpu_reset(&vcpu[0]), PLINTH_OK);
	assert_int_equal(vcpu[0].vmcr, 0);
	assert_int_equal(vcpu[0].bank.active, 0);
	assert_int_equal(vcpu[0].bank.enable, UINT32_MAX);
	assert_int_equal(vgic_reset(&vgic), PLINTH_OK);
	assert_int_equal(vcpu[0].bank.enable, 0);
	assert_int_equal(vcpu[0].bank.linked, UINT32_C(1) << TIMER);
	assert_int_equal(vgic.spi[0].bank.line, 1U << 8); /* the device still drives it */
	assert_int_equal(vgic.spi[0].bank.active, 0);
	assert_int_equal(vgic.group_enable, 0);
	vgic_load(&vcpu[0]);
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
	start(2);
	dist(0x184, 0xfffffeffU); /* SPI 40 alone stays enabled */
	assert_int_equal(vgic_set_spi(&vgic, 40, true), PLINTH_OK);
	vgic_dump(&vgic, put, &text);
	assert_non_null(strstr(text.chars, "vcpu 0 on cpu 0, list registers 0x1"));
	assert_non_null(strstr(text.chars, "vcpu 1 not loaded"));
	vgic.vcpu_count = 1; /* the rest of the text would not fit */
	text.count = 0;
	vgic_dump(&vgic, put, &text);
	text.chars[text.count] = '\0';
	assert_non_null(strstr(text.chars, "irq  40 ep-hr- priority 0x00 group 1 to vcpu 0\n"));
	assert_null(strstr(text.chars, "irq  41"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_costs_nothing),
		cmocka_unit_test(test_timer_ticks),
		cmocka_unit_test(test_timer_is_live_across_a_switch),
		cmocka_unit_test(test_timer_is_live_while_its_vcpu_sleeps),
		cmocka_unit_test(test_disabled_timer_is_live_across_a_switch),
		cmocka_unit_test(test_switch_looks_at_what_is_due),
		cmocka_unit_test(test_load_after_a_look),
		cmocka_unit_test(test_spi_stays_over_cpu_reset),
		cmocka_unit_test(test_linked_lowered_before_taken),
		cmocka_unit_test(test_linked_deactivated_by_register),
		cmocka_unit_test(test_linked_pended_while_active),
		cmocka_unit_test(test_level_is_sampled_at_its_end),
		cmocka_unit_test(test_sgi_to_itself),
		cmocka_unit_test(test_sgi_targets),
		cmocka_unit_test(test_sgi_groups),
		cmocka_unit_test(test_wakes_and_does_not),
		cmocka_unit_test(test_binary_point),
		cmocka_unit_test(test_evicted_deactivate_in_any_order),
		cmocka_unit_test(test_overflow_with_active_and_pending),
		cmocka_unit_test(test_overflow_with_active_and_pending_eoimode_1),
		cmocka_unit_test(test_eoicount_with_eoimode_1),
		cmocka_unit_test(test_linked_fires_after_it_was_pended),
		cmocka_unit_test(test_evicted_end_by_priority),
		cmocka_unit_test(test_routed_away_while_pending),
		cmocka_unit_test(test_raised_for_a_vcpu_elsewhere),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
