/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "vgic_reg.h"
#include "vgic_rig.h"

#define SPIS	 64U
#define LR_COUNT 2U

static void check_frame(const struct vgic_frame *frame, uint32_t frame_size)
{
	uint32_t end = 0;

	for (uint32_t i = 0; i < frame->count; i++) {
		const struct vgic_reg *reg = &frame->regs[i];

		assert_true(reg->offset >= end); /* sorted, no overlap */
		assert_true(reg->size != 0U && reg->size % 4U == 0U && reg->offset % 4U == 0U);
		assert_true(reg->read != NULL || reg->write != NULL);
		assert_true((reg->widths & WIDTH_32) != 0U);
		end = reg->offset + reg->size;
	}
	assert_true(end <= frame_size);
	/* The hints lead to the right row from everywhere. */
	for (uint32_t offset = 0; offset < frame_size; offset += 4U) {
		const struct vgic_reg *want = NULL;

		for (uint32_t i = 0; i < frame->count; i++) {
			if (offset - frame->regs[i].offset < frame->regs[i].size) {
				want = &frame->regs[i];
			}
		}
		assert_ptr_equal(vgic_reg_find(frame, offset), want);
	}
}

static void test_tables(void **state)
{
	(void)state;
	check_frame(&vgic_dist_v3_frame, 0x10000);
	check_frame(&vgic_dist_v2_frame, 0x1000);
	check_frame(&vgic_rd_frame, 0x10000);
	check_frame(&vgic_sgi_frame, 0x10000);
}

static void test_identification_v3(void **state)
{
	(void)state;
	rig_make(VGIC_VIEW_V3, RIG_VCPUS, SPIS, LR_COUNT);
	assert_int_equal(rig_dist(0, 0x0000, 4, false, 0), 0x50); /* ARE, DS */
	assert_int_equal(rig_dist(0, 0x0004, 4, false, 0), 2U | (9U << 19) | (1U << 25));
	assert_int_equal(rig_dist(0, 0x0008, 4, false, 0) & 0xfffU, 0x43b);
	assert_int_equal(rig_dist(0, 0xffe8, 4, false, 0), 0x3b);
	assert_int_equal(rig_redist(0, 0xffe8, 4, false, 0), 0x3b);
	assert_int_equal(rig_redist(0, 0x0004, 4, false, 0) & 0xfffU, 0x43b);
	/* Affinity 0.0.1.1, number 17, last. */
	assert_true(
		rig_redist(17, 8, 8, false, 0) == ((UINT64_C(0x101) << 32) | (17U << 8) | 0x10U));
	assert_int_equal(rig_redist(17, 8, 4, false, 0), (17U << 8) | 0x10U);
	assert_int_equal(rig_redist(17, 12, 4, false, 0), 0x101);
	assert_int_equal(rig_redist(16, 8, 4, false, 0), 16U << 8);
	assert_int_equal(vgic_affinity(17), 0x101);
}

static void test_waker(void **state)
{
	(void)state;
	rig_make(VGIC_VIEW_V3, 1, SPIS, LR_COUNT);
	assert_int_equal(rig_redist(0, 0x14, 4, true, 2), 2);
	assert_int_equal(rig_redist(0, 0x14, 4, false, 0), 6);
	(void)rig_redist(0, 0x14, 4, true, 0);
	assert_int_equal(rig_redist(0, 0x14, 4, false, 0), 0);
}

static void test_reserved_is_raz_wi(void **state)
{
	static const uint64_t holes[] = {0x0c, 0x40, 0x80, 0x100, 0x400, 0x800, 0xd00, 0xf00,
		0x1000, 0x6000, 0x60f8, 0x7fe0, 0xc000, 0xfffc};

	(void)state;
	rig_make(VGIC_VIEW_V3, 2, SPIS, LR_COUNT);
	for (unsigned i = 0; i < ARRAY_SIZE(holes); i++) {
		(void)rig_dist(0, holes[i], 4, true, UINT32_MAX);
		if (holes[i] != 0xfffcU) { /* CIDR3 */
			assert_int_equal(rig_dist(0, holes[i], 4, false, 7), 0);
		}
	}
	/* Sizes that the register does not allow. */
	(void)rig_dist(0, 0x104, 1, true, 0xff);
	(void)rig_dist(0, 0x104, 2, true, 0xffff);
	(void)rig_dist(0, 0x100, 8, true, UINT64_MAX);
	(void)rig_dist(0, 0x420, 8, true, UINT64_MAX);
	assert_int_equal(rig_dist(0, 0x104, 4, false, 0), 0);
	assert_int_equal(rig_dist(0, 0x420, 4, false, 0), 0);
	assert_int_equal(rig_dist(0, 8, 8, false, 7), 0);
	/* Beyond the SPIs that the VM has. */
	(void)rig_dist(0, 0x10c, 4, true, UINT32_MAX);
	assert_int_equal(rig_dist(0, 0x10c, 4, false, 0), 0);
	(void)rig_dist(0, 0x6000 + 8 * 96, 8, true, 1);
	assert_int_equal(rig_dist(0, 0x6000 + 8 * 96, 8, false, 7), 0);
}

