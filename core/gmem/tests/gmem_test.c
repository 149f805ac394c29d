/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory by its faults and Plinth's own accesses: what is mapped, how, and at what price. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "fake/maintenance.h"
#include "gmem_rig.h"

static struct gmem *const gmem = &rig.gmem;

/* What the guest finds, wherever it comes from and however big the mapping is. */
static void test_content_is_what_the_images_say(void **state)
{
	static uint8_t buf[FIXTURE_RAM];

	(void)state;
	for (unsigned off = 0; off < 2U; off++) {
		for (uint64_t at = 0; at < FIXTURE_RAM; at += KIB(48)) {
			assert_int_equal(rig_fault(VM_RAM_BASE + at, GMEM_READ), GMEM_RESUME);
		}
		assert_int_equal(
			gmem_read(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
		assert_memory_equal(buf, rig.expected, sizeof(buf));
		fixture_reset(&rig);
		fixture_start(&rig);
		rig_caches_on();
	}
}

static void test_reset_starts_from_the_images_again(void **state)
{
	static uint8_t buf[FIXTURE_RAM];

	(void)state;
	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(gmem_write(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
	assert_int_equal(gmem->used, FIXTURE_RAM / PAGE_SIZE);
	fixture_reset(&rig);
	fixture_start(&rig);
	assert_int_equal(gmem_read(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
	assert_memory_equal(buf, rig.expected, sizeof(buf));
}

static void test_granules(void **state)
{
	(void)state;
	/* Caches off: 16 KiB. */
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.map_4k, 4);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 4);
	rig_caches_on();
	/* A table is there: 64 KiB, but not over what is mapped. */
	assert_int_equal(rig_fault(ZERO_BLOCK + KIB(64), GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.map_4k, 4U + 16U);
	assert_int_equal(rig_fault(ZERO_BLOCK + KIB(20), GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.map_4k, 4U + 16U + 4U);
	assert_int_equal(gmem->counters.map_2m, 0);
}

static void test_blocks(void **state)
{
	(void)state;
	rig.gmem.image_count = 0;
	rig_caches_on();
	assert_int_equal(rig_fault(VM_RAM_BASE + MIB(2) + 123U, GMEM_WRITE), GMEM_RESUME);
	rig_check_leaf(
		VM_RAM_BASE + MIB(2), S2_LEVEL_2M, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	/* A fetch maintains 16 KiB of it, and splits it for that. */
	assert_int_equal(rig_fault(VM_RAM_BASE + MIB(2) + KIB(20), GMEM_FETCH), GMEM_RESUME);
	rig_check_leaf(VM_RAM_BASE + MIB(2) + KIB(16), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC,
		S2_PAGE_OWNED);
	rig_check_leaf(VM_RAM_BASE + MIB(2) + KIB(32), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN,
		S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 4);
	/* Nobody could have fetched it before. */
	assert_int_equal(gmem->counters.coh.lines_invalidated, 0);
	assert_int_equal(gmem->counters.split, 1);
	assert_int_equal(gmem->used, 512);
}

static bool was_broken;

static void note_broken(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)op;
	(void)address;
	was_broken |= !rig_leaf_of(ZERO_BLOCK).valid;
}

static void test_write_takes_execute_permission(void **state)
{
	uint32_t word = 0xd503201f;
	uint32_t got = 0;

	(void)state;
	rig_caches_on();
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_FETCH), GMEM_RESUME);
	rig_check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC, S2_PAGE_OWNED);
	was_broken = false;
	fake_maintain_hook(note_broken, NULL);
	assert_int_equal(gmem_write(gmem, ipa_init(ZERO_BLOCK + 8U), &word, 4), PLINTH_OK);
	fake_maintain_hook(NULL, NULL);
	assert_true(was_broken); /* Cortex-A715 2645198 */
	rig_check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	rig_check_leaf(
		ZERO_BLOCK + PAGE_SIZE, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.revoked, 1);
	assert_int_equal(gmem->counters.coh.lines_invalidated, 64);
	assert_int_equal(gmem_read_u32(gmem, ipa_init(ZERO_BLOCK + 8U), &got), PLINTH_OK);
	assert_int_equal(got, word);
	assert_int_equal(gmem_read_u32(gmem, ipa_init(ZERO_BLOCK + 9U), &got), PLINTH_EINVAL);
}

/* A vCPU that is loaded here fetches. */
static bool fetch(uint64_t ipa)
{
	write_vttbr_el2(s2_vmid_load(&gmem->space));
	return gmem_fetch(gmem, ipa_init(ipa));
}

static void test_fetch(void **state)
{
	const uint32_t written = S2_ATTR_WRITE | S2_ATTR_WRITTEN;
	const uint32_t exec = S2_ATTR_WRITE | S2_ATTR_EXEC;

	(void)state;
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_READ), GMEM_RESUME); /* a table */
	rig_caches_on();
	assert_int_equal(rig_fault(ZERO_BLOCK + KIB(64), GMEM_READ), GMEM_RESUME);
	gmem->counters = (struct gmem_counters){0};
	assert_true(fetch(ZERO_BLOCK + KIB(64) + 0x3678U));
	for (uint64_t at = KIB(64); at < KIB(80); at += PAGE_SIZE) {
		rig_check_leaf(ZERO_BLOCK + at, S2_LEVEL_4K, exec, S2_PAGE_OWNED);
	}
	rig_check_leaf(ZERO_BLOCK + KIB(80), S2_LEVEL_4K, written, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.upgrade_exec, 1);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 4);
}

