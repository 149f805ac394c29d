/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/bits.h"
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
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
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
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	/* Nobody could have fetched it before. */
	assert_int_equal(gmem->counters.coh.lines_invalidated, 0);
	assert_int_equal(gmem->counters.split, 1);
	assert_int_equal(gmem->used, 512);
}

static void test_image_in_place_is_copied_on_write(void **state)
{
	const uint64_t ipa = FIXTURE_IMAGE_0 + MIB(1);
	const uint8_t *source = rig.arena + KIB(64) + MIB(1);
	uint8_t before = source[0];
	uint8_t byte = (uint8_t)~before;

	(void)state;
	rig_caches_on();
	assert_int_equal(rig_fault(ipa, GMEM_READ), GMEM_RESUME);
	rig_check_leaf(ipa, S2_LEVEL_4K, S2_ATTR_WRITTEN, S2_PAGE_SHARED_BORROWER);
	assert_ptr_equal((void *)(uintptr_t)rig_leaf_of(ipa).pa.v, source);
	assert_int_equal(gmem->used, 0);
	assert_int_equal(rig_fault(ipa, GMEM_WRITE), GMEM_RESUME);
	rig_check_leaf(ipa, S2_LEVEL_4K, S2_ATTR_WRITE, S2_PAGE_OWNED);
	assert_int_equal(gmem->used, 16); /* 64 KiB around it */
	assert_int_equal(gmem->counters.upgrade_write, 1);
	assert_int_equal(gmem_write(gmem, ipa_init(ipa), &byte, 1), PLINTH_OK);
	rig_check_leaf(ipa, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	assert_int_equal(source[0], before);
	/* A page that was executed stays executable. */
	assert_int_equal(rig_fault(ipa + KIB(64), GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(rig_fault(ipa + KIB(64), GMEM_WRITE), GMEM_RESUME);
	rig_check_leaf(ipa + KIB(64), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC, S2_PAGE_OWNED);
}

/* One image, of 2 MiB, that can be shown in place. */
static void start_with_a_block(void)
{
	struct vm_config *config = &rig.config;

	while (gmem_fini_step(gmem) == PLINTH_EAGAIN) {
	}
	config->image_count = 1;
	config->images[0] = (struct vm_image){
		.ipa = VM_RAM_BASE,
		.size = BLOCK_2M,
		.source = (uint64_t)(uintptr_t)rig.arena,
		.kind = VM_IMAGE_COPY,
	};
	assert_int_equal(gmem_init(gmem, config), PLINTH_OK);
	fixture_start(&rig);
	rig_caches_on();
}

/* Plinth's own calls are short: what they write they bring or copy by the page. */
static void test_own_writes_bring_pages(void **state)
{
	const uint64_t ipa = VM_RAM_BASE + MIB(1) - 2U; /* the end of a page */
	const uint64_t zero = VM_RAM_BASE + MIB(2) + KIB(8);
	uint8_t buf[PAGE_SIZE];

	(void)state;
	start_with_a_block();
	assert_int_equal(rig_fault(ipa, GMEM_READ), GMEM_RESUME);
	rig_check_leaf(VM_RAM_BASE, S2_LEVEL_2M, S2_ATTR_WRITTEN, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(gmem_write(gmem, ipa_init(ipa), "abcd", 4), PLINTH_OK);
	assert_int_equal(gmem->used, 2);
	rig_check_leaf(ipa, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	rig_check_leaf(VM_RAM_BASE, S2_LEVEL_4K, S2_ATTR_WRITTEN, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(gmem_read(gmem, ipa_init(ipa - 2U), buf, 8), PLINTH_OK);
	assert_memory_equal(&buf[2], "abcd", 4);
	assert_memory_equal(buf, rig.arena + MIB(1) - 4U, 2);
	assert_memory_equal(&buf[6], rig.arena + MIB(1) + 2U, 2);
	assert_int_equal(gmem_write(gmem, ipa_init(zero), "x", 1), PLINTH_OK);
	assert_int_equal(gmem->used, 3);
	assert_int_equal(gmem_read(gmem, ipa_init(zero), buf, sizeof(buf)), PLINTH_OK);
	assert_int_equal(buf[0], 'x');
	assert_int_equal(buf[1] | buf[sizeof(buf) - 1U], 0);
	assert_int_equal(gmem_bring(gmem, ipa_init(VM_RAM_BASE), false), PLINTH_OK);
	assert_int_equal(gmem_bring(gmem, ipa_init(VM_RAM_BASE), true), PLINTH_EAGAIN);
	rig_check_leaf(VM_RAM_BASE, S2_LEVEL_4K, S2_ATTR_WRITE, S2_PAGE_OWNED);
}

/* And what they read they do not bring at all. */
static void test_own_reads_bring_nothing(void **state)
{
	static uint8_t buf[FIXTURE_RAM];

	(void)state;
	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(gmem_read(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
	assert_memory_equal(buf, rig.expected, sizeof(buf));
	assert_int_equal(gmem->used, 0);
	assert_int_equal(gmem->counters.map_4k + gmem->counters.map_2m, 0);
	/* Unless it is to be there, for the CPU. */
	assert_int_equal(gmem_bring(gmem, ipa_init(ZERO_BLOCK + 8U), false), PLINTH_EAGAIN);
	rig_check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE, S2_PAGE_OWNED);
	assert_int_equal(gmem->used, 1);
	assert_int_equal(gmem_bring(gmem, ipa_init(VM_RAM_BASE - 8U), false), PLINTH_EFAULT);
}

static void test_image_block_is_copied_whole(void **state)
{
	(void)state;
	start_with_a_block();
	assert_int_equal(rig_fault(VM_RAM_BASE + MIB(1), GMEM_READ), GMEM_RESUME);
	rig_check_leaf(VM_RAM_BASE, S2_LEVEL_2M, S2_ATTR_WRITTEN, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 0);
	assert_int_equal(rig_fault(VM_RAM_BASE + MIB(1), GMEM_WRITE), GMEM_RESUME);
	rig_check_leaf(VM_RAM_BASE, S2_LEVEL_2M, S2_ATTR_WRITE, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 512);
	assert_int_equal(gmem->used, 512);
	assert_memory_equal((void *)(uintptr_t)rig_leaf_of(VM_RAM_BASE).pa.v, rig.arena, BLOCK_2M);
	assert_int_equal(gmem->counters.split, 0);
}

static void prepare(void)
{
	ipa_t cursor = ipa_init(0);

	while (gmem_prepare_step(gmem, &cursor) == PLINTH_EAGAIN) {
	}
}

/* A kernel: copied before it starts, shown when it is touched. */
static void test_image_is_prepared(void **state)
{
	static uint8_t buf[FIXTURE_RAM];

	(void)state;
	gmem->image[0].flags = VM_IMAGE_FLAG_WRITTEN;
	prepare();
	assert_int_equal(gmem->used, 2U * 512U); /* the blocks that it lies in */
	rig_check_leaf(FIXTURE_IMAGE_0, S2_LEVEL_2M,
		S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED, S2_PAGE_OWNED);
	/* Caches off: 16 KiB at PoC. */
	assert_int_equal(rig_fault(FIXTURE_IMAGE_0 + KIB(20), GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	rig_check_leaf(FIXTURE_IMAGE_0 + KIB(20), S2_LEVEL_4K, S2_ATTR_WRITE, S2_PAGE_OWNED);
	assert_int_equal(rig_leaf_of(FIXTURE_IMAGE_0 + KIB(32)).attrs & S2_ATTR_UNTOUCHED,
		S2_ATTR_UNTOUCHED);
	/* And so at PoU: nothing is left to do for a fetch. */
	assert_int_equal(rig_fault(FIXTURE_IMAGE_0 + KIB(20), GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	rig_caches_on();
	/* Then 64 KiB, or a block that is whole still, and nothing to maintain before a fetch. */
	gmem->counters.coh.lines_cleaned = 0;
	assert_int_equal(rig_fault(FIXTURE_IMAGE_0 + KIB(70), GMEM_WRITE), GMEM_RESUME);
	rig_check_leaf(FIXTURE_IMAGE_0 + KIB(64), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN,
		S2_PAGE_OWNED);
	assert_int_equal(rig_fault(VM_RAM_BASE + MIB(2), GMEM_WRITE), GMEM_RESUME);
	rig_check_leaf(
		VM_RAM_BASE + MIB(2), S2_LEVEL_2M, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 0);
	assert_int_equal(rig_fault(FIXTURE_IMAGE_0 + KIB(130), GMEM_FETCH), GMEM_RESUME);
	rig_check_leaf(FIXTURE_IMAGE_0 + KIB(130), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC,
		S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	assert_int_equal(gmem->counters.upgrade_write, 0);
	/* Again after a reset, and Plinth finds in it what the images say. */
	fixture_reset(&rig);
	assert_int_equal(gmem->used, 0);
	fixture_start(&rig);
	prepare();
	rig_caches_on();
	assert_int_equal(gmem_read(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
	assert_memory_equal(buf, rig.expected, sizeof(buf));
}

/* What vCPUs that start later find past the caches: what the loader wrote, and zeroes, are at PoC
 * when they read or fetch it, although the first vCPU needed it in its caches alone. */
static void test_image_for_a_later_vcpu(void **state)
{
	struct vm_config *config = &rig.config;
	const uint64_t code = FIXTURE_IMAGE_0 + KIB(16);
	const uint64_t data = FIXTURE_IMAGE_0 + KIB(64);
	const uint64_t zeroes = VM_RAM_BASE + MIB(3) + KIB(256);

	(void)state;
	while (gmem_fini_step(gmem) == PLINTH_EAGAIN) {
	}
	config->vcpu_count = 2;
	assert_int_equal(gmem_init(gmem, config), PLINTH_OK);
	fixture_start(&rig);
	rig_caches_on();
	assert_int_equal(rig_fault(code, GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(rig_fault(data, GMEM_READ), GMEM_RESUME);
	assert_int_equal(rig_leaf_of(data).attrs, S2_ATTR_WRITTEN);
	assert_int_equal(rig_fault(zeroes, GMEM_READ), GMEM_RESUME);
	(void)rig_caches_off();
	rig_check_leaf(code, S2_LEVEL_4K, S2_ATTR_EXEC, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(rig_leaf_of(data).attrs, S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED);
	gmem->counters.coh.lines_cleaned = 0;
	assert_int_equal(rig_fault(data, GMEM_READ), GMEM_RESUME);
	assert_int_equal(rig_leaf_of(data).attrs, 0);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	assert_int_equal(
		rig_leaf_of(zeroes).attrs, S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED);
	assert_int_equal(rig_fault(zeroes, GMEM_READ), GMEM_RESUME);
	assert_int_equal(rig_leaf_of(zeroes).attrs, S2_ATTR_WRITE);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 8U * 64U);
	/* What it leaves alone is shown again for nothing. */
	rig_caches_on();
	gmem->counters.coh.lines_cleaned = 0;
	assert_int_equal(rig_fault(data + KIB(128), GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 0);
}

static void test_write_takes_execute_permission(void **state)
{
	uint32_t word = 0xd503201f;
	uint32_t got = 0;

	(void)state;
	rig_caches_on();
	assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_FETCH), GMEM_RESUME);
	rig_check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC, S2_PAGE_OWNED);
	assert_int_equal(gmem_write(gmem, ipa_init(ZERO_BLOCK + 8U), &word, 4), PLINTH_OK);
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
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
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
	assert_true(gmem_fetch(gmem, ipa_init(ZERO_BLOCK)));
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
	uint64_t lines = gmem->counters.coh.lines_cleaned;
	uint8_t first = rig.arena[0];
	uint64_t value;

	(void)state;
	assert_int_equal(gmem_map_readonly(gmem, ipa_init(at), pa, 2U * PAGE_SIZE), PLINTH_OK);
	assert_int_equal(gmem->counters.coh.lines_cleaned - lines, 2U * PAGE_SIZE / 64U);
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

static void test_set_way_is_bounded(void **state)
{
	ipa_t cursor = ipa_init(0);
	unsigned steps = 1;
	uint8_t byte = 1;

	(void)state;
	rig_caches_on();
	for (uint64_t at = 0; at < FIXTURE_RAM; at += PAGE_SIZE) {
		assert_int_equal(gmem_write(gmem, ipa_init(VM_RAM_BASE + at), &byte, 1), PLINTH_OK);
	}
	gmem->counters.coh.lines_cleaned = 0;
	while (gmem_set_way(gmem, &cursor) == PLINTH_EAGAIN) {
		steps++;
	}
	assert_in_range(steps, 8, 10);
	assert_int_equal(gmem->counters.coh.lines_cleaned, FIXTURE_RAM / 64U);
}

/* Many small pieces touched with caches off: all are maintained when they come on. */
static void test_caches_on_after_many_pieces(void **state)
{
	ipa_t cursor = ipa_init(0);
	uint64_t cleaned;

	(void)state;
	for (uint64_t at = 0; at < FIXTURE_RAM; at += KIB(16)) {
		assert_int_equal(rig_fault(VM_RAM_BASE + at, GMEM_READ), GMEM_RESUME);
	}
	cleaned = gmem->counters.coh.lines_cleaned;
	while (gmem_caches_on(gmem, &cursor) == PLINTH_EAGAIN) {
	}
	assert_false(gmem->mmu_off);
	assert_true(gmem->counters.coh.lines_cleaned - cleaned >=
		    gmem->counters.map_4k * (PAGE_SIZE / 64U));
	(void)rig_caches_off();
	assert_true(gmem->mmu_off);
	cursor = ipa_init(0);
	cleaned = gmem->counters.coh.lines_cleaned;
	assert_int_equal(gmem_caches_on(gmem, &cursor), PLINTH_OK);
	assert_int_equal(gmem->counters.coh.lines_cleaned, cleaned); /* nothing new was mapped */
}

/* However a guest has cut its memory up, a step is short. */
static void test_caches_off_is_bounded(void **state)
{
	(void)state;
	rig_caches_on();
	for (uint64_t at = 0; at < MIB(1); at += PAGE_SIZE) {
		assert_int_equal(rig_fault(VM_RAM_BASE + MIB(3) + at, GMEM_READ), GMEM_RESUME);
	}
	for (uint64_t at = 0; at < MIB(1); at += 2U * PAGE_SIZE) {
		assert_int_equal(
			gmem_relinquish(gmem, ipa_init(VM_RAM_BASE + MIB(3) + at), S2_LEVEL_4K),
			PLINTH_OK);
	}
	assert_in_range(
		rig_caches_off(), 3, 4); /* 128 runs, and 1,026 entries before and between */
	assert_int_equal(gmem_caches_off(gmem), PLINTH_OK);
	rig_check_leaf(VM_RAM_BASE + MIB(4) - PAGE_SIZE, S2_LEVEL_4K,
		S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED, S2_PAGE_OWNED);
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
		TEST(test_image_in_place_is_copied_on_write),
		TEST(test_own_writes_bring_pages),
		TEST(test_own_reads_bring_nothing),
		TEST(test_image_block_is_copied_whole),
		TEST(test_image_is_prepared),
		TEST(test_image_for_a_later_vcpu),
		TEST(test_write_takes_execute_permission),
		TEST(test_fetch),
		TEST(test_fetch_of_something_else),
		TEST(test_fault_kinds),
		TEST(test_a_guest_does_not_wait_long),
		TEST(test_access_outside),
		TEST(test_device),
		TEST(test_readonly),
		TEST(test_set_way_is_bounded),
		TEST(test_caches_on_after_many_pieces),
		TEST(test_caches_off_is_bounded),
		TEST(test_eager),
		TEST(test_init_refuses),
		TEST(test_memory_may_run_out_at_any_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
