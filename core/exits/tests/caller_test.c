/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers of calls whose translation needs tables that stage 2 does not show: a guest's stage 1 in
 * its memory, and an AT that walks it as the CPU does, stage 2 of each table page included.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/uefi_rt.h"
#include "backdoor/backdoor.h"
#include "base/bits.h"
#include "exits_rig.h"
#include "fake/at.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

/* mrs xzr, MDCCSR_EL0 */
#define CALL	 (((uint64_t)EC_SYSREG << ESR_EC_SHIFT) | ESR_IL | 0x20c3e3U)
#define HVC(imm) (((uint64_t)EC_HVC64 << ESR_EC_SHIFT) | ESR_IL | (imm))

#define TABLE_PAGES  (VM_RAM_BASE + MIB(2))
#define TABLES	     3U
#define TABLE(n)     (TABLE_PAGES + (n)*KIB(64))
#define VA	     UINT64_C(0x1234567000) /* of a page */
#define BUFFER	     (VM_RAM_BASE + KIB(32))
#define VA_BITS	     39U
#define TCR_T0SZ     (64U - VA_BITS)
#define TCR_HA	     BIT(39)
#define INDEX(level) ((VA >> (39U - 9U * (level)) & 0x1ffU) * 8U)

#define DESC_TABLE UINT64_C(3)
#define DESC_PAGE  UINT64_C(0x743)
#define DESC_AF	   BIT(10)
#define PA_MASK	   UINT64_C(0x0000fffffffff000)

#define PAR_STAGE2  UINT64_C(0xb0b) /* F, S, translation fault of level 1 */
#define PAR_LEVEL3  UINT64_C(0x80f) /* F, translation fault of level 3 */
#define FSC_LEVEL3  0x7U
#define SET_SUCCESS (UINT64_C(1) << 16)

static struct {
	bool sets_flags; /* the walk writes the last descriptor */
	bool aborts;
	bool stops; /* at stage 2, whatever is there */
	unsigned asked;
} at;

/* The CPU's walk reads, or writes, this page: does stage 2 let it? */
static bool is_shown(uint64_t ipa, bool write)
{
	struct s2_leaf leaf;

	return s2_lookup(&rig.vm->gmem.space, ipa_init(ipa), &leaf) == PLINTH_OK && leaf.valid &&
	       (leaf.attrs & S2_ATTR_UNTOUCHED) == 0U &&
	       (!write || (leaf.attrs & S2_ATTR_WRITE) != 0U);
}

static bool walk(void *ctx, unsigned el, bool write, uint64_t gva, uint64_t *par)
{
	uint64_t table = fake_sysregs.ttbr0_el1;
	uint64_t descriptor = 0;

	(void)ctx;
	(void)el;
	(void)write;
	at.asked++;
	*par = PAR_STAGE2;
	if (at.aborts) {
		return false;
	}
	for (unsigned level = 1; level <= 3U; level++) {
		bool sets = level == 3U && at.sets_flags;

		if (at.stops || !is_shown(table, sets)) {
			return true;
		}
		assert_int_equal(
			gmem_read(&rig.vm->gmem,
				ipa_init(table + (gva >> (39U - 9U * level) & 0x1ffU) * 8U),
				&descriptor, sizeof(descriptor)),
			PLINTH_OK);
		if ((descriptor & 1U) == 0U) {
			*par = PAR_LEVEL3;
			return true;
		}
		table = descriptor & PA_MASK;
	}
	*par = table | UINT64_C(0xff00000000000b80);
	return true;
}

static void put_descriptor(uint64_t ipa, uint64_t value)
{
	assert_int_equal(
		gmem_write(&rig.vm->gmem, ipa_init(ipa), &value, sizeof(value)), PLINTH_OK);
}

static void caches_on(void)
{
	ipa_t cursor = ipa_init(VM_RAM_BASE);

	while (gmem_caches_on(&rig.vm->gmem, &cursor) == PLINTH_EAGAIN) {
	}
}

static void map_buffer(void)
{
	caches_on();
	put_descriptor(TABLE(0) + INDEX(1), TABLE(1) | DESC_TABLE);
	put_descriptor(TABLE(1) + INDEX(2), TABLE(2) | DESC_TABLE);
	put_descriptor(TABLE(2) + INDEX(3), BUFFER | DESC_PAGE);
	fake_sysregs.ttbr0_el1 = TABLE(0);
	fake_sysregs.tcr_el1 = TCR_T0SZ;
	fake_sysregs.sctlr_el1 = 1;
}

/* vCPU 1 begins to start: stage 2 hides what it is to find at PoC, which is what was written with
 * the caches on. */
