/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "fake/mmio.h"
#include "vgic/vgic_hw.h"
#include "vgic_lr.h"

static uint32_t gich[0x80]; /* words of GICH */

static uint64_t gich_read(void *ctx, uint64_t offset, unsigned size)
{
	(void)ctx;
	assert_int_equal(size, 4);
	return gich[offset / 4U];
}

static void gich_write(void *ctx, uint64_t offset, unsigned size, uint64_t v)
{
	(void)ctx;
	assert_int_equal(size, 4);
	gich[offset / 4U] = (uint32_t)v;
}

static const struct fake_device device = {
	.base = 0x8030000, .size = 0x200, .read = gich_read, .write = gich_write};

static void test_v3(void **state)
{
	const struct vgic_hw *hw = NULL;

	(void)state;
	fake_sysregs.ich_vtr_el2 = 0x90b80003; /* as QEMU's: 4 list registers, 5 bits, TDS */
	assert_int_equal(vgic_hw_v3_init(&hw), PLINTH_OK);
	assert_int_equal(hw->lr_count, 4);
	assert_int_equal(hw->priority_bits, 5);
	assert_int_equal(hw->apr_count, 1);
	assert_int_equal(hw->has_tdir, 1);
	for (unsigned i = 0; i < 16U; i++) {
		hw->write_lr(i, LR_PENDING | (100U + i));
	}
	for (unsigned i = 0; i < 16U; i++) {
		assert_true(hw->read_lr(i) == (LR_PENDING | (100U + i)));
	}
	assert_true(fake_sysregs.ich_lr7_el2 == (LR_PENDING | 107U));
	assert_int_equal(hw->read_lr(16), 0);
	hw->write_apr(0, 1, 0x11);
	hw->write_apr(1, 3, 0x33);
	assert_int_equal(fake_sysregs.ich_ap0r1_el2, 0x11);
	assert_int_equal(fake_sysregs.ich_ap1r3_el2, 0x33);
	assert_int_equal(hw->read_apr(0, 1), 0x11);
	assert_int_equal(hw->read_apr(1, 3), 0x33);
	fake_sysregs.ich_elrsr_el2 = 5;
	fake_sysregs.ich_eisr_el2 = 6;
	assert_int_equal(hw->read_elrsr(), 5);
	assert_int_equal(hw->read_eisr(), 6);
	hw->write_hcr(1);
	hw->write_vmcr(3);
	assert_int_equal(hw->read_hcr(), 1);
	assert_int_equal(hw->read_vmcr(), 3);
	assert_int_equal(vgic_hw_check(hw), PLINTH_OK);
	assert_int_equal(fake_sysregs.ich_hcr_el2, 0);
	assert_true(fake_sysregs.ich_lr3_el2 == 0U && fake_sysregs.ich_lr4_el2 != 0U);
	fake_sysregs.ich_vtr_el2 = 0x90b80002; /* a CPU with fewer */
	assert_int_equal(vgic_hw_check(hw), PLINTH_EINVAL);
	fake_sysregs.ich_vtr_el2 = 0;
	assert_int_equal(vgic_hw_check(hw), PLINTH_EINVAL);
	assert_int_equal(vgic_hw_v3_init(&hw), PLINTH_ENOTSUP);
}

static void test_v2(void **state)
{
	const struct vgic_hw *hw = NULL;

	(void)state;
	fake_mmio_add(&device);
	gich[1] = 0x90000003;
	assert_int_equal(vgic_hw_v2_init(device.base, &hw), PLINTH_OK);
	assert_int_equal(hw->lr_count, 4);
	assert_int_equal(hw->has_tdir, 0);
	hw->write_lr(2, LR_PENDING | LR_HW | FIELD_PREP(LR_PHYS, 27U) | 27U);
	assert_int_equal(gich[0x108 / 4], 0x9000001bU | (27U << 10));
	assert_true(hw->read_lr(2) == (LR_PENDING | LR_HW | FIELD_PREP(LR_PHYS, 27U) | 27U));
	hw->write_vmcr(0xf8000001);
	assert_int_equal(gich[2], 0xf8000001);
	assert_int_equal(hw->read_vmcr(), 0xf8000001);
	hw->write_apr(0, 0, 1);
	hw->write_apr(1, 0, 2);
	assert_int_equal(gich[0xf0 / 4], 2);
	assert_int_equal(hw->read_apr(0, 0), 0);
	assert_int_equal(hw->read_apr(1, 0), 2);
	gich[0x20 / 4] = 3;
	gich[0x30 / 4] = 12;
	assert_int_equal(hw->read_eisr(), 3);
	assert_int_equal(hw->read_elrsr(), 12);
	hw->write_hcr(1);
	assert_int_equal(hw->read_hcr(), 1);
	assert_int_equal(vgic_hw_check(hw), PLINTH_OK);
	assert_int_equal(gich[0x108 / 4] | gich[0], 0);
	gich[1] = 0;
	assert_int_equal(vgic_hw_v2_init(device.base, &hw), PLINTH_ENOTSUP);
	fake_mmio_reset();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v3),
		cmocka_unit_test(test_v2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
