/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "idregs/idregs.h"
#include "table.h"

#define ID(crm, op2) A64_SYSREG(3, 0, 0, crm, op2)

static const struct idregs_vm with_gicv3 = {.gicv3 = true};
static const struct idregs_vm with_gicv2 = {.gicv3 = false};

/* A host that answers the same for each register. */
static uint64_t same_host(void *ctx, a64_sysreg_t reg)
{
	assert_true(idregs_owns(reg));
	return *(uint64_t *)ctx;
}

static uint64_t field(const struct idregs_vm *vm, a64_sysreg_t reg, unsigned shift, uint64_t host)
{
	return (idregs_view(vm, reg, same_host, &host) >> shift) & 15U;
}

/* The host's field is n; every other field too. */
static uint64_t field_of(a64_sysreg_t reg, unsigned shift, uint64_t n)
{
	return field(&with_gicv3, reg, shift, n * UINT64_C(0x1111111111111111));
}

struct expectation {
	const char *name;
	uint16_t reg;
	uint8_t shift;
	uint8_t host;
	uint8_t guest;
};

/* clang-format off */
static const struct expectation expectations[] = {
	{ "EL0 64", ID(4, 0), 0, 1, 1 },	{ "EL0 32", ID(4, 0), 0, 2, 2 },
	{ "EL1", ID(4, 0), 4, 2, 1 },		{ "EL2", ID(4, 0), 8, 1, 0 },
	{ "EL3", ID(4, 0), 12, 2, 0 },		{ "FP", ID(4, 0), 16, 15, 15 },
	{ "FP half", ID(4, 0), 16, 1, 1 },	{ "AdvSIMD", ID(4, 0), 20, 15, 15 },
	{ "GIC 4.1", ID(4, 0), 24, 3, 1 },	{ "RAS", ID(4, 0), 28, 1, 0 },
	{ "SVE", ID(4, 0), 32, 1, 0 },		{ "SEL2", ID(4, 0), 36, 1, 0 },
	{ "MPAM", ID(4, 0), 40, 1, 0 },		{ "AMU", ID(4, 0), 44, 1, 0 },
	{ "DIT", ID(4, 0), 48, 1, 1 },		{ "RME", ID(4, 0), 52, 1, 0 },
	{ "CSV2", ID(4, 0), 56, 3, 1 },		{ "CSV2 0", ID(4, 0), 56, 0, 0 },
	{ "CSV3", ID(4, 0), 60, 1, 1 },		{ "BT", ID(4, 1), 0, 1, 1 },
	{ "SSBS", ID(4, 1), 4, 2, 2 },		{ "MTE", ID(4, 1), 8, 3, 0 },
	{ "RAS_frac", ID(4, 1), 12, 1, 0 },	{ "SME", ID(4, 1), 24, 1, 0 },
	{ "RNDR_trap", ID(4, 1), 28, 1, 0 },	{ "CSV2_frac", ID(4, 1), 32, 2, 1 },
	{ "NMI", ID(4, 1), 36, 1, 0 },		{ "SVEver", ID(4, 4), 0, 1, 0 },
	{ "SME F32F32", ID(4, 5), 32, 1, 0 },
	{ "DebugVer", ID(5, 0), 0, 6, 6 },	{ "DebugVer 8.9", ID(5, 0), 0, 11, 9 },
	{ "TraceVer", ID(5, 0), 4, 1, 0 },	{ "PMUVer", ID(5, 0), 8, 5, 0 },
	{ "BRPs", ID(5, 0), 12, 5, 5 },		{ "PMSS", ID(5, 0), 16, 1, 0 },
	{ "WRPs", ID(5, 0), 20, 3, 3 },		{ "CTX_CMPs", ID(5, 0), 28, 1, 1 },
	{ "PMSVer", ID(5, 0), 32, 1, 0 },	{ "DoubleLock", ID(5, 0), 36, 0, 15 },
	{ "TraceFilt", ID(5, 0), 40, 1, 0 },	{ "TraceBuffer", ID(5, 0), 44, 1, 0 },
	{ "BRBE", ID(5, 0), 52, 1, 0 },		{ "DFR1", ID(5, 1), 0, 1, 0 },
	{ "AES", ID(6, 0), 4, 2, 2 },		{ "Atomic", ID(6, 0), 20, 2, 2 },
	{ "TME", ID(6, 0), 24, 1, 0 },		{ "RNDR", ID(6, 0), 60, 1, 1 },
	{ "APA", ID(6, 1), 4, 5, 5 },		{ "API", ID(6, 1), 8, 5, 5 },
	{ "GPA", ID(6, 1), 24, 1, 1 },		{ "GPI", ID(6, 1), 28, 1, 1 },
	{ "SPECRES", ID(6, 1), 40, 2, 1 },	{ "XS", ID(6, 1), 56, 1, 0 },
	{ "LS64", ID(6, 1), 60, 3, 0 },		{ "WFxT", ID(6, 2), 0, 2, 0 },
	{ "GPA3", ID(6, 2), 8, 1, 1 },		{ "APA3", ID(6, 2), 12, 5, 5 },
	{ "MOPS", ID(6, 2), 16, 1, 0 },		{ "CLRBHB", ID(6, 2), 28, 1, 1 },
	{ "PARange 44", ID(7, 0), 0, 4, 4 },	{ "PARange 52", ID(7, 0), 0, 6, 5 },
	{ "ASIDBits", ID(7, 0), 4, 2, 2 },	{ "BigEnd", ID(7, 0), 8, 1, 0 },
	{ "BigEndEL0", ID(7, 0), 16, 1, 0 },	{ "TGran16", ID(7, 0), 20, 2, 1 },
	{ "TGran64", ID(7, 0), 24, 15, 15 },	{ "TGran4", ID(7, 0), 28, 0, 0 },
	{ "TGran4 none", ID(7, 0), 28, 15, 15 }, { "TGran4 LPA2", ID(7, 0), 28, 1, 0 },
	{ "TGran4_2", ID(7, 0), 40, 2, 0 },	{ "FGT", ID(7, 0), 56, 1, 0 },
	{ "ECV", ID(7, 0), 60, 2, 0 },		{ "HAFDBS", ID(7, 1), 0, 3, 2 },
	{ "VMIDBits", ID(7, 1), 4, 2, 0 },	{ "VH", ID(7, 1), 8, 1, 0 },
	{ "LO", ID(7, 1), 16, 1, 0 },		{ "PAN", ID(7, 1), 20, 3, 3 },
	{ "SpecSEI", ID(7, 1), 24, 1, 0 },	{ "XNX", ID(7, 1), 28, 1, 0 },
	{ "TWED", ID(7, 1), 32, 1, 0 },		{ "HCX", ID(7, 1), 40, 1, 0 },
	{ "CMOW", ID(7, 1), 56, 1, 0 },		{ "IESB", ID(7, 2), 12, 1, 0 },
	{ "NV", ID(7, 2), 24, 2, 0 },		{ "FWB", ID(7, 2), 40, 1, 0 },
	{ "TTL", ID(7, 2), 48, 1, 1 },		{ "EVT", ID(7, 2), 56, 2, 0 },
	{ "E0PD", ID(7, 2), 60, 1, 1 },		{ "TCRX", ID(7, 3), 0, 1, 0 },
	{ "AMU 32", ID(1, 0), 20, 1, 0 },	{ "RAS 32", ID(1, 0), 28, 1, 0 },
	{ "State0", ID(1, 0), 0, 1, 1 },	{ "ProgMod", ID(1, 1), 0, 1, 0 },
	{ "Virtualization", ID(1, 1), 12, 1, 0 }, { "GenTimer", ID(1, 1), 16, 1, 1 },
	{ "GIC 32", ID(1, 1), 28, 3, 1 },	{ "CopTrc", ID(1, 2), 12, 1, 0 },
	{ "PerfMon", ID(1, 2), 24, 4, 0 },	{ "AFR0", ID(1, 3), 0, 1, 0 },
	{ "MMFR0", ID(1, 4), 0, 5, 5 },		{ "ISAR5 AES", ID(2, 5), 4, 2, 2 },
	{ "AC2", ID(2, 6), 4, 1, 0 },		{ "MVFR0", ID(3, 0), 28, 1, 1 },
	{ "hole", ID(3, 3), 0, 1, 0 },		{ "SSBS 32", ID(3, 4), 4, 1, 1 },
	{ "DFR1 32", ID(3, 5), 0, 1, 0 },	{ "MMFR4 64", ID(7, 4), 0, 1, 0 },
};
/* clang-format on */

