/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "scan_private.h"

#define SCTLR_M	  BIT(0)
#define SCTLR_WXN BIT(19)

/* TCR_EL1 (DDI 0487, D19.2) */
#define TCR_T0SZ_SHIFT 0U
#define TCR_T0SZ_WIDTH 6U
#define TCR_T1SZ_SHIFT 16U
#define TCR_T1SZ_WIDTH 6U
#define TCR_TG0_SHIFT  14U
#define TCR_TG0_WIDTH  2U
#define TCR_TG1_SHIFT  30U
#define TCR_TG1_WIDTH  2U
#define TCR_EPD0       BIT(7)
#define TCR_EPD1       BIT(23)
#define TCR_HA	       BIT(39)
#define TCR_HPD0       BIT(41)
#define TCR_HPD1       BIT(42)

#define TTBR_TABLE  UINT64_C(0x0000fffffffffffe)
#define TABLE_LEAST 64U /* bytes to which a smaller table is aligned, too */

/* ID_AA64MMFR0_EL1: TGran4 and TGran64 say 0xf where there is none, TGran16 0 */
#define MMFR0_TGRAN16_SHIFT 20U
#define MMFR0_TGRAN64_SHIFT 24U
#define MMFR0_TGRAN_WIDTH   4U
#define MMFR0_NO_TGRAN64    0xfU

#define SHIFT_4K  12U
#define SHIFT_16K 14U
#define SHIFT_64K 16U

/* ID_AA64MMFR2_EL1: 1 and more is FEAT_LVA */
#define MMFR2_VARANGE_SHIFT 16U
#define MMFR2_VARANGE_WIDTH 4U

#define VA_BITS_LEAST 16U /* T1SZ = 48, with FEAT_TTST */
#define VA_BITS_MOST  48U
#define VA_BITS_LARGE 52U /* with FEAT_LVA and 64 KiB pages; guests are not told of FEAT_LPA2 */
#define FLAT_BITS     48U

static uint8_t if_implemented(const struct scan_registers *r, uint8_t shift)
{
	uint64_t tgran16 = (r->mmfr0 >> MMFR0_TGRAN16_SHIFT) & MASK_BELOW(MMFR0_TGRAN_WIDTH);
	uint64_t tgran64 = (r->mmfr0 >> MMFR0_TGRAN64_SHIFT) & MASK_BELOW(MMFR0_TGRAN_WIDTH);

	if ((shift == SHIFT_16K && tgran16 == 0U) ||
		(shift == SHIFT_64K && tgran64 == MMFR0_NO_TGRAN64)) {
		return SHIFT_4K;
	}
	return shift;
}

/* TG0 and TG1 are encoded differently; 0: reserved. */
static uint8_t page_shift_of(const struct scan_registers *r, unsigned n)
{
	static const uint8_t tg0[4] = {SHIFT_4K, SHIFT_64K, SHIFT_16K, SHIFT_4K};
	static const uint8_t tg1[4] = {SHIFT_4K, SHIFT_16K, SHIFT_4K, SHIFT_64K};

	return if_implemented(
		r, n == 0U ? tg0[FIELD_GET(r->tcr, TCR_TG0)] : tg1[FIELD_GET(r->tcr, TCR_TG1)]);
}

static uint64_t va_bits_of(const struct scan_registers *r, unsigned n, uint8_t page_shift)
{
	bool large = page_shift == SHIFT_64K && FIELD_GET(r->mmfr2, MMFR2_VARANGE) != 0U;
	uint64_t size = n == 0U ? FIELD_GET(r->tcr, TCR_T0SZ) : FIELD_GET(r->tcr, TCR_T1SZ);

	return max_u64(VA_BITS_LEAST, min_u64(large ? VA_BITS_LARGE : VA_BITS_MOST, 64U - size));
}

static struct scan_half half_of(const struct scan_registers *r, unsigned n)
{
	uint8_t shift = page_shift_of(r, n);
	uint64_t bits = va_bits_of(r, n, shift);
	/* At least one level, however few bits are left. */
	uint64_t resolved = bits > shift ? bits - shift : 1U;
	unsigned levels = (unsigned)((resolved + (shift - 3U) - 1U) / (shift - 3U));
	uint64_t first = resolved - (uint64_t)(levels - 1U) * (shift - 3U);

	return (struct scan_half){
		.base = n == 0U ? 0U : ~MASK_BELOW((unsigned)bits),
		.last = n == 0U ? MASK_BELOW((unsigned)bits) : UINT64_MAX,
		.table = align_down(
			r->ttbr[n] & TTBR_TABLE, max_u64(TABLE_LEAST, BIT((unsigned)first + 3U))),
		.page_shift = shift,
		.start_level = (uint8_t)(LAST_LEVEL + 1U - levels),
		.off = (r->tcr & (n == 0U ? TCR_EPD0 : TCR_EPD1)) != 0U,
		.has_no_hierarchy = (r->tcr & (n == 0U ? TCR_HPD0 : TCR_HPD1)) != 0U,
	};
}

/* MMU off: every address is its own translation, up to the size of an address. */
static struct scan_regime flat(void)
{
	return (struct scan_regime){
		.half[0] = {.last = MASK_BELOW(FLAT_BITS), .page_shift = SHIFT_4K, .is_flat = true},
		.half[1] = {.base = ~MASK_BELOW(FLAT_BITS),
			.last = UINT64_MAX,
			.page_shift = SHIFT_4K,
			.off = true},
	};
}

struct scan_regime scan_regime_of(const struct scan_registers *r)
{
	if ((r->sctlr & SCTLR_M) == 0U) {
		return flat();
	}
	return (struct scan_regime){
		.half = {half_of(r, 0), half_of(r, 1)},
		.sets_access_flag = (r->tcr & TCR_HA) != 0U,
		.write_implies_xn = (r->sctlr & SCTLR_WXN) != 0U,
	};
}

struct scan_regime scan_regime_now(void)
{
	const struct scan_registers registers = {
		.sctlr = read_sctlr_el1(),
		.tcr = read_tcr_el1(),
		.ttbr = {read_ttbr0_el1(), read_ttbr1_el1()},
		.mmfr0 = read_id_aa64mmfr0_el1(),
		.mmfr2 = read_id_aa64mmfr2_el1(),
	};

	return scan_regime_of(&registers);
}

const struct scan_half *scan_half_of(const struct scan_regime *regime, uint64_t gva)
{
	for (unsigned n = 0; n < 2U; n++) {
		const struct scan_half *half = &regime->half[n];

		if (gva >= half->base && gva <= half->last) {
			return half;
		}
	}
	return NULL;
}
