/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "s2_private.h"

/* DDI 0487, D19.2: fields of the ID registers. */
#define ID_AA64MMFR0_EL1_PARange_SHIFT	0U
#define ID_AA64MMFR0_EL1_PARange_WIDTH	4U
#define ID_AA64MMFR1_EL1_VMIDBits_SHIFT 4U
#define ID_AA64MMFR1_EL1_VMIDBits_WIDTH 4U
#define ID_AA64MMFR2_EL1_FWB_SHIFT	40U
#define ID_AA64MMFR2_EL1_FWB_WIDTH	4U

#define VMIDBITS_16 2U

/* VTCR_EL2. */
#define VTCR_EL2_T0SZ_SHIFT 0U
#define VTCR_EL2_T0SZ_WIDTH 6U
#define VTCR_EL2_SL0_SHIFT  6U
#define VTCR_EL2_SL0_WIDTH  2U
#define VTCR_EL2_IRGN0_WBWA BIT(8)
#define VTCR_EL2_ORGN0_WBWA BIT(10)
#define VTCR_EL2_SH0_INNER  (BIT(12) | BIT(13))
#define VTCR_EL2_PS_SHIFT   16U
#define VTCR_EL2_PS_WIDTH   3U
#define VTCR_EL2_VS	    BIT(19)
#define VTCR_EL2_RES1	    BIT(31)

#define SL0_LEVEL_1 1U /* 4 KiB granule */

/* PARange and PS use the same codes; 52 bits (6) would need another descriptor format. */
static const uint8_t pa_bits[] = {32, 36, 40, 42, 44, 48};

#define PA_CODE_MAX (sizeof(pa_bits) - 1U)

static struct s2_features features;

struct s2_features s2_features_from_ids(uint64_t mmfr0, uint64_t mmfr1, uint64_t mmfr2)
{
	uint64_t code = min_u64(FIELD_GET(mmfr0, ID_AA64MMFR0_EL1_PARange), PA_CODE_MAX);
	uint8_t bits = pa_bits[code];

	return (struct s2_features){
		.pa_bits = bits,
		/* An IPA may not be wider than the machine's addresses. */
		.ipa_bits = bits < S2_IPA_BITS_MAX ? bits : S2_IPA_BITS_MAX,
		.vmid_bits = FIELD_GET(mmfr1, ID_AA64MMFR1_EL1_VMIDBits) == VMIDBITS_16 ? 16 : 8,
		.fwb = FIELD_GET(mmfr2, ID_AA64MMFR2_EL1_FWB) != 0U,
	};
}

static uint64_t pa_code(unsigned bits)
{
	uint64_t code = PA_CODE_MAX;

	while (code > 0U && pa_bits[code] > bits) {
		code--;
	}
	return code;
}

uint64_t s2_vtcr(const struct s2_features *f)
{
	return VTCR_EL2_RES1 | VTCR_EL2_SH0_INNER | VTCR_EL2_ORGN0_WBWA | VTCR_EL2_IRGN0_WBWA |
	       FIELD_PREP(VTCR_EL2_T0SZ, 64U - f->ipa_bits) |
	       FIELD_PREP(VTCR_EL2_SL0, SL0_LEVEL_1) |
	       FIELD_PREP(VTCR_EL2_PS, pa_code(f->pa_bits)) |
	       (f->vmid_bits == 16U ? VTCR_EL2_VS : 0U);
}

void s2_setup(const struct s2_features *f)
{
	features = *f;
	s2_vmid_setup(f->vmid_bits);
}

const struct s2_features *s2_features(void)
{
	return &features;
}

uint64_t s2_ipa_end(void)
{
	return BIT(features.ipa_bits);
}
