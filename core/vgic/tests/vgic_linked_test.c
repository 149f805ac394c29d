/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPIs of the machine that a VM has for its own: whatever the guest and its vCPUs' ways do, each
 * time that the physical interrupt fires the guest gets it once, and it is deactivated once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vgic_rig.h"

#define GICD_ISENABLER1 0x104U
#define GICD_ICENABLER1 0x184U
#define GICD_ISPENDR1	0x204U
#define GICD_ICACTIVER1 0x384U
#define GICD_ICFGR3	0xc0cU
#define GICD_IROUTER	0x6000U
#define DISK_BIT	(UINT32_C(1) << (RIG_DISK % 32U))

/* As rig_start(), with the disk linked. */
static void start(unsigned lr_count)
{
	rig_start(lr_count);
	assert_int_equal(vgic_link_spi(&rig.vgic, RIG_DISK), PLINTH_OK);
}

static void fire(void)
{
	assert_int_equal(vgic_set_spi(&rig.vgic, RIG_DISK, true), PLINTH_OK);
}

/* vCPU 0 is busy with it afterwards. */
static void fire_and_take(void)
{
	fire();
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), RIG_DISK);
}

/* How often the guest's own ends have deactivated it, on all CPUs. */
static unsigned ended_by_guest(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < VIF_CPUS; i++) {
		count += vif[i].deactivated[RIG_DISK];
	}
	return count;
}

static void move(struct vgic_cpu *cpu, unsigned to)
{
	vgic_put(cpu);
	vif_select(to);
	vgic_load(cpu);
}

static void test_ends_by_hardware(void **state)
{
	(void)state;
	for (unsigned edge = 0; edge < 2U; edge++) {
		start(4);
		rig_set(GICD_ICFGR3, edge != 0U ? UINT32_MAX : 0U);
		for (unsigned i = 1; i < 5U; i++) {
			fire_and_take();
			rig_settle(&rig.vcpu[0]);
			assert_int_equal(ended_by_guest(), i - 1U);
			vif_eoi(RIG_DISK);
			assert_int_equal(ended_by_guest(), i);
			assert_false(vif_maintenance());
			assert_int_equal(vif_peek(), VIF_SPURIOUS);
		}
		move(&rig.vcpu[0], 0);
		assert_int_equal(vif_peek(), VIF_SPURIOUS); /* what was last is over */
		assert_int_equal(rig.disk_deactivated, 0);
	}
}

static void test_moves_while_pending(void **state)
{
	(void)state;
	start(4);
	fire();
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(rig.disk_adopted_by, 0);
	move(&rig.vcpu[0], 1);
	assert_int_equal(rig.disk_adopted_by, 1);
	assert_int_equal(vif_ack(), RIG_DISK);
	vif_eoi(RIG_DISK);
	assert_int_equal(vif[1].deactivated[RIG_DISK], 1);
	assert_int_equal(rig.disk_deactivated, 0);
}

static void test_moves_while_active(void **state)
{
	(void)state;
	start(4);
	fire_and_take();
	move(&rig.vcpu[0], 2);
	assert_int_equal(rig.disk_adopted_by, 2);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	vif_eoi(RIG_DISK);
	assert_int_equal(vif[2].deactivated[RIG_DISK], 1);
	move(&rig.vcpu[0], 0);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_int_equal(rig.disk_deactivated, 0);
}

/* Its vCPU is not on a CPU: it waits. */
static void test_fires_for_one_that_is_not_loaded(void **state)
{
	(void)state;
	start(4);
	(void)rig_dist(0, GICD_IROUTER + 8U * RIG_DISK, 8, true, 1);
	fire();
	assert_int_equal(rig.kicked, 2);
	assert_true(vif_wakes(&rig.vcpu[1]));
	vif_select(1);
	vgic_load(&rig.vcpu[1]);
	assert_int_equal(vif_ack(), RIG_DISK);
	vif_eoi(RIG_DISK);
	assert_int_equal(ended_by_guest(), 1);
}

/* The guest has ended it, CPU 0 has not looked; it fires on CPU 1. */
static void test_fires_again_elsewhere(void **state)
{
	(void)state;
	start(4);
	for (unsigned i = 1; i < 4U; i++) {
		fire_and_take();
		vif_eoi(RIG_DISK);
		vif_select(1);
		rig.kicked = 0;
		fire();
		assert_int_equal(rig.kicked, 1);
		vif_select(0);
		rig_settle(&rig.vcpu[0]);
		assert_int_equal(vif_ack(), RIG_DISK);
		vif_eoi(RIG_DISK);
		assert_int_equal(ended_by_guest(), 2U * i);
	}
	move(&rig.vcpu[0], 1);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_int_equal(rig.disk_deactivated, 0);
}