/* What takes more than that is left as it is. */
static void test_fetch_of_something_else(void **state)
{
	struct gmem_counters before;
	uint32_t word = 0;

	(void)state;
	rig.gmem.image_count = 0;
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_FETCH), GMEM_RESUME);
	rig_caches_on();
	assert_int_equal(rig_fault(VM_RAM_BASE, GMEM_READ), GMEM_RESUME);
	rig_check_leaf(VM_RAM_BASE, S2_LEVEL_2M, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	assert_int_equal(rig_fault(ZERO_BLOCK + KIB(64), GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(gmem_write(gmem, ipa_init(ZERO_BLOCK + KIB(64)), &word, 4), PLINTH_OK);
	before = gmem->counters;
	assert_false(fetch(VM_RAM_BASE - 1U));
	assert_false(fetch(VM_RAM_BASE + FIXTURE_RAM));
	assert_false(fetch(~UINT64_C(0)));
	assert_false(fetch(ZERO_BLOCK));	   /* executable */
	assert_false(fetch(ZERO_BLOCK + KIB(16))); /* not there */
	assert_false(fetch(VM_RAM_BASE));	   /* a block */
	assert_false(fetch(ZERO_BLOCK + KIB(64))); /* beside pages that are executable */
	assert_memory_equal(&gmem->counters, &before, sizeof(before));
}

static void test_fault_kinds(void **state)
{
	struct gmem_fault walk = {.ipa = {ZERO_BLOCK}, .access = GMEM_FETCH, .table_walk = true};

	(void)state;
	rig_caches_on();
	assert_int_equal(gmem_fault(gmem, &walk), GMEM_RESUME);
	rig_check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.fault_table_walk, 1);
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.raced, 1);
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(gmem->counters.upgrade_exec, 1);
	assert_int_equal(rig_fault(VM_RAM_BASE - 1U, GMEM_READ), GMEM_NOT_RAM);
	assert_int_equal(rig_fault(VM_RAM_BASE + FIXTURE_RAM, GMEM_FETCH), GMEM_NOT_RAM);
	assert_int_equal(rig_fault(BIT(40), GMEM_READ), GMEM_NOT_RAM);
	assert_int_equal(rig_fault(~UINT64_C(0), GMEM_READ), GMEM_NOT_RAM);
}

/* Another CPU is at a long step. A guest may be many CPUs, and each would wait for all before it
 * with interrupts masked: it comes again instead, and nothing has changed. */
static void test_a_guest_does_not_wait_long(void **state)
{
	ipa_t cursor = ipa_init(0);

	(void)state;
	rig_caches_on();
	arch_spin_lock(&gmem->lock.spin);
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_WRITE), GMEM_RESUME);
	assert_false(gmem_fetch(gmem, ipa_init(ZERO_BLOCK))); /* gmem_fault() is who waits */
	assert_int_equal(gmem_set_way(gmem, &cursor), PLINTH_EAGAIN);
	assert_int_equal(gmem_caches_on(gmem, &cursor), PLINTH_EAGAIN);
	assert_int_equal(gmem_caches_off(gmem), PLINTH_EAGAIN);
	arch_spin_unlock(&gmem->lock.spin);
	assert_int_equal(cursor.v, 0);
	assert_false(gmem->mmu_off);
	assert_false(rig_leaf_of(ZERO_BLOCK).valid);
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_WRITE), GMEM_RESUME);
	assert_true(rig_leaf_of(ZERO_BLOCK).valid);
}

