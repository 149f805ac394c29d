/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPIs of the machine that a VM has for its own: whatever the guest and its vCPUs' ways do, each
 * time that the physical interrupt fires the guest gets it once, and it is deactivated once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ich.h"
#include "vgic_lr.h"
#include "vif.h"

#define VCPUS 2U
#define DISK  48U

#define GICD_ISENABLER1 0x104U
#define GICD_ICENABLER1 0x184U
#define GICD_ISPENDR1	0x204U
#define GICD_ICACTIVER1 0x384U
#define GICD_ICFGR3	0xc0cU
#define GICD_IROUTER	0x6000U
#define DISK_BIT	(UINT32_C(1) << (DISK % 32U))

static struct vgic vgic;
static struct vgic_cpu vcpu[VCPUS];
static uint32_t kicked;	     /* bit n: vCPU n */
static unsigned deactivated; /* by Plinth */
static cpu_id_t adopted_by;  /* CPU */

static void kick(void *ctx, vcpu_id_t id)
{
	(void)ctx;
	kicked |= UINT32_C(1) << id;
}

static void deactivate(void *ctx, vcpu_id_t id, intid_t phys)
{
	(void)ctx;
	(void)id;
	assert_in_range(phys, 32, 63);
	deactivated += phys == DISK ? 1U : 0U;
}

/* Whose end the machine's GIC waits for. */
static void adopt(void *ctx, intid_t phys)
{
	(void)ctx;
	assert_int_equal(phys, DISK);
	adopted_by = cpu_this();
}

static const struct vgic_ops ops = {kick, deactivate, adopt};

static void dist(uint64_t offset, uint64_t value, uint8_t size)
{
	struct mmio_access access = {offset, value, 0, size, true};

	assert_int_equal(vgic_dist_mmio(&vgic, &access), MMIO_DONE);
}

/* All interrupts enabled, group 1; vCPU 0 loaded on CPU 0, vCPU 1 nowhere. */
static void start(unsigned lr_count)
{
	struct vgic_config config = {VGIC_VIEW_V3, VCPUS, 32, vif_reset(lr_count), &ops, NULL};

	assert_int_equal(vgic_init(&vgic, &config), PLINTH_OK);
	for (unsigned i = 0; i < VCPUS; i++) {
		assert_int_equal(vgic_cpu_init(&vgic, &vcpu[i], i), PLINTH_OK);
		vcpu[i].vmcr = VIF_OPEN;
	}
	assert_int_equal(vgic_link_spi(&vgic, DISK), PLINTH_OK);
	dist(0, 3, 4);
	dist(0x84, UINT32_MAX, 4);
	dist(GICD_ISENABLER1, UINT32_MAX, 4);
	vgic_load(&vcpu[0]);
	kicked = 0;
	deactivated = 0;
	adopted_by = CPU_MAX;
}

static void fire(void)
{
	assert_int_equal(vgic_set_spi(&vgic, DISK, true), PLINTH_OK);
}

/* Before entry, as the run loop does. */
static void settle(struct vgic_cpu *cpu)
{
	if (vif_maintenance()) {
		vgic_maintenance(cpu);
	}
	if (vgic_is_due(cpu)) {
		vgic_flush(cpu);
	}
}

/* How often the guest's own ends have deactivated it, on all CPUs. */
static unsigned ended_by_guest(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < VIF_CPUS; i++) {
		count += vif[i].deactivated[DISK];
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
		dist(GICD_ICFGR3, edge != 0U ? UINT32_MAX : 0U, 4);
		for (unsigned i = 1; i < 5U; i++) {
			fire();
			settle(&vcpu[0]);
			assert_int_equal(vif_ack(), DISK);
			settle(&vcpu[0]);
			assert_int_equal(ended_by_guest(), i - 1U);
			vif_eoi(DISK);
			assert_int_equal(ended_by_guest(), i);
			assert_false(vif_maintenance());
			assert_int_equal(vif_peek(), VIF_SPURIOUS);
		}
		move(&vcpu[0], 0);
		assert_int_equal(vif_peek(), VIF_SPURIOUS); /* what was last is over */
		assert_int_equal(deactivated, 0);
	}
}

static void test_moves_while_pending(void **state)
{
	(void)state;
	start(4);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(adopted_by, 0);
	move(&vcpu[0], 1);
	assert_int_equal(adopted_by, 1);
	assert_int_equal(vif_ack(), DISK);
	vif_eoi(DISK);
	assert_int_equal(vif[1].deactivated[DISK], 1);
	assert_int_equal(deactivated, 0);
}

static void test_moves_while_active(void **state)
{
	(void)state;
	start(4);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	move(&vcpu[0], 2);
	assert_int_equal(adopted_by, 2);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	vif_eoi(DISK);
	assert_int_equal(vif[2].deactivated[DISK], 1);
	move(&vcpu[0], 0);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_int_equal(deactivated, 0);
}

/* Its vCPU is not on a CPU: it waits. */
static void test_fires_for_one_that_is_not_loaded(void **state)
{
	(void)state;
	start(4);
	dist(GICD_IROUTER + 8U * DISK, 1, 8);
	fire();
	assert_int_equal(kicked, 2);
	assert_true(vgic_has_deliverable(&vcpu[1]));
	vif_select(1);
	vgic_load(&vcpu[1]);
	assert_int_equal(vif_ack(), DISK);
	vif_eoi(DISK);
	assert_int_equal(ended_by_guest(), 1);
}