static void test_fault_outside(void **state)
{
	struct mmio_access access = {VGIC_DIST_SIZE, 0, 0, 4, false};

	(void)state;
	rig_make(VGIC_VIEW_V3, 2, SPIS, LR_COUNT);
	assert_int_equal(vgic_dist_mmio(&rig.vgic, &access), MMIO_FAULT);
	access.offset = 2 * VGIC_REDIST_SIZE;
	assert_int_equal(vgic_redist_mmio(&rig.vgic, &access), MMIO_FAULT);
	access.offset = 0;
	access.vcpu = 2;
	assert_int_equal(vgic_dist_mmio(&rig.vgic, &access), MMIO_FAULT);
	assert_int_equal(vgic_redist_mmio(&rig.vgic, &access), MMIO_FAULT);
}

static void test_values_read_back(void **state)
{
	(void)state;
	rig_make(VGIC_VIEW_V3, RIG_VCPUS, SPIS, LR_COUNT);
	(void)rig_dist(0, 0x84, 4, true, 0x12345678);
	assert_int_equal(rig_dist(0, 0x84, 4, false, 0), 0x12345678);
	(void)rig_dist(0, 0x104, 4, true, 0xf0);
	(void)rig_dist(0, 0x184, 4, true, 0x30);
	assert_int_equal(rig_dist(0, 0x104, 4, false, 0), 0xc0);
	assert_int_equal(rig_dist(0, 0x184, 4, false, 0), 0xc0);
	(void)rig_dist(0, 0x424, 4, true, 0x11223344);
	assert_int_equal(rig_dist(0, 0x424, 4, false, 0), 0x10203040); /* five bits */
	(void)rig_dist(0, 0x425, 1, true, 0xff);
	assert_int_equal(rig_dist(0, 0x425, 1, false, 0), 0xf8);
	assert_int_equal(rig_dist(0, 0x424, 4, false, 0), 0x1020f840);
	(void)rig_dist(0, 0xc08, 4, true, 0xffffffff);
	assert_int_equal(rig_dist(0, 0xc08, 4, false, 0), 0xaaaaaaaa);
	(void)rig_dist(0, 0xc08, 4, true, 0x00000008);
	assert_int_equal(rig_dist(0, 0xc08, 4, false, 0), 8);
	assert_int_equal(rig_redist(0, 0x10c00, 4, false, 0), 0xaaaaaaaa); /* SGIs: edge, fixed */
	(void)rig_redist(0, 0x10c00, 4, true, 0);
	(void)rig_redist(0, 0x10c04, 4, true, UINT32_MAX);
	assert_int_equal(rig_redist(0, 0x10c00, 4, false, 0), 0xaaaaaaaa);
	assert_int_equal(rig_redist(0, 0x10c04, 4, false, 0), 0);
	(void)rig_redist(1, 0x10400, 1, true, 0x88);
	assert_int_equal(rig_redist(1, 0x10400, 4, false, 0), 0x88);
	assert_int_equal(rig_redist(0, 0x10400, 4, false, 0), 0); /* each vCPU its own */
}

static void test_router(void **state)
{
	(void)state;
	rig_make(VGIC_VIEW_V3, RIG_VCPUS, SPIS, LR_COUNT);
	(void)rig_dist(0, 0x6100, 8, true, UINT64_C(0xff80abcdef)); /* IRM is RES0: No1N */
	assert_true(rig_dist(0, 0x6100, 8, false, 0) == UINT64_C(0xff00abcdef));
	assert_int_equal(rig.vgic.spi[0].route[0], VGIC_NO_VCPU);
	(void)rig_dist(0, 0x6104, 4, true, 0);
	(void)rig_dist(0, 0x6100, 4, true, 0x101);
	assert_int_equal(rig_dist(0, 0x6100, 4, false, 0), 0x101);
	assert_int_equal(rig_dist(0, 0x6104, 4, false, 0), 0);
	assert_int_equal(rig.vgic.spi[0].route[0], 17);
	(void)rig_dist(0, 0x6100, 8, true, 0x102); /* vCPU 18 is not there */
	assert_int_equal(rig.vgic.spi[0].route[0], VGIC_NO_VCPU);
	(void)rig_dist(0, 0x6100, 8, true, 0x010); /* Aff0 above 15 */
	assert_int_equal(rig.vgic.spi[0].route[0], VGIC_NO_VCPU);
}