static void test_each_field(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(expectations); i++) {
		const struct expectation *e = &expectations[i];
		uint64_t guest = field_of(e->reg, e->shift, e->host);

		if (guest != e->guest) {
			print_error("%s: host %u, guest %llu instead of %u\n", e->name, e->host,
				(unsigned long long)guest, e->guest);
			failures++;
		}
	}
	assert_int_equal(failures, 0);
}

static void test_gic_is_the_vms(void **state)
{
	(void)state;
	assert_int_equal(field(&with_gicv3, ID(4, 0), 24, 0), 1);
	assert_int_equal(field(&with_gicv2, ID(4, 0), 24, ~UINT64_C(0)), 0);
	assert_int_equal(field(&with_gicv2, ID(1, 1), 28, ~UINT64_C(0)), 0);
}

/* Fields of a later architecture are hidden: nothing but the table's rows gets through. */
static void test_only_rows_pass(void **state)
{
	uint64_t ones = ~UINT64_C(0);

	(void)state;
	for (unsigned crm = 1; crm < 8U; crm++) {
		for (unsigned op2 = 0; op2 < 8U; op2++) {
			uint64_t allowed = 0;

			for (unsigned i = 0; i < idregs_row_count; i++) {
				if (idregs_rows[i].reg == ID(crm, op2)) {
					allowed |= MASK_BELOW(idregs_rows[i].width)
						   << idregs_rows[i].shift;
				}
			}
			assert_int_equal(
				idregs_view(&with_gicv3, ID(crm, op2), same_host, &ones) & ~allowed,
				0);
		}
	}
}

