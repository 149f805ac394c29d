/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SGI_FRAME 0x10000U

struct vgic_rig rig;

static void kick(void *ctx, vcpu_id_t id)
{
	(void)ctx;
	rig.kicked |= UINT32_C(1) << id;
}

static void deactivate(void *ctx, vcpu_id_t id, intid_t phys)
{
	(void)ctx;
	(void)id;
	assert_true(phys == RIG_TIMER_PHYS || phys == RIG_DISK);
	if (phys == RIG_DISK) {
		rig.disk_deactivated++;
	} else {
		rig.timer_deactivated++;
	}
}

/* Whose end the machine's GIC waits for. */
static void adopt(void *ctx, intid_t phys)
{
	(void)ctx;
	assert_int_equal(phys, RIG_DISK);
	rig.disk_adopted_by = cpu_this();
}

const struct vgic_ops rig_ops = {kick, deactivate, adopt};

void rig_make(enum vgic_view view, uint32_t vcpus, uint32_t spis, unsigned lr_count)
{
	struct vgic_config config = {view, vcpus, spis, vif_reset(lr_count), &rig_ops, NULL};

	assert_int_equal(vgic_init(&rig.vgic, &config), PLINTH_OK);
	for (unsigned i = 0; i < vcpus; i++) {
		assert_int_equal(vgic_cpu_init(&rig.vgic, &rig.vcpu[i], i), PLINTH_OK);
		rig.vcpu[i].vmcr = VIF_OPEN;
	}
	rig.kicked = 0;
	rig.timer_deactivated = 0;
	rig.disk_deactivated = 0;
	rig.disk_adopted_by = CPU_MAX;
}

void rig_start(unsigned lr_count)
{
	rig_make(VGIC_VIEW_V3, RIG_VCPUS, 32, lr_count);
	for (unsigned i = 0; i < RIG_VCPUS; i++) {
		rig_set_private(i, 0x80, UINT32_MAX);
		rig_set_private(i, 0x100, UINT32_MAX);
	}
	rig_set(0, 3);
	rig_set(0x84, UINT32_MAX);
	rig_set(0x104, UINT32_MAX);
	assert_int_equal(vgic_link_ppi(&rig.vcpu[0], RIG_TIMER, RIG_TIMER_PHYS), PLINTH_OK);
	for (unsigned i = RIG_VCPUS - 1U; i != 0U; i--) {
		vgic_load(&rig.vcpu[i]); /* takes what was due */
		vgic_put(&rig.vcpu[i]);
		assert_false(vgic_is_due(&rig.vcpu[i]));
	}
	vgic_load(&rig.vcpu[0]);
	rig.kicked = 0;
}

uint64_t rig_dist(unsigned v, uint64_t offset, uint8_t size, bool write, uint64_t value)
{
	struct mmio_access access = {offset, value, v, size, write};

	assert_int_equal(vgic_dist_mmio(&rig.vgic, &access), MMIO_DONE);
	return access.value;
}

uint64_t rig_redist(unsigned v, uint64_t offset, uint8_t size, bool write, uint64_t value)
{
	struct mmio_access access = {v * VGIC_REDIST_SIZE + offset, value, 0, size, write};

	assert_int_equal(vgic_redist_mmio(&rig.vgic, &access), MMIO_DONE);
	return access.value;
}

void rig_set(uint64_t offset, uint32_t value)
{
	(void)rig_dist(0, offset, 4, true, value);
}

void rig_set_private(unsigned v, uint64_t offset, uint32_t value)
{
	(void)rig_redist(v, SGI_FRAME + offset, 4, true, value);
}

void rig_settle(struct vgic_cpu *cpu)
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
