/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/boot_info.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "errata/errata.h"
#include "fake/maintenance.h"
#include "s2_fixture.h"

/* The exact order of what reaches the machine. */
static struct s2_fixture fixture;
static struct s2_space space;
static enum fake_op log_op[64];
static uint64_t log_vttbr[64];
static uint64_t log_tcr[64];
static unsigned log_count;

static void on_maintenance(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	if (log_count < 64U) {
		log_vttbr[log_count] = read_vttbr_el2();
		log_tcr[log_count] = read_tcr_el1();
		log_op[log_count++] = op;
	}
}

static void ignore_leaf(void *ctx, const struct s2_leaf *leaf)
{
	(void)ctx;
	(void)leaf;
}

/* Of CVE-2025-10263: ERRATA_REPEAT_TLBI. */
#define MIDR_NEOVERSE_N1 UINT64_C(0x413fd0c1)

/* Errata of this CPU. */
static void be_cpu(uint64_t midr)
{
	errata_init(BOOT_CONDUIT_NONE);
	fake_sysregs.midr_el1 = midr;
	errata_add_cpu();
	fake_sysregs.midr_el1 = 0;
}

static int setup(void **state)
{
	(void)state;
	fixture_init(&fixture, 8);
	return s2_space_init(&space, &fixture_ops, &fixture) == PLINTH_OK ? 0 : -1;
}

static int teardown(void **state)
{
	ipa_t cursor = ipa_init(0);

	(void)state;
	fake_maintain_hook(NULL, NULL);
	s2_set_tlb_ops(NULL);
	errata_init(BOOT_CONDUIT_NONE);
	while (s2_clear_step(&space, &cursor, ipa_init(BIT(40)), ignore_leaf, NULL) ==
		PLINTH_EAGAIN) {
	}
	s2_space_fini(&space);
	return fixture.live == 0U ? 0 : -1;
}

static void map_page(unsigned count)
{
	const struct s2_leaf leaf = {
		.ipa = {GIB(1)}, .pa = {GIB(2)}, .level = S2_LEVEL_4K, .state = S2_PAGE_OWNED};

	assert_int_equal(s2_prepare(&space, leaf.ipa, leaf.level), PLINTH_OK);
	s2_map(&space, &leaf, count);
}

static void start_log(void)
{
	log_count = 0;
	fake_maintain_hook(on_maintenance, NULL);
}

static void check_log(const enum fake_op *ops, unsigned count)
{
	assert_int_equal(log_count, count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(log_op[i], ops[i]);
	}
}

static void test_no_vmid_no_invalidation(void **state)
{
	struct s2_leaf leaf;
	static const enum fake_op ops[] = {FAKE_DSB_ISHST};

	(void)state;
	map_page(1);
	start_log();
	assert_int_equal(s2_unmap(&space, ipa_init(GIB(1)), &leaf), PLINTH_OK);
	check_log(ops, 1);
}

static void test_unmap_is_break_before_make(void **state)
{
	struct s2_leaf leaf;
	static const enum fake_op ops[] = {FAKE_DSB_ISHST, FAKE_TLBI_IPAS2E1IS, FAKE_DSB_ISH,
		FAKE_TLBI_VMALLE1IS, FAKE_DSB_ISH};

	(void)state;
	map_page(1);
	write_vttbr_el2(s2_vmid_load(&space));
	start_log();
	assert_int_equal(s2_unmap(&space, ipa_init(GIB(1)), &leaf), PLINTH_OK);
	check_log(ops, 5);
}

/* From another VM's context: its VMID is in VTTBR_EL2 during the invalidation alone. */
static void test_other_vm_is_loaded(void **state)
{
	const uint64_t other = UINT64_C(0x55) << 48 | 0x1000U;
	struct s2_leaf leaf;
	static const enum fake_op ops[] = {FAKE_DSB_ISHST, FAKE_ISB, FAKE_TLBI_IPAS2E1IS,
		FAKE_DSB_ISH, FAKE_TLBI_VMALLE1IS, FAKE_DSB_ISH, FAKE_ISB};
	uint64_t own;

	(void)state;
	map_page(1);
	own = s2_vmid_load(&space);
	write_vttbr_el2(other);
	start_log();
	assert_int_equal(s2_unmap(&space, ipa_init(GIB(1)), &leaf), PLINTH_OK);
	check_log(ops, 7);
	assert_int_equal(log_vttbr[0], other);
	for (unsigned i = 1; i < 6U; i++) {
		assert_int_equal(log_vttbr[i], own);
	}
	assert_int_equal(read_vttbr_el2(), other);
}