/* RWP stays until the CPU that holds the interrupt has given it back. */
static void test_rwp(void **state)
{
	(void)state;
	rig_make(VGIC_VIEW_V3, 2, SPIS, LR_COUNT);
	(void)rig_dist(0, 0, 4, true, 3);
	(void)rig_dist(0, 0x104, 4, true, 1);
	(void)rig_redist(1, 0x10100, 4, true, 1);
	vif_select(1);
	vgic_load(&rig.vcpu[0]);
	assert_int_equal(vgic_set_spi(&rig.vgic, 32, true), PLINTH_OK);
	assert_int_equal(vif_peek(), 32);
	vif_select(0);
	rig.kicked = 0;
	(void)rig_dist(1, 0x184, 4, true, 1);
	assert_int_equal(rig.kicked, 1);
	assert_int_equal(rig_dist(1, 0, 4, false, 0) >> 31, 1);
	vif_select(1);
	assert_true(vgic_is_due(&rig.vcpu[0]));
	vgic_flush(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	vif_select(0);
	assert_int_equal(rig_dist(1, 0, 4, false, 0) >> 31, 0);
	vif_select(1);
	vgic_put(&rig.vcpu[0]);
}

static uint64_t random_of(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void check_invariants(unsigned vcpus)
{
	for (unsigned v = 0; v < vcpus; v++) {
		const struct vgic_cpu *cpu = &rig.vcpu[v];

		assert_true((cpu->lr_used & ~rig.vgic.lr_mask) == 0U);
		assert_true(cpu->loaded_on != 0U || cpu->lr_used == 0U);
		for (uint32_t used = cpu->lr_used; used != 0U; used &= used - 1U) {
			unsigned n = bit_lowest(used);
			struct vgic_irq irq =
				vgic_irq_of(&rig.vgic, &rig.vcpu[v], (intid_t)cpu->lr_value[n]);

			assert_true(irq.intid < rig.vgic.bank_count * 32U);
			assert_true((irq.bank->in_lr & irq_mask(&irq)) != 0U);
			assert_int_equal(irq.bank->lr[irq.intid % 32U], n);
			assert_ptr_equal(vgic_irq_target(&irq), cpu);
		}
	}
}

/* Whatever a guest writes wherever, and does in between. */
static void hammer(enum vgic_view view, unsigned vcpus, uint64_t seed)
{
	rig_make(view, vcpus, SPIS, LR_COUNT);
	vgic_load(&rig.vcpu[0]);
	vif_select(1);
	vgic_load(&rig.vcpu[1]);
	assert_int_equal(vgic_link_ppi(&rig.vcpu[1], 27, 27), PLINTH_EBUSY);
	for (unsigned i = 0; i < 40000U; i++) {
		uint64_t r = random_of(&seed);
		unsigned v = (unsigned)(r & 1U);
		uint8_t size = (uint8_t)(1U << ((r >> 1) & 3U));
		struct mmio_access access = {0, random_of(&seed), v, size, ((r >> 3) & 1U) != 0U};
		bool redistributor = ((r >> 4) & 1U) != 0U;

		access.offset = (r >> 8) % (redistributor ? vcpus * VGIC_REDIST_SIZE : 0x10000U);
		access.offset = (r >> 60) != 0U ? access.offset & 0x30fffU : access.offset;
		access.offset &= ~(uint64_t)(size - 1U);
		access.value &= (r >> 56) % 3U != 0U ? MASK_BELOW(8U * size) : random_of(&seed);
		vif_select(v);
		if (redistributor) {
			(void)vgic_redist_mmio(&rig.vgic, &access);
		} else {
			(void)vgic_dist_mmio(&rig.vgic, &access);
		}
		vgic_sgi1r(&rig.vcpu[v], random_of(&seed) & random_of(&seed));
		vgic_dir(&rig.vcpu[v], random_of(&seed) % 200U);
		if ((r >> 40) % 4U == 0U) {
			vif_eoi(vif_ack());
		}
		if (vif_maintenance()) {
			vgic_maintenance(&rig.vcpu[v]);
		}
		if (vgic_is_due(&rig.vcpu[v])) {
			vgic_flush(&rig.vcpu[v]);
		}
		check_invariants(vcpus);
	}
	vif_select(0);
	vgic_put(&rig.vcpu[0]);
	vif_select(1);
	vgic_put(&rig.vcpu[1]);
	check_invariants(vcpus);
}

static void test_hostile_guest(void **state)
{
	(void)state;
	hammer(VGIC_VIEW_V3, 2, 0x1001);
	hammer(VGIC_VIEW_V3, RIG_VCPUS, 0x2002);
	hammer(VGIC_VIEW_V2, 8, 0x3003);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_identification_v3),
		cmocka_unit_test(test_waker),
		cmocka_unit_test(test_reserved_is_raz_wi),
		cmocka_unit_test(test_fault_outside),
		cmocka_unit_test(test_values_read_back),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_rwp),
		cmocka_unit_test(test_hostile_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