/* The guest has ended it, CPU 0 has not looked; it fires on CPU 1. */
static void test_fires_again_elsewhere(void **state)
{
	(void)state;
	start(4);
	for (unsigned i = 1; i < 4U; i++) {
		fire();
		settle(&vcpu[0]);
		assert_int_equal(vif_ack(), DISK);
		vif_eoi(DISK);
		vif_select(1);
		kicked = 0;
		fire();
		assert_int_equal(kicked, 1);
		vif_select(0);
		settle(&vcpu[0]);
		assert_int_equal(vif_ack(), DISK);
		vif_eoi(DISK);
		assert_int_equal(ended_by_guest(), 2U * i);
	}
	move(&vcpu[0], 1);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_int_equal(deactivated, 0);
}

/* The same, and the vCPU leaves its CPU before anybody has looked. */
static void test_fires_again_and_moves(void **state)
{
	(void)state;
	start(4);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	vif_eoi(DISK);
	vif_select(1);
	fire();
	vif_select(0);
	move(&vcpu[0], 1);
	assert_int_equal(vif_ack(), DISK);
	vif_eoi(DISK);
	assert_int_equal(ended_by_guest(), 2);
}

/* By ICACTIVER, which the hardware does not see; also where its vCPU is elsewhere. */
static void test_ended_by_register(void **state)
{
	(void)state;
	start(4);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	dist(GICD_ICACTIVER1, DISK_BIT, 4);
	settle(&vcpu[0]);
	assert_int_equal(deactivated, 1);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);

	start(4);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	vif_select(1); /* another vCPU of it writes the register there */
	dist(GICD_ICACTIVER1, DISK_BIT, 4);
	vif_select(0);
	settle(&vcpu[0]);
	assert_int_equal(deactivated, 1);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);

	start(4);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	vgic_put(&vcpu[0]);
	dist(GICD_ICACTIVER1, DISK_BIT, 4);
	assert_int_equal(deactivated, 1);
	vgic_load(&vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
}

static void test_waits_while_disabled(void **state)
{
	(void)state;
	start(4);
	dist(GICD_ICENABLER1, DISK_BIT, 4);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	dist(GICD_ISENABLER1, DISK_BIT, 4);
	settle(&vcpu[0]);
	assert_int_equal(vif_peek(), DISK);
	dist(GICD_ICENABLER1, DISK_BIT, 4);
	settle(&vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	dist(GICD_ISENABLER1, DISK_BIT, 4);
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	vif_eoi(DISK);
	assert_int_equal(ended_by_guest(), 1);
	assert_int_equal(deactivated, 0);
}

/* The guest pends what it is busy with: both are delivered, and the physical one ends once. */
static void test_pended_while_active(void **state)
{
	(void)state;
	start(4);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	dist(GICD_ISPENDR1, DISK_BIT, 4);
	settle(&vcpu[0]);
	vif_eoi(DISK);
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	vif_eoi(DISK);
	settle(&vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_int_equal(deactivated + ended_by_guest(), 1);
}

/* One list register: the active one has none when the guest ends it. */
static void test_ends_without_a_list_register(void **state)
{
	(void)state;
	start(1);
	dist(0x400U + DISK, 0x80, 1);
	dist(0x400U + 40U, 0x40, 1);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	assert_int_equal(vgic_set_spi(&vgic, 40, true), PLINTH_OK);
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), 40);
	assert_int_equal(vgic_set_spi(&vgic, 40, false), PLINTH_OK);
	settle(&vcpu[0]);
	assert_int_equal(vgic_set_spi(&vgic, 41, true), PLINTH_OK);
	settle(&vcpu[0]);
	vif_eoi(40);
	settle(&vcpu[0]);
	vif_eoi(DISK);
	settle(&vcpu[0]);
	assert_int_equal(deactivated + ended_by_guest(), 1);
}

static void test_reset(void **state)
{
	(void)state;
	start(4);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	vgic_put(&vcpu[0]);
	assert_int_equal(vgic_reset(&vgic), PLINTH_OK);
	assert_int_equal(vgic.spi[0].bank.linked, DISK_BIT);
	assert_int_equal(vgic.spi[0].bank.active | vgic.spi[0].bank.line, 0);
	vcpu[0].vmcr = VIF_OPEN;
	dist(0, 3, 4);
	dist(0x84, UINT32_MAX, 4);
	dist(GICD_ISENABLER1, UINT32_MAX, 4);
	vgic_load(&vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	fire();
	settle(&vcpu[0]);
	assert_int_equal(vif_ack(), DISK);
	vif_eoi(DISK);
	assert_int_equal(ended_by_guest(), 1);
}

static void test_what_cannot_be_linked(void **state)
{
	(void)state;
	start(4);
	assert_int_equal(vgic_link_spi(&vgic, 31), PLINTH_ERANGE);
	assert_int_equal(vgic_link_spi(&vgic, 64), PLINTH_ERANGE);
	assert_int_equal(vgic_link_spi(&vgic, 63), PLINTH_OK);
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