#define MIDR_CORTEX_A57 UINT64_C(0x411fd071)
#define EPD_BOTH	(BIT(7) | BIT(23))

/* ERRATA_SPECULATIVE_AT: with another VM's VMID in VTTBR_EL2, no walk by this vCPU's registers. */
static void test_no_walks_while_another_vm_is_loaded(void **state)
{
	const uint64_t other = UINT64_C(0x55) << 48 | 0x1000U;
	struct s2_leaf leaf;
	uint64_t own;

	(void)state;
	map_page(1);
	own = s2_vmid_load(&space);
	be_cpu(MIDR_CORTEX_A57);
	write_vttbr_el2(other);
	write_tcr_el1(0x19);
	write_sctlr_el1(0x30);
	start_log();
	assert_int_equal(s2_unmap(&space, ipa_init(GIB(1)), &leaf), PLINTH_OK);
	for (unsigned i = 0; i < log_count; i++) {
		assert_true(log_vttbr[i] != own || (log_tcr[i] & EPD_BOTH) == EPD_BOTH);
	}
	assert_int_equal(log_op[1], FAKE_ISB); /* walks are off before VTTBR_EL2 changes */
	assert_int_equal(log_vttbr[1], other);
	assert_int_equal(log_tcr[1] & EPD_BOTH, EPD_BOTH);
	assert_int_equal(read_vttbr_el2(), other);
	assert_int_equal(read_tcr_el1(), 0x19);
	assert_int_equal(read_sctlr_el1(), 0x30);

	/* Its own VM's: nothing to guard. */
	map_page(1);
	write_vttbr_el2(own);
	start_log();
	assert_int_equal(s2_unmap(&space, ipa_init(GIB(1)), &leaf), PLINTH_OK);
	assert_int_equal(log_count, 5);
	assert_int_equal(log_tcr[1], 0x19);
}

static void test_repeated(void **state)
{
	struct s2_leaf leaf;
	static const enum fake_op ops[] = {FAKE_DSB_ISHST, FAKE_TLBI_IPAS2E1IS, FAKE_DSB_ISH,
		FAKE_TLBI_IPAS2E1IS, FAKE_DSB_ISH, FAKE_TLBI_VMALLE1IS, FAKE_DSB_ISH,
		FAKE_TLBI_VMALLE1IS, FAKE_DSB_ISH};

	(void)state;
	map_page(1);
	write_vttbr_el2(s2_vmid_load(&space));
	be_cpu(MIDR_NEOVERSE_N1);
	start_log();
	assert_int_equal(s2_unmap(&space, ipa_init(GIB(1)), &leaf), PLINTH_OK);
	check_log(ops, 9);
}

/* A permission needs no break; a software bit needs nothing, nor does an access flag that is set,
 * but that it is seen: no TLB holds an entry without. */
static void test_protect(void **state)
{
	static const enum fake_op ops[] = {FAKE_DSB_ISHST, FAKE_TLBI_VMALLS12E1IS, FAKE_DSB_ISH};
	struct s2_leaf leaf;

	(void)state;
	map_page(2);
	write_vttbr_el2(s2_vmid_load(&space));
	assert_int_equal(s2_lookup(&space, ipa_init(GIB(1)), &leaf), PLINTH_OK);
	start_log();
	s2_protect(&space, &leaf, 2, S2_ATTR_WRITTEN, 0);
	check_log(ops, 0);
	s2_protect(&space, &leaf, 2, S2_ATTR_EXEC, 0);
	check_log(ops, 3);
	start_log();
	s2_protect(&space, &leaf, 2, S2_ATTR_UNTOUCHED, 0);
	check_log(ops, 3);
	start_log();
	s2_protect(&space, &leaf, 2, 0, S2_ATTR_UNTOUCHED | S2_ATTR_EXEC);
	check_log(ops, 1);
}

