/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers are those of Arm's Software Developers Errata Notices.
 */
#include "table.h"

#include "base/bits.h"
#include "base/compiler.h"

#define MIDR_REVISION_SHIFT 0U
#define MIDR_REVISION_WIDTH 4U
#define MIDR_VARIANT_SHIFT  20U
#define MIDR_VARIANT_WIDTH  4U

#define CORTEX_A53	 ARM(0xd03)
#define CORTEX_A55	 ARM(0xd05)
#define CORTEX_A57	 ARM(0xd07)
#define CORTEX_A72	 ARM(0xd08)
#define CORTEX_A73	 ARM(0xd09)
#define CORTEX_A76	 ARM(0xd0b)
#define CORTEX_A77	 ARM(0xd0d)
#define CORTEX_A510	 ARM(0xd46)
#define CORTEX_A715	 ARM(0xd4d)
#define NEOVERSE_N1	 ARM(0xd0c)
#define AZURE_COBALT_100 MODEL(0x6d, 0xd49)
#define NVIDIA_OLYMPUS	 MODEL(0x4e, 0x010)

#define REV(r, p)     ((r) << 4 | (p))
#define ALL_REVISIONS 0, 0xff

#define CTR_DIC BIT(29)

static bool claims_dic(const struct errata_cpu *cpu)
{
	return (cpu->ctr & CTR_DIC) != 0U;
}

static bool firmware_clears(const struct errata_cpu *cpu)
{
	return cpu->predictors == PREDICTORS_FIRMWARE;
}

static bool history_is_cleared(const struct errata_cpu *cpu)
{
	return cpu->predictors == PREDICTORS_HISTORY;
}

static bool is_open(const struct errata_cpu *cpu)
{
	return cpu->predictors == PREDICTORS_OPEN;
}

static bool remembers(const struct errata_cpu *cpu)
{
	return cpu->predictors == PREDICTORS_REMEMBERS;
}

/* CVE-2025-10263 (Arm's numbers 4118414 and 4193780 to 4193801, NVIDIA's T410-OLY-1029): a DSB
 * behind a broadcast TLBI may complete before stores by the removed entry do. */
static bool completes_early(const struct errata_cpu *cpu)
{
	static const uint16_t parts[] = {
		0xd0b, /* Cortex-A76; its 1286807, too, wants invalidations twice */
		0xd0c, /* Neoverse-N1 */
		0xd0d, /* Cortex-A77 */
		0xd0e, /* Cortex-A76AE */
		0xd40, /* Neoverse-V1 */
		0xd41, /* Cortex-A78 */
		0xd42, /* Cortex-A78AE */
		0xd44, /* Cortex-X1 */
		0xd47, /* Cortex-A710 */
		0xd48, /* Cortex-X2 */
		0xd49, /* Neoverse-N2 */
		0xd4b, /* Cortex-A78C */
		0xd4c, /* Cortex-X1C */
		0xd4e, /* Cortex-X3 */
		0xd4f, /* Neoverse-V2 */
		0xd82, /* Cortex-X4 */
		0xd83, /* Neoverse-V3AE */
		0xd84, /* Neoverse-V3 */
		0xd85, /* Cortex-X925 */
		0xd8c, /* C1-Ultra */
		0xd90, /* C1-Premium */
	};
	uint32_t model = (uint32_t)cpu->midr & MIDR_MODEL_MASK;
	bool found = model == NVIDIA_OLYMPUS || model == AZURE_COBALT_100;

	for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
		found |= model == ARM(parts[i]);
	}
	return found;
}

static const char speculative_at[] = "stage-1 walks are off while a VM's registers change";
static const char repeat_tlbi[] = "TLB invalidations are done twice";

/* clang-format off */
const struct errata_row errata_rows[] = {
	{ "Cortex-A57 1319537", speculative_at, ERRATA_SPECULATIVE_AT,
		CORTEX_A57, ALL_REVISIONS, NULL },
	{ "Cortex-A72 1319367", speculative_at, ERRATA_SPECULATIVE_AT,
		CORTEX_A72, ALL_REVISIONS, NULL },
	{ "Cortex-A76 1165522", speculative_at, ERRATA_SPECULATIVE_AT,
		CORTEX_A76, REV(0, 0), REV(2, 0), NULL },
	{ "Cortex-A55 1530923", speculative_at, ERRATA_SPECULATIVE_AT,
		CORTEX_A55, REV(0, 0), REV(2, 0), NULL },
	{ "Cortex-A53 819472, 824069, 826319, 827319", "caches are cleaned by DC CIVAC alone",
		ERRATA_CLEAN_INVALIDATES, CORTEX_A53, REV(0, 0), REV(0, 2), NULL },
	{ "Cortex-A57 834220", "stage-2 faults are checked for a stage-1 fault first",
		ERRATA_RECHECK_HPFAR, CORTEX_A57, REV(0, 0), REV(1, 2), NULL },
	{ "Neoverse-N1 1542419", "CTR_EL0.DIC is not believed",
		ERRATA_IGNORE_DIC, NEOVERSE_N1, ALL_REVISIONS, claims_dic },
	{ "CVE-2025-10263", repeat_tlbi, ERRATA_REPEAT_TLBI,
		0, ALL_REVISIONS, completes_early },
	{ "Cortex-A55 2441007", repeat_tlbi, ERRATA_REPEAT_TLBI,
		CORTEX_A55, ALL_REVISIONS, NULL },
	{ "Cortex-A510 2441009", repeat_tlbi, ERRATA_REPEAT_TLBI,
		CORTEX_A510, REV(0, 0), REV(1, 1), NULL },
	{ "Cortex-A57 832075", "devices are read by load-acquire; guests have to do so as well",
		0, CORTEX_A57, REV(0, 0), REV(1, 2), NULL },
	{ "Cortex-A73 858921", "counters are read twice near a wrap",
		0, CORTEX_A73, ALL_REVISIONS, NULL },
	{ "Cortex-A77 1508412", "PAR_EL1 is read between barriers; guests have to do so as well",
		0, CORTEX_A77, REV(0, 0), REV(1, 0), NULL },
	{ "Cortex-A715 2645198", "execute permission goes by break-before-make",
		0, CORTEX_A715, ALL_REVISIONS, NULL },
	{ "Spectre v2 and BHB", "the firmware clears branch predictors at each exit",
		0, 0, ALL_REVISIONS, firmware_clears },
	{ "Spectre BHB", "each exit clears the branch history",
		0, 0, ALL_REVISIONS, history_is_cleared },
	{ "Spectre v2 and BHB", "nothing is done: the firmware offers no call that helps",
		0, 0, ALL_REVISIONS, is_open },
	{ "Spectre BHB", "nothing is done: no way to clear this CPU's branch history is known",
		0, 0, ALL_REVISIONS, remembers },
};
/* clang-format on */

const unsigned errata_row_count = ARRAY_SIZE(errata_rows);

STATIC_ASSERT(ARRAY_SIZE(errata_rows) <= ERRATA_ROW_MAX, "a bit for each row");

bool errata_row_applies(const struct errata_row *row, const struct errata_cpu *cpu)
{
	uint64_t revision =
		FIELD_GET(cpu->midr, MIDR_VARIANT) << 4 | FIELD_GET(cpu->midr, MIDR_REVISION);

	if (row->model != 0U && (cpu->midr & MIDR_MODEL_MASK) != row->model) {
		return false;
	}
	return revision >= row->first && revision <= row->last &&
	       (row->applies == NULL || row->applies(cpu));
}