static void hide(void)
{
	struct gmem *gmem = &rig.vm->gmem;

	while (gmem_caches_off(gmem) == PLINTH_EAGAIN) {
	}
	for (unsigned i = 0; i < TABLES; i++) {
		assert_false(is_shown(TABLE(i), false));
	}
}

static void start(uint32_t flags)
{
	memset(&at, 0, sizeof(at));
	rig_start(flags);
	fake_at_hook(walk, NULL);
	map_buffer();
}

static int stop(void **state)
{
	fake_sysregs.tcr_el1 = 0;
	fake_sysregs.ttbr0_el1 = 0;
	fake_sysregs.sctlr_el1 = 0;
	return rig_teardown(state);
}

static void call(void)
{
	rig_put_instruction(0);
	at.asked = 0;
	assert_int_equal(exits_sysreg(rig.vcpu, CALL), OUTCOME_RESUME);
}

/* Nothing of the call has been done. */
static void check_undone(void)
{
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	assert_int_equal(fake_sysregs.esr_el1, 0);
	assert_int_equal(fake_sysregs.par_el1, 0x1234);
}

static unsigned shown_tables(bool write)
{
	unsigned count = 0;

	for (unsigned i = 0; i < TABLES; i++) {
		count += is_shown(TABLE(i), write) ? 1U : 0U;
	}
	return count;
}

/* The call is made until all `tables` are there, and each exit brings one. */
static void call_until_shown(unsigned tables, bool write)
{
	for (unsigned i = shown_tables(write); i < tables; i++) {
		call();
		check_undone();
		assert_int_equal(shown_tables(write), i + 1U);
	}
}

/* A channel that waits for 8 bytes, and the registers of REP OUTSB from VA. */
static void prepare_out(void)
{
	uint64_t *x = rig.vcpu->ctx.x;

	for (unsigned step = 0; step < 2U; step++) {
		x[0] = BACKDOOR_MAGIC;
		x[1] = step == 0U ? 0x49435052U : 8U; /* OPEN "RPCI", SENDSIZE */
		x[2] = step << 16 | 30U;
		x[3] = BACKDOOR_PORT;
		x[7] = UINT64_C(0x860000000e);
		call();
	}
	x[1] = 0x10000;
	x[2] = 8;
	x[3] = BACKDOOR_HB_PORT;
	x[4] = VA;
	x[5] = 0;
	x[6] = 0;
	x[7] = UINT64_C(0x8600000018);
}

static void hidden_tables_come_and_the_call_is_made_again(void **state)
{
	uint64_t before[31];

	(void)state;
	start(VM_FLAG_VMWARE);
	prepare_out();
	hide();
	memcpy(before, rig.vcpu->ctx.x, sizeof(before));
	call_until_shown(TABLES, false);
	assert_memory_equal(before, rig.vcpu->ctx.x, sizeof(before));
	call();
	rig_check_done();
	assert_int_equal(at.asked, 1);
	assert_int_equal(rig.vcpu->ctx.x[1], SET_SUCCESS);
}

static void by_hvc_too(void **state)
{
	(void)state;
	start(VM_FLAG_VMWARE);
	prepare_out();
	hide();
	rig_put_instruction(0);
	fake_sysregs.elr_el2 = RIG_CODE + 4U;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(BACKDOOR_HVC_IMM)), OUTCOME_RESUME);
	check_undone();
}

/* Two pages, whose last tables differ. */
static void one_table_an_exit(void **state)
{
	const uint64_t last = VA | UINT64_C(0x1ff000);

	(void)state;
	start(VM_FLAG_VMWARE);
	put_descriptor(TABLE(1) + INDEX(2) + 8U, TABLE(3) | DESC_TABLE);
	put_descriptor(TABLE(3), (BUFFER + PAGE_SIZE) | DESC_PAGE);
	put_descriptor(TABLE(2) + 0x1ffU * 8U, BUFFER | DESC_PAGE);
	prepare_out();
	rig.vcpu->ctx.x[4] = last + PAGE_SIZE - 4U;
	hide();
	call_until_shown(TABLES, false);
	assert_false(is_shown(TABLE(3), false));
	call();
	check_undone();
	assert_true(is_shown(TABLE(3), false));
	call();
	rig_check_done();
	assert_int_equal(rig.vcpu->ctx.x[1], SET_SUCCESS);
}