/* The same as s2_protect() of pages that were shown, whatever the machine makes of a TLBI. */
static void test_let_fetch(void **state)
{
	static const enum fake_op once[] = {FAKE_DSB_ISHST, FAKE_TLBI_VMALLS12E1IS, FAKE_DSB_ISH};
	static const enum fake_op twice[] = {FAKE_DSB_ISHST, FAKE_TLBI_VMALLS12E1IS, FAKE_DSB_ISH,
		FAKE_TLBI_VMALLS12E1IS, FAKE_DSB_ISH};
	struct s2_leaf leaf;
	uint64_t protected[S2_FOUR];

	(void)state;
	map_page(S2_FOUR);
	write_vttbr_el2(s2_vmid_load(&space));
	assert_int_equal(s2_lookup(&space, ipa_init(GIB(1)), &leaf), PLINTH_OK);
	s2_protect(&space, &leaf, S2_FOUR, S2_ATTR_EXEC, 0);
	memcpy(protected, leaf.entry, sizeof(protected));
	s2_protect(&space, &leaf, S2_FOUR, S2_ATTR_WRITTEN, S2_ATTR_EXEC);
	start_log();
	s2_let_fetch(&space, leaf.entry);
	check_log(once, 3);
	assert_memory_equal(leaf.entry, protected, sizeof(protected));
	be_cpu(MIDR_NEOVERSE_N1);
	start_log();
	s2_let_fetch(&space, leaf.entry);
	check_log(twice, 5);
}

/* Nothing but a barrier, and those alone that are like the one. */
static void test_open_like(void **state)
{
	static const enum fake_op ops[] = {FAKE_DSB_ISHST};
	struct s2_leaf leaf;

	(void)state;
	map_page(9);
	write_vttbr_el2(s2_vmid_load(&space));
	assert_int_equal(s2_lookup(&space, ipa_init(GIB(1)), &leaf), PLINTH_OK);
	s2_protect(&space, &leaf, 9, S2_ATTR_UNTOUCHED, 0);
	assert_int_equal(s2_lookup(&space, ipa_init(GIB(1) + 6U * PAGE_SIZE), &leaf), PLINTH_OK);
	s2_protect(&space, &leaf, 1, S2_ATTR_WRITTEN, 0);
	start_log();
	s2_open_like(leaf.entry + 1);
	check_log(ops, 1);
	for (unsigned i = 0; i < 10U; i++) {
		assert_int_equal(
			s2_lookup(&space, ipa_init(GIB(1) + i * PAGE_SIZE), &leaf), PLINTH_OK);
		assert_int_equal(leaf.valid, i < 9U);
		assert_int_equal(leaf.valid ? leaf.attrs : 0U,
			i == 6U ? S2_ATTR_UNTOUCHED | S2_ATTR_WRITTEN : 0U);
		assert_int_equal(leaf.valid ? leaf.pa.v : 0U, i < 9U ? GIB(2) + i * PAGE_SIZE : 0U);
	}
}

/* A split breaks the block before the table is there; what is in the table is stored before. */
static void test_split(void **state)
{
	const struct s2_leaf block = {
		.ipa = {GIB(1)}, .pa = {GIB(2)}, .level = S2_LEVEL_2M, .state = S2_PAGE_OWNED};
	static const enum fake_op ops[] = {FAKE_DSB_ISHST, FAKE_TLBI_IPAS2E1IS, FAKE_DSB_ISH,
		FAKE_TLBI_VMALLE1IS, FAKE_DSB_ISH, FAKE_DSB_ISHST};

	(void)state;
	assert_int_equal(s2_prepare(&space, block.ipa, block.level), PLINTH_OK);
	s2_map(&space, &block, 1);
	write_vttbr_el2(s2_vmid_load(&space));
	assert_int_equal(s2_prepare(&space, block.ipa, S2_LEVEL_4K), PLINTH_OK);
	start_log();
	s2_split(&space, block.ipa, S2_LEVEL_4K);
	check_log(ops, 6);
}

/* One barrier before the entries, whatever they lead to: tables' zeroes and memory; one behind. */
static void test_map_publishes_twice(void **state)
{
	static const enum fake_op ops[] = {FAKE_DSB_ISHST, FAKE_DSB_ISHST};

	(void)state;
	for (unsigned i = 0; i < 2U; i++) { /* with tables to make, and without */
		const struct s2_leaf leaf = {.ipa = {GIB(1) + i * PAGE_SIZE},
			.pa = {GIB(2)},
			.level = S2_LEVEL_4K,
			.state = S2_PAGE_OWNED};

		assert_int_equal(s2_prepare(&space, leaf.ipa, leaf.level), PLINTH_OK);
		start_log();
		s2_map(&space, &leaf, 1);
		check_log(ops, 2);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_no_vmid_no_invalidation),
		TEST(test_unmap_is_break_before_make),
		TEST(test_other_vm_is_loaded),
		TEST(test_no_walks_while_another_vm_is_loaded),
		TEST(test_repeated),
		TEST(test_protect),
		TEST(test_let_fetch),
		TEST(test_open_like),
		TEST(test_split),
		TEST(test_map_publishes_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