static void test_access_outside(void **state)
{
	uint8_t buf[64] = {0};

	(void)state;
	assert_int_equal(gmem_read(gmem, ipa_init(VM_RAM_BASE - 8U), buf, 16), PLINTH_EFAULT);
	assert_int_equal(gmem_write(gmem, ipa_init(0), buf, 1), PLINTH_EFAULT);
	assert_int_equal(gmem_read(gmem, ipa_init(~UINT64_C(0) - 3U), buf, 16), PLINTH_EFAULT);
	memset(buf, 1, sizeof(buf));
	assert_int_equal(gmem_write(gmem, ipa_init(VM_RAM_BASE + FIXTURE_RAM - 32U), buf, 64),
		PLINTH_EFAULT);
	assert_int_equal(gmem_read(gmem, ipa_init(VM_RAM_BASE), buf, 0), PLINTH_OK);
	assert_true(gmem_is_memory(gmem, ipa_init(VM_RAM_BASE), FIXTURE_RAM));
	assert_false(gmem_is_memory(gmem, ipa_init(VM_RAM_BASE), FIXTURE_RAM + 1U));
}

static void test_device(void **state)
{
	const pa_t pa = pa_init(UINT64_C(0x8040000));
	uint64_t value;

	(void)state;
	assert_int_equal(gmem_map_device(gmem, ipa_init(0x8010000), pa, 2U * PAGE_SIZE), PLINTH_OK);
	rig_check_leaf(
		0x8011000, S2_LEVEL_4K, S2_ATTR_DEVICE | S2_ATTR_WRITE, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(rig_fault(VM_RAM_BASE, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(gmem_reset_step(gmem), PLINTH_EAGAIN); /* half a reset */
	fixture_reset(&rig);
	rig_check_leaf(
		0x8011000, S2_LEVEL_4K, S2_ATTR_DEVICE | S2_ATTR_WRITE, S2_PAGE_SHARED_BORROWER);
	fixture_start(&rig);
	assert_int_equal(rig_fault(0x8010000, GMEM_FETCH), GMEM_DENIED);
	assert_int_equal(rig_fault(0x8010000, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(gmem_read(gmem, ipa_init(0x8010000), &value, 8), PLINTH_EFAULT);
	assert_int_equal(gmem_map_device(gmem, ipa_init(0x8011000), pa, PAGE_SIZE), PLINTH_EEXIST);
	assert_int_equal(
		gmem_map_device(gmem, ipa_init(VM_RAM_BASE), pa, PAGE_SIZE), PLINTH_EEXIST);
	assert_int_equal(gmem_map_device(gmem, ipa_init(0x8012001), pa, PAGE_SIZE), PLINTH_EINVAL);
	assert_int_equal(gmem_map_device(gmem, ipa_init(0x8012000), pa, 0), PLINTH_EINVAL);
	assert_int_equal(gmem_map_device(gmem, ipa_init(BIT(40)), pa, PAGE_SIZE), PLINTH_ERANGE);
	/* A VM that is destroyed in the middle of a reset: teardown finds all of it. */
	assert_int_equal(rig_fault(VM_RAM_BASE, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(gmem_reset_step(gmem), PLINTH_EAGAIN);
}

/* A page of Plinth's own (the front of the arena stands in for it): read, and nothing else. */
static void test_readonly(void **state)
{
	const uint64_t at = UINT64_C(0x90a0000);
	const pa_t pa = pa_init((uint64_t)(uintptr_t)rig.arena);
	uint64_t before = gmem->counters.coh.pages_cleaned;
	uint8_t first = rig.arena[0];
	uint64_t value;

	(void)state;
	assert_int_equal(gmem_map_readonly(gmem, ipa_init(at), pa, 2U * PAGE_SIZE), PLINTH_OK);
	assert_int_equal(gmem->counters.coh.pages_cleaned - before, 2);
	rig_check_leaf(at + PAGE_SIZE, S2_LEVEL_4K, 0, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(rig_leaf_of(at).pa.v, pa.v);
	assert_int_equal(rig_fault(at, GMEM_READ), GMEM_RESUME);
	assert_int_equal(rig_fault(at, GMEM_WRITE), GMEM_DENIED);
	assert_int_equal(rig_fault(at, GMEM_FETCH), GMEM_DENIED);
	rig_check_leaf(at, S2_LEVEL_4K, 0, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(rig_leaf_of(at).pa.v, pa.v); /* no copy of its own either */
	assert_int_equal(gmem_write(gmem, ipa_init(at), &value, 8), PLINTH_EFAULT);
	assert_int_equal(gmem_relinquish(gmem, ipa_init(at), S2_LEVEL_4K), PLINTH_ERANGE);
	assert_int_equal(gmem_map_readonly(gmem, ipa_init(at), pa, PAGE_SIZE), PLINTH_EEXIST);
	assert_int_equal(
		gmem_map_readonly(gmem, ipa_init(VM_RAM_BASE), pa, PAGE_SIZE), PLINTH_EEXIST);
	assert_int_equal(gmem_map_readonly(gmem, ipa_init(at + 1U), pa, PAGE_SIZE), PLINTH_EINVAL);

	assert_int_equal(rig_fault(VM_RAM_BASE, GMEM_WRITE), GMEM_RESUME);
	fixture_reset(&rig);
	rig_check_leaf(at, S2_LEVEL_4K, 0, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(rig.arena[0], first);
	fixture_start(&rig);
	rig_caches_on();
	assert_int_equal(rig_fault(at, GMEM_WRITE), GMEM_DENIED);
}

static void test_eager(void **state)
{
	(void)state;
	gmem->eager = true;
	rig_caches_on();
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_READ), GMEM_RESUME);
	rig_check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC, S2_PAGE_OWNED);
}

static void test_init_refuses(void **state)
{
	static struct gmem other;
	static struct vm_config config;

	(void)state;
	config = rig.config;
	config.ram_size = MIB(64); /* more than there is */
	assert_int_equal(gmem_init(&other, &config), PLINTH_ENOMEM);
	config.ram_size = MIB(2) + PAGE_SIZE;
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
	config.ram_size = 0;
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
	config.ram_size = BIT(40);
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
	config.ram_size = MIB(2); /* the images lie outside */
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
	config.ram_size = MIB(4);
	config.images[2].size = GMEM_SECRET_SIZE + 1U;
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
	config.image_count = VM_IMAGE_MAX + 1U;
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
}

/* With n pages for an overcommitted VM: it gets NOMEM, loses nothing, and goes on when there is
 * memory again. */
static void test_memory_may_run_out_at_any_page(void **state)
{
	(void)state;
	while (gmem_fini_step(gmem) == PLINTH_EAGAIN) {
	}
	for (unsigned spare = 2; spare < 24U; spare++) {
		struct pmem_stats stats;
		uint8_t byte = 9;
		enum plinth_status status;

		pmem_get_stats(&stats);
		assert_int_equal(pmem_reserve(stats.free - stats.reserved - spare), PLINTH_OK);
		rig.config.flags = VM_FLAG_OVERCOMMIT;
		assert_int_equal(gmem_init(gmem, &rig.config), PLINTH_OK);
		fixture_start(&rig);
		rig_caches_on();
		(void)rig_fault(FIXTURE_IMAGE_0, GMEM_FETCH);
		(void)rig_fault(FIXTURE_IMAGE_0, GMEM_WRITE);
		(void)rig_fault(VM_RAM_BASE + MIB(2) + KIB(512), GMEM_WRITE);
		(void)rig_fault(FIXTURE_IMAGE_1, GMEM_WRITE);
		status = gmem_write(gmem, ipa_init(VM_RAM_BASE + MIB(2) + KIB(900)), &byte, 1);
		assert_true(status == PLINTH_OK || status == PLINTH_ENOMEM);
		if (spare == 3U) {
			assert_int_equal(status, PLINTH_ENOMEM);
			assert_int_equal(
				rig_fault(VM_RAM_BASE + MIB(3) + KIB(900), GMEM_READ), GMEM_NOMEM);
		}
		pmem_unreserve(stats.free - stats.reserved - spare);
		assert_int_equal(
			gmem_write(gmem, ipa_init(VM_RAM_BASE + MIB(2) + KIB(900)), &byte, 1),
			PLINTH_OK);
		while (gmem_fini_step(gmem) == PLINTH_EAGAIN) {
		}
		pmem_get_stats(&stats);
		assert_int_equal(stats.free, rig.free_before);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_content_is_what_the_images_say),
		TEST(test_reset_starts_from_the_images_again),
		TEST(test_granules),
		TEST(test_blocks),
		TEST(test_write_takes_execute_permission),
		TEST(test_fetch),
		TEST(test_fetch_of_something_else),
		TEST(test_fault_kinds),
		TEST(test_a_guest_does_not_wait_long),
		TEST(test_access_outside),
		TEST(test_device),
		TEST(test_readonly),
		TEST(test_eager),
		TEST(test_init_refuses),
		TEST(test_memory_may_run_out_at_any_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