static void test_rows_are_disjoint_and_in_order(void **state)
{
	(void)state;
	for (unsigned i = 1; i < idregs_row_count; i++) {
		const struct idregs_row *a = &idregs_rows[i - 1U];
		const struct idregs_row *b = &idregs_rows[i];

		assert_true(idregs_owns(b->reg));
		assert_true(
			a->reg < b->reg || (a->reg == b->reg && a->shift + a->width <= b->shift));
		assert_true(b->shift + b->width <= 64U);
	}
}

static void test_the_space(void **state)
{
	(void)state;
	assert_true(idregs_owns(ID(1, 0)));
	assert_true(idregs_owns(ID(7, 7)));
	assert_false(idregs_owns(ID(0, 5))); /* MPIDR_EL1 */
	assert_false(idregs_owns(ID(8, 0)));
	assert_false(idregs_owns(A64_SYSREG(3, 1, 0, 1, 0)));
	assert_false(idregs_owns(A64_SYSREG(2, 0, 0, 2, 2)));
	assert_false(idregs_owns(A64_SYSREG(3, 0, 1, 1, 0)));
}

/* Every register with a row is really read from the machine. */
static void test_host_reads_them_all(void **state)
{
	(void)state;
	memset(&fake_sysregs, 0x77, sizeof(fake_sysregs));
	for (unsigned i = 0; i < idregs_row_count; i++) {
		assert_int_equal(
			idregs_host(NULL, idregs_rows[i].reg), UINT64_C(0x7777777777777777));
	}
	fake_sysregs.id_aa64pfr0_el1 = 0x22;
	assert_int_equal(idregs_host(NULL, ID(4, 0)), 0x22);
	fake_sysregs.id_aa64mmfr2_el1 = 0x33;
	assert_int_equal(idregs_host(NULL, ID(7, 2)), 0x33);
	assert_int_equal(idregs_host(NULL, ID(3, 7)), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_field),
		cmocka_unit_test(test_gic_is_the_vms),
		cmocka_unit_test(test_only_rows_pass),
		cmocka_unit_test(test_rows_are_disjoint_and_in_order),
		cmocka_unit_test(test_the_space),
		cmocka_unit_test(test_host_reads_them_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
