/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/barrier.h"
#include "arch/sysreg.h"
#include "base/compiler.h"
#include "ich.h"
#include "vgic_hw_private.h"

/* A register's number is in its instruction, so a list of cases it has to be. */
#define FOR_EACH_LR(X)                                                                             \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

/* Ahead of the jump those that CPUs have at least in practice, and guests mostly use. */
static uint64_t read_lr(unsigned n)
{
	if (LIKELY(n == 0U)) {
		return read_ich_lr0_el2();
	}
	if (LIKELY(n == 1U)) {
		return read_ich_lr1_el2();
	}
	if (LIKELY(n == 2U)) {
		return read_ich_lr2_el2();
	}
#define CASE(i)                                                                                    \
	case i:                                                                                    \
		return read_ich_lr##i##_el2();
	switch (n) {
		FOR_EACH_LR(CASE)
	default:
		return 0;
	}
#undef CASE
}

static void write_lr(unsigned n, uint64_t lr)
{
	if (LIKELY(n == 0U)) {
		write_ich_lr0_el2(lr);
		return;
	}
	if (LIKELY(n == 1U)) {
		write_ich_lr1_el2(lr);
		return;
	}
	if (LIKELY(n == 2U)) {
		write_ich_lr2_el2(lr);
		return;
	}
#define CASE(i)                                                                                    \
	case i:                                                                                    \
		write_ich_lr##i##_el2(lr);                                                         \
		break;
	switch (n) {
		FOR_EACH_LR(CASE)
	default:
		break;
	}
#undef CASE
}

static uint32_t read_hcr(void)
{
	return (uint32_t)read_ich_hcr_el2();
}

static void write_hcr(uint32_t v)
{
	write_ich_hcr_el2(v);
}

static uint32_t read_vmcr(void)
{
	return (uint32_t)read_ich_vmcr_el2();
}

static void write_vmcr(uint32_t v)
{
	write_ich_vmcr_el2(v);
}

#define FOR_EACH_APR(X) X(0, 0) X(0, 1) X(0, 2) X(0, 3) X(1, 0) X(1, 1) X(1, 2) X(1, 3)

/* Ahead of the jump those that all CPUs have. */
static uint32_t read_apr(unsigned group, unsigned n)
{
	if (LIKELY(n == 0U)) {
		return (uint32_t)(group == 0U ? read_ich_ap0r0_el2() : read_ich_ap1r0_el2());
	}
#define CASE(g, i)                                                                                 \
	case g * 4 + i:                                                                            \
		return (uint32_t)read_ich_ap##g##r##i##_el2();
	switch (group * 4U + n) {
		FOR_EACH_APR(CASE)
	default:
		return 0;
	}
#undef CASE
}

static void write_apr(unsigned group, unsigned n, uint32_t v)
{
	if (LIKELY(n == 0U)) {
		if (group == 0U) {
			write_ich_ap0r0_el2(v);
		} else {
			write_ich_ap1r0_el2(v);
		}
		return;
	}
#define CASE(g, i)                                                                                 \
	case g * 4 + i:                                                                            \
		write_ich_ap##g##r##i##_el2(v);                                                    \
		break;
	switch (group * 4U + n) {
		FOR_EACH_APR(CASE)
	default:
		break;
	}
#undef CASE
}

/* The status registers are computed from the list registers: what has been written to those since
 * the exit shows in them only after an ISB. */
static uint32_t read_elrsr(void)
{
	arch_isb();
	return (uint32_t)read_ich_elrsr_el2();
}

static uint32_t read_eisr(void)
{
	arch_isb();
	return (uint32_t)read_ich_eisr_el2();
}

static uint32_t read_vtr(void)
{
	return (uint32_t)read_ich_vtr_el2();
}

/* Filled once at boot, read only afterwards. */
static struct vgic_hw hw_v3 = {
	.read_lr = read_lr,
	.write_lr = write_lr,
	.read_hcr = read_hcr,
	.write_hcr = write_hcr,
	.read_vmcr = read_vmcr,
	.write_vmcr = write_vmcr,
	.read_apr = read_apr,
	.write_apr = write_apr,
	.read_elrsr = read_elrsr,
	.read_eisr = read_eisr,
	.read_vtr = read_vtr,
};

enum plinth_status vgic_hw_v3_init(const struct vgic_hw **hw)
{
	enum plinth_status status = vgic_hw_decode(&hw_v3, read_vtr());

	if (status == PLINTH_OK) {
		hw_v3.has_tdir = (read_vtr() & ICH_VTR_TDS) != 0U;
		*hw = &hw_v3;
	}
	return status;
}