static void tables_that_lie_nowhere_are_the_guests_fault(void **state)
{
	(void)state;
	start(VM_FLAG_VMWARE);
	prepare_out();
	put_descriptor(TABLE(0) + INDEX(1), RIG_HOLE | DESC_TABLE);
	hide();
	call_until_shown(1, false);
	call();
	rig_check_injected(RIG_SAME(FSC_EXTERNAL_WALK));
	assert_int_equal(fake_sysregs.far_el1, VA);

	/* The way is there, but leads to nothing. */
	map_buffer();
	put_descriptor(TABLE(2) + INDEX(3), 0);
	hide();
	call_until_shown(TABLES, false);
	call();
	rig_check_injected(RIG_SAME(FSC_LEVEL3));
	/* What no bringing helps, or nobody can, is tried a few times at most. */
	at.stops = true;
	call();
	rig_check_injected(RIG_SAME(FSC_EXTERNAL_WALK));
	assert_int_equal(at.asked, 3);
	at.aborts = true;
	call();
	rig_check_injected(RIG_SAME(FSC_EXTERNAL_WALK));
	assert_int_equal(at.asked, 1);
}

/* The CPU sets access flags in a table that an image shows in place: the page becomes its own. */
static void tables_in_an_image(void **state)
{
	struct vm_image image = {.ipa = TABLE(2), .size = PAGE_SIZE, .kind = VM_IMAGE_COPY};
	pa_t page;

	(void)state;
	assert_int_equal(pmem_alloc(0, PMEM_CLEAN | PMEM_USER_CORE, &page), PLINTH_OK);
	((uint64_t *)pa_to_va(page))[INDEX(3) / sizeof(uint64_t)] = BUFFER | (DESC_PAGE & ~DESC_AF);
	image.source = page.v;
	memset(&at, 0, sizeof(at));
	rig_start_with(VM_FLAG_VMWARE, &image);
	fake_at_hook(walk, NULL);
	put_descriptor(TABLE(0) + INDEX(1), TABLE(1) | DESC_TABLE);
	put_descriptor(TABLE(1) + INDEX(2), TABLE(2) | DESC_TABLE);
	fake_sysregs.ttbr0_el1 = TABLE(0);
	fake_sysregs.tcr_el1 = TCR_T0SZ;
	fake_sysregs.sctlr_el1 = 1;
	at.sets_flags = true;
	prepare_out();
	call_until_shown(TABLES, false);
	call(); /* TCR_EL1 says that nobody sets them */
	rig_check_injected(RIG_SAME(FSC_EXTERNAL_WALK));
	assert_true(is_shown(TABLE(2), false));
	fake_sysregs.tcr_el1 |= TCR_HA;
	assert_int_equal(shown_tables(true), TABLES - 1U);
	call_until_shown(TABLES, true);
	call();
	rig_check_done();
	assert_int_equal(rig.vcpu->ctx.x[1], SET_SUCCESS);
	(void)stop(NULL);
	pmem_free(page, 0);
}

static void services_of_uefi_are_called_again(void **state)
{
	uint64_t *x;

	(void)state;
	start(VM_FLAG_UEFI | VM_FLAG_CONTROL);
	rig.vm->config.rights = VM_RIGHT_CONFIG;
	x = rig.vcpu->ctx.x;
	x[0] = VA + 16U;
	x[1] = 0;
	x[7] = UEFI_RT_MRS | UEFI_RT_GET_TIME;
	hide();
	call_until_shown(TABLES, false);
	assert_int_equal(x[0], VA + 16U);
	call();
	rig_check_done();
	assert_int_equal(x[0], UEFI_SUCCESS);

	x[0] = VA + 16U;
	map_buffer();
	hide();
	rig_put_instruction(0);
	for (unsigned i = 0; i <= TABLES; i++) {
		bool is_last = i == TABLES;

		fake_sysregs.elr_el2 = RIG_CODE + 4U; /* behind it */
		assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_GET_TIME)), OUTCOME_RESUME);
		assert_int_equal(x[0], is_last ? UEFI_SUCCESS : VA + 16U);
		assert_int_equal(fake_sysregs.elr_el2, RIG_CODE + (is_last ? 4U : 0U));
	}
	x[0] = VA + PAGE_SIZE; /* not mapped */
	call();
	rig_check_done();
	assert_int_equal(x[0], UEFI_INVALID_PARAMETER);
}

#define TEST(f) cmocka_unit_test_teardown(f, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(hidden_tables_come_and_the_call_is_made_again),
		TEST(by_hvc_too),
		TEST(one_table_an_exit),
		TEST(tables_that_lie_nowhere_are_the_guests_fault),
		cmocka_unit_test(tables_in_an_image),
		TEST(services_of_uefi_are_called_again),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
