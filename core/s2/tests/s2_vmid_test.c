/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "fake/maintenance.h"
#include "fake/tlb_model.h"
#include "s2_fixture.h"

#define SPACES 600U

static struct s2_fixture fixture;
static struct s2_space space[SPACES];
static struct fake_tlb tlb;
static unsigned ops[FAKE_OP_COUNT];

static void on_maintenance(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	ops[op]++;
	fake_tlb_op(&tlb, op, address);
}

static void start(unsigned vmid_bits, unsigned spaces)
{
	fixture_init(&fixture, vmid_bits);
	fake_tlb_init(&tlb, 40);
	memset(ops, 0, sizeof(ops));
	for (unsigned i = 0; i < spaces; i++) {
		const struct s2_leaf leaf = {.ipa = {GIB(1)},
			.pa = {GIB(8) + i * PAGE_SIZE},
			.level = S2_LEVEL_4K,
			.state = S2_PAGE_OWNED};

		assert_int_equal(s2_space_init(&space[i], &fixture_ops, &fixture), PLINTH_OK);
		assert_int_equal(s2_prepare(&space[i], leaf.ipa, leaf.level), PLINTH_OK);
		s2_map(&space[i], &leaf, 1);
	}
	fake_maintain_hook(on_maintenance, NULL);
}

static void ignore_leaf(void *ctx, const struct s2_leaf *leaf)
{
	(void)ctx;
	(void)leaf;
}

static void stop(unsigned spaces)
{
	fake_maintain_hook(NULL, NULL);
	for (unsigned i = 0; i < spaces; i++) {
		ipa_t cursor = ipa_init(0);

		while (s2_clear_step(&space[i], &cursor, ipa_init(BIT(40)), ignore_leaf, NULL) ==
			PLINTH_EAGAIN) {
		}
		s2_space_fini(&space[i]);
	}
	assert_int_equal(fixture.live, 0);
}

static uint64_t vmid_of(uint64_t vttbr)
{
	return vttbr >> 48;
}

/* Space i runs on a CPU and reads its page: it must be its own. */
static void run(unsigned i, cpu_id_t cpu)
{
	uint64_t pa;
	uint64_t vttbr;

	fixture_on_cpu(&fixture, cpu);
	tlb.cpu = cpu % FAKE_TLB_CPUS;
	vttbr = s2_vmid_load(&space[i]);
	write_vttbr_el2(vttbr);
	assert_int_equal(vttbr & UINT64_C(0xffffffffffff), space[i].root.v);
	assert_int_not_equal(vmid_of(vttbr), 0);
	assert_int_equal(fake_tlb_access(&tlb, vttbr, 0, GIB(1), FAKE_LOAD, &pa), FAKE_WALK_OK);
	assert_int_equal(pa, GIB(8) + i * PAGE_SIZE);
}

static void test_more_vms_than_vmids(void **state)
{
	(void)state;
	start(8, SPACES);
	for (unsigned round = 0; round < 3U; round++) {
		for (unsigned i = 0; i < SPACES; i++) {
			run(i, i % 2U);
			assert_true(vmid_of(read_vttbr_el2()) < 256U);
		}
	}
	assert_true(ops[FAKE_TLBI_ALLE1IS] >= 1800U / 256U);
	assert_true(ops[FAKE_TLBI_ALLE1IS] <= 1800U / 250U + 1U);
	stop(SPACES);
}

/* The model notices a rollover that leaves the TLBs alone. */
static void nothing(void)
{
}

static void test_rollover_needs_its_invalidation(void **state)
{
	struct s2_tlb_ops broken = s2_tlb_arch;
	unsigned wrong = 0;

	(void)state;
	broken.alle1is = nothing;
	start(8, SPACES);
	s2_set_tlb_ops(&broken);
	for (unsigned i = 0; i < SPACES; i++) {
		uint64_t pa = 0;
		uint64_t vttbr = s2_vmid_load(&space[i]);

		(void)fake_tlb_access(&tlb, vttbr, 0, GIB(1), FAKE_LOAD, &pa);
		(void)fake_tlb_access(&tlb, vttbr, 0, GIB(1), FAKE_LOAD, &pa);
		wrong += pa != GIB(8) + i * PAGE_SIZE ? 1U : 0U;
		if (i == 0U) { /* an entry of space 0 that stays: what space 255's VMID will find */
			memset(tlb.next, 0, sizeof(tlb.next));
		}
		tlb.next[0] = 4; /* and is not pushed out by later ones */
	}
	s2_set_tlb_ops(NULL);
	assert_true(wrong != 0U);
	stop(SPACES);
}

/* A VMID that another CPU has loaded outlives the rollovers, and nobody else gets it. */
static void test_vmids_in_use_are_kept(void **state)
{
	uint64_t kept;

	(void)state;
	start(8, SPACES);
	run(0, 1);
	kept = vmid_of(read_vttbr_el2());
	for (unsigned round = 0; round < 2U; round++) {
		for (unsigned i = 1; i < SPACES; i++) {
			run(i, 0);
			assert_int_not_equal(vmid_of(read_vttbr_el2()), kept);
		}
	}
	run(0, 2); /* on a second CPU, while the first still runs it */
	assert_int_equal(vmid_of(read_vttbr_el2()), kept);
	stop(SPACES);
}

static void test_16_bits_do_not_roll_over(void **state)
{
	(void)state;
	start(16, SPACES);
	for (unsigned i = 0; i < SPACES; i++) {
		run(i, 0);
		assert_int_equal(vmid_of(read_vttbr_el2()), i + 1U);
	}
	run(0, 0);
	assert_int_equal(vmid_of(read_vttbr_el2()), 1);
	assert_int_equal(ops[FAKE_TLBI_ALLE1IS], 0);
	stop(SPACES);
}

/* Two vCPUs of one VM on one CPU: the second must not use what the first one's stage 1 left. */
static void test_another_vcpu_on_this_cpu(void **state)
{
	uint64_t vttbr;
	uint64_t pa;

	(void)state;
	start(8, 1);
	vttbr = s2_vmid_load(&space[0]);
	write_vttbr_el2(vttbr);
	for (unsigned n = 0; n < 6U; n++) {
		vcpu_id_t vcpu = n / 2U % 2U;

		assert_int_equal(s2_enter_vcpu(&space[0], 0, vcpu), n % 2U == 0U);
		assert_int_equal(
			fake_tlb_access(&tlb, vttbr, vcpu, GIB(1), FAKE_LOAD, &pa), FAKE_WALK_OK);
	}
	assert_int_equal(tlb.foreign, 0);
	assert_int_equal(ops[FAKE_TLBI_VMALLE1], 3);
	assert_int_equal(ops[FAKE_IC_IALLU], 3);
	assert_int_equal(fake_tlb_access(&tlb, vttbr, 7, GIB(1), FAKE_LOAD, &pa), FAKE_WALK_OK);
	assert_int_equal(tlb.foreign, 1); /* without the call, the model sees it */
	s2_reset_vcpu(&space[0], 1);	  /* another's start */
	assert_false(s2_enter_vcpu(&space[0], 0, 0));
	s2_reset_vcpu(&space[0], 0); /* what it left of its former life goes, too */
	assert_true(s2_enter_vcpu(&space[0], 0, 0));
	stop(1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_more_vms_than_vmids),
		cmocka_unit_test(test_rollover_needs_its_invalidation),
		cmocka_unit_test(test_vmids_in_use_are_kept),
		cmocka_unit_test(test_16_bits_do_not_roll_over),
		cmocka_unit_test(test_another_vcpu_on_this_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