/* The same, and the vCPU leaves its CPU before anybody has looked. */
static void test_fires_again_and_moves(void **state)
{
	(void)state;
	start(4);
	fire_and_take();
	vif_eoi(RIG_DISK);
	vif_select(1);
	fire();
	vif_select(0);
	move(&rig.vcpu[0], 1);
	assert_int_equal(vif_ack(), RIG_DISK);
	vif_eoi(RIG_DISK);
	assert_int_equal(ended_by_guest(), 2);
}

/* By ICACTIVER, which the hardware does not see; also where its vCPU is elsewhere. */
static void test_ended_by_register(void **state)
{
	(void)state;
	start(4);
	fire_and_take();
	rig_set(GICD_ICACTIVER1, DISK_BIT);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(rig.disk_deactivated, 1);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);

	start(4);
	fire_and_take();
	vif_select(1); /* another vCPU of it writes the register there */
	rig_set(GICD_ICACTIVER1, DISK_BIT);
	vif_select(0);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(rig.disk_deactivated, 1);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);

	start(4);
	fire_and_take();
	vgic_put(&rig.vcpu[0]);
	rig_set(GICD_ICACTIVER1, DISK_BIT);
	assert_int_equal(rig.disk_deactivated, 1);
	vgic_load(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
}

static void test_waits_while_disabled(void **state)
{
	(void)state;
	start(4);
	rig_set(GICD_ICENABLER1, DISK_BIT);
	fire();
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	rig_set(GICD_ISENABLER1, DISK_BIT);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), RIG_DISK);
	rig_set(GICD_ICENABLER1, DISK_BIT);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	rig_set(GICD_ISENABLER1, DISK_BIT);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), RIG_DISK);
	vif_eoi(RIG_DISK);
	assert_int_equal(ended_by_guest(), 1);
	assert_int_equal(rig.disk_deactivated, 0);
}

/* The guest pends what it is busy with: both are delivered, and the physical one ends once. */
static void test_pended_while_active(void **state)
{
	(void)state;
	start(4);
	fire_and_take();
	rig_set(GICD_ISPENDR1, DISK_BIT);
	rig_settle(&rig.vcpu[0]);
	vif_eoi(RIG_DISK);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), RIG_DISK);
	vif_eoi(RIG_DISK);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_int_equal(rig.disk_deactivated + ended_by_guest(), 1);
}

/* One list register: the active one has none when the guest ends it. */
static void test_ends_without_a_list_register(void **state)
{
	(void)state;
	start(1);
	(void)rig_dist(0, 0x400U + RIG_DISK, 1, true, 0x80);
	(void)rig_dist(0, 0x400U + 40U, 1, true, 0x40);
	fire_and_take();
	assert_int_equal(vgic_set_spi(&rig.vgic, 40, true), PLINTH_OK);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), 40);
	assert_int_equal(vgic_set_spi(&rig.vgic, 40, false), PLINTH_OK);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(vgic_set_spi(&rig.vgic, 41, true), PLINTH_OK);
	rig_settle(&rig.vcpu[0]);
	vif_eoi(40);
	rig_settle(&rig.vcpu[0]);
	vif_eoi(RIG_DISK);
	rig_settle(&rig.vcpu[0]);
	assert_int_equal(rig.disk_deactivated + ended_by_guest(), 1);
}

static void test_reset(void **state)
{
	(void)state;
	start(4);
	fire_and_take();
	vgic_put(&rig.vcpu[0]);
	assert_int_equal(vgic_reset(&rig.vgic), PLINTH_OK);
	assert_int_equal(rig.vgic.spi[0].bank.linked, DISK_BIT);
	assert_int_equal(rig.vgic.spi[0].bank.active | rig.vgic.spi[0].bank.line, 0);
	rig.vcpu[0].vmcr = VIF_OPEN;
	rig_set(0, 3);
	rig_set(0x84, UINT32_MAX);
	rig_set(GICD_ISENABLER1, UINT32_MAX);
	vgic_load(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	fire_and_take();
	vif_eoi(RIG_DISK);
	assert_int_equal(ended_by_guest(), 1);
}

static void test_what_cannot_be_linked(void **state)
{
	(void)state;
	start(4);
	assert_int_equal(vgic_link_spi(&rig.vgic, 31), PLINTH_ERANGE);
	assert_int_equal(vgic_link_spi(&rig.vgic, 64), PLINTH_ERANGE);
	assert_int_equal(vgic_link_spi(&rig.vgic, 63), PLINTH_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_by_hardware),
		cmocka_unit_test(test_moves_while_pending),
		cmocka_unit_test(test_moves_while_active),
		cmocka_unit_test(test_fires_for_one_that_is_not_loaded),
		cmocka_unit_test(test_fires_again_elsewhere),
		cmocka_unit_test(test_fires_again_and_moves),
		cmocka_unit_test(test_ended_by_register),
		cmocka_unit_test(test_waits_while_disabled),
		cmocka_unit_test(test_pended_while_active),
		cmocka_unit_test(test_ends_without_a_list_register),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_what_cannot_be_linked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
