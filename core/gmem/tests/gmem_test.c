/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "gmem_fixture.h"

static struct fixture fixture;
static struct gmem *const gmem = &fixture.gmem;

static int setup(void **state)
{
	(void)state;
	fixture_init(&fixture, FIXTURE_CTR, false, 0);
	fixture_start(&fixture);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_fini(&fixture);
	return 0;
}

static unsigned caches_off(void)
{
	unsigned steps = 1;

	while (gmem_caches_off(gmem) == PLINTH_EAGAIN) {
		assert_true(++steps < 100U);
	}
	return steps;
}

static void caches_on(void)
{
	ipa_t cursor = ipa_init(0);

	assert_int_equal(gmem_caches_on(gmem, &cursor), PLINTH_OK);
}

static enum gmem_result fault(uint64_t ipa, enum gmem_access access)
{
	const struct gmem_fault f = {.ipa = {ipa}, .access = access};

	return gmem_fault(gmem, &f);
}

static struct s2_leaf leaf_of(uint64_t ipa)
{
	struct s2_leaf leaf;

	assert_int_equal(s2_lookup(&gmem->space, ipa_init(ipa), &leaf), PLINTH_OK);
	return leaf;
}

static void check_leaf(uint64_t ipa, unsigned level, uint32_t attrs, enum s2_page_state state)
{
	struct s2_leaf leaf = leaf_of(ipa);

	assert_true(leaf.valid);
	assert_int_equal(leaf.level, level);
	assert_int_equal(leaf.attrs, attrs);
	assert_int_equal(leaf.state, state);
}

#define ZERO_BLOCK (VM_RAM_BASE + MIB(2) + KIB(512)) /* no image in its 64 KiB */

/* What the guest finds, wherever it comes from and however big the mapping is. */
static void test_content_is_what_the_images_say(void **state)
{
	static uint8_t buf[FIXTURE_RAM];

	(void)state;
	for (unsigned off = 0; off < 2U; off++) {
		for (uint64_t at = 0; at < FIXTURE_RAM; at += KIB(48)) {
			assert_int_equal(fault(VM_RAM_BASE + at, GMEM_READ), GMEM_RESUME);
		}
		assert_int_equal(
			gmem_read(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
		assert_memory_equal(buf, fixture.expected, sizeof(buf));
		fixture_reset(&fixture);
		fixture_start(&fixture);
		caches_on();
	}
}

static void test_reset_starts_from_the_images_again(void **state)
{
	static uint8_t buf[FIXTURE_RAM];

	(void)state;
	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(gmem_write(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
	assert_int_equal(gmem->used, FIXTURE_RAM / PAGE_SIZE);
	fixture_reset(&fixture);
	fixture_start(&fixture);
	assert_int_equal(gmem_read(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
	assert_memory_equal(buf, fixture.expected, sizeof(buf));
}

static void test_granules(void **state)
{
	(void)state;
	/* Caches off: 16 KiB. */
	assert_int_equal(fault(ZERO_BLOCK, GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.map_4k, 4);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	caches_on();
	/* A table is there: 64 KiB, but not over what is mapped. */
	assert_int_equal(fault(ZERO_BLOCK + KIB(64), GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.map_4k, 4U + 16U);
	assert_int_equal(fault(ZERO_BLOCK + KIB(20), GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.map_4k, 4U + 16U + 4U);
	assert_int_equal(gmem->counters.map_2m, 0);
}

static void test_blocks(void **state)
{
	(void)state;
	fixture.gmem.image_count = 0;
	caches_on();
	assert_int_equal(fault(VM_RAM_BASE + MIB(2) + 123U, GMEM_WRITE), GMEM_RESUME);
	check_leaf(
		VM_RAM_BASE + MIB(2), S2_LEVEL_2M, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	/* A fetch maintains 16 KiB of it, and splits it for that. */
	assert_int_equal(fault(VM_RAM_BASE + MIB(2) + KIB(20), GMEM_FETCH), GMEM_RESUME);
	check_leaf(VM_RAM_BASE + MIB(2) + KIB(16), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC,
		S2_PAGE_OWNED);
	check_leaf(VM_RAM_BASE + MIB(2) + KIB(32), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN,
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
	const uint8_t *source = fixture.arena + KIB(64) + MIB(1);
	uint8_t before = source[0];
	uint8_t byte = (uint8_t)~before;

	(void)state;
	caches_on();
	assert_int_equal(fault(ipa, GMEM_READ), GMEM_RESUME);
	check_leaf(ipa, S2_LEVEL_4K, S2_ATTR_WRITTEN, S2_PAGE_SHARED_BORROWER);
	assert_ptr_equal((void *)(uintptr_t)leaf_of(ipa).pa.v, source);
	assert_int_equal(gmem->used, 0);
	assert_int_equal(fault(ipa, GMEM_WRITE), GMEM_RESUME);
	check_leaf(ipa, S2_LEVEL_4K, S2_ATTR_WRITE, S2_PAGE_OWNED);
	assert_int_equal(gmem->used, 16); /* 64 KiB around it */
	assert_int_equal(gmem->counters.upgrade_write, 1);
	assert_int_equal(gmem_write(gmem, ipa_init(ipa), &byte, 1), PLINTH_OK);
	check_leaf(ipa, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	assert_int_equal(source[0], before);
	/* A page that was executed stays executable. */
	assert_int_equal(fault(ipa + KIB(64), GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(fault(ipa + KIB(64), GMEM_WRITE), GMEM_RESUME);
	check_leaf(ipa + KIB(64), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC, S2_PAGE_OWNED);
}

/* One image, of 2 MiB, that can be shown in place. */
static void start_with_a_block(void)
{
	struct vm_config *config = &fixture.config;

	while (gmem_fini_step(gmem) == PLINTH_EAGAIN) {
	}
	config->image_count = 1;
	config->images[0] = (struct vm_image){
		.ipa = VM_RAM_BASE,
		.size = BLOCK_2M,
		.source = (uint64_t)(uintptr_t)fixture.arena,
		.kind = VM_IMAGE_COPY,
	};
	assert_int_equal(gmem_init(gmem, config), PLINTH_OK);
	fixture_start(&fixture);
	caches_on();
}

/* Plinth's own calls are short: what they write they bring or copy by the page. */
static void test_own_writes_bring_pages(void **state)
{
	const uint64_t ipa = VM_RAM_BASE + MIB(1) - 2U; /* the end of a page */
	const uint64_t zero = VM_RAM_BASE + MIB(2) + KIB(8);
	uint8_t buf[PAGE_SIZE];

	(void)state;
	start_with_a_block();
	assert_int_equal(fault(ipa, GMEM_READ), GMEM_RESUME);
	check_leaf(VM_RAM_BASE, S2_LEVEL_2M, S2_ATTR_WRITTEN, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(gmem_write(gmem, ipa_init(ipa), "abcd", 4), PLINTH_OK);
	assert_int_equal(gmem->used, 2);
	check_leaf(ipa, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	check_leaf(VM_RAM_BASE, S2_LEVEL_4K, S2_ATTR_WRITTEN, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(gmem_read(gmem, ipa_init(ipa - 2U), buf, 8), PLINTH_OK);
	assert_memory_equal(&buf[2], "abcd", 4);
	assert_memory_equal(buf, fixture.arena + MIB(1) - 4U, 2);
	assert_memory_equal(&buf[6], fixture.arena + MIB(1) + 2U, 2);
	assert_int_equal(gmem_write(gmem, ipa_init(zero), "x", 1), PLINTH_OK);
	assert_int_equal(gmem->used, 3);
	assert_int_equal(gmem_read(gmem, ipa_init(zero), buf, sizeof(buf)), PLINTH_OK);
	assert_int_equal(buf[0], 'x');
	assert_int_equal(buf[1] | buf[sizeof(buf) - 1U], 0);
	assert_int_equal(gmem_bring(gmem, ipa_init(VM_RAM_BASE), false), PLINTH_OK);
	assert_int_equal(gmem_bring(gmem, ipa_init(VM_RAM_BASE), true), PLINTH_EAGAIN);
	check_leaf(VM_RAM_BASE, S2_LEVEL_4K, S2_ATTR_WRITE, S2_PAGE_OWNED);
}

/* And what they read they do not bring at all. */
static void test_own_reads_bring_nothing(void **state)
{
	static uint8_t buf[FIXTURE_RAM];

	(void)state;
	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(gmem_read(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
	assert_memory_equal(buf, fixture.expected, sizeof(buf));
	assert_int_equal(gmem->used, 0);
	assert_int_equal(gmem->counters.map_4k + gmem->counters.map_2m, 0);
	/* Unless it is to be there, for the CPU. */
	assert_int_equal(gmem_bring(gmem, ipa_init(ZERO_BLOCK + 8U), false), PLINTH_EAGAIN);
	check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE, S2_PAGE_OWNED);
	assert_int_equal(gmem->used, 1);
	assert_int_equal(gmem_bring(gmem, ipa_init(VM_RAM_BASE - 8U), false), PLINTH_EFAULT);
}

static void test_image_block_is_copied_whole(void **state)
{
	(void)state;
	start_with_a_block();
	assert_int_equal(fault(VM_RAM_BASE + MIB(1), GMEM_READ), GMEM_RESUME);
	check_leaf(VM_RAM_BASE, S2_LEVEL_2M, S2_ATTR_WRITTEN, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 0);
	assert_int_equal(fault(VM_RAM_BASE + MIB(1), GMEM_WRITE), GMEM_RESUME);
	check_leaf(VM_RAM_BASE, S2_LEVEL_2M, S2_ATTR_WRITE, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 512);
	assert_int_equal(gmem->used, 512);
	assert_memory_equal((void *)(uintptr_t)leaf_of(VM_RAM_BASE).pa.v, fixture.arena, BLOCK_2M);
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
	check_leaf(FIXTURE_IMAGE_0, S2_LEVEL_2M,
		S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED, S2_PAGE_OWNED);
	/* Caches off: 16 KiB at PoC. */
	assert_int_equal(fault(FIXTURE_IMAGE_0 + KIB(20), GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	check_leaf(FIXTURE_IMAGE_0 + KIB(20), S2_LEVEL_4K, S2_ATTR_WRITE, S2_PAGE_OWNED);
	assert_int_equal(
		leaf_of(FIXTURE_IMAGE_0 + KIB(32)).attrs & S2_ATTR_UNTOUCHED, S2_ATTR_UNTOUCHED);
	/* And so at PoU: nothing is left to do for a fetch. */
	assert_int_equal(fault(FIXTURE_IMAGE_0 + KIB(20), GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	caches_on();
	/* Then 64 KiB, or a block that is whole still, and nothing to maintain before a fetch. */
	gmem->counters.coh.lines_cleaned = 0;
	assert_int_equal(fault(FIXTURE_IMAGE_0 + KIB(70), GMEM_WRITE), GMEM_RESUME);
	check_leaf(FIXTURE_IMAGE_0 + KIB(64), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN,
		S2_PAGE_OWNED);
	assert_int_equal(fault(VM_RAM_BASE + MIB(2), GMEM_WRITE), GMEM_RESUME);
	check_leaf(
		VM_RAM_BASE + MIB(2), S2_LEVEL_2M, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 0);
	assert_int_equal(fault(FIXTURE_IMAGE_0 + KIB(130), GMEM_FETCH), GMEM_RESUME);
	check_leaf(FIXTURE_IMAGE_0 + KIB(130), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC,
		S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	assert_int_equal(gmem->counters.upgrade_write, 0);
	/* Again after a reset, and Plinth finds in it what the images say. */
	fixture_reset(&fixture);
	assert_int_equal(gmem->used, 0);
	fixture_start(&fixture);
	prepare();
	caches_on();
	assert_int_equal(gmem_read(gmem, ipa_init(VM_RAM_BASE), buf, sizeof(buf)), PLINTH_OK);
	assert_memory_equal(buf, fixture.expected, sizeof(buf));
}

/* What vCPUs that start later find past the caches: what the loader wrote, and zeroes, are at PoC
 * when they read or fetch it, although the first vCPU needed it in its caches alone. */
static void test_image_for_a_later_vcpu(void **state)
{
	struct vm_config *config = &fixture.config;
	const uint64_t code = FIXTURE_IMAGE_0 + KIB(16);
	const uint64_t data = FIXTURE_IMAGE_0 + KIB(64);
	const uint64_t zeroes = VM_RAM_BASE + MIB(3) + KIB(256);

	(void)state;
	while (gmem_fini_step(gmem) == PLINTH_EAGAIN) {
	}
	config->vcpu_count = 2;
	assert_int_equal(gmem_init(gmem, config), PLINTH_OK);
	fixture_start(&fixture);
	caches_on();
	assert_int_equal(fault(code, GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(fault(data, GMEM_READ), GMEM_RESUME);
	assert_int_equal(leaf_of(data).attrs, S2_ATTR_WRITTEN);
	assert_int_equal(fault(zeroes, GMEM_READ), GMEM_RESUME);
	(void)caches_off();
	check_leaf(code, S2_LEVEL_4K, S2_ATTR_EXEC, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(leaf_of(data).attrs, S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED);
	gmem->counters.coh.lines_cleaned = 0;
	assert_int_equal(fault(data, GMEM_READ), GMEM_RESUME);
	assert_int_equal(leaf_of(data).attrs, 0);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 4U * 64U);
	assert_int_equal(
		leaf_of(zeroes).attrs, S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED);
	assert_int_equal(fault(zeroes, GMEM_READ), GMEM_RESUME);
	assert_int_equal(leaf_of(zeroes).attrs, S2_ATTR_WRITE);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 8U * 64U);
	/* What it leaves alone is shown again for nothing. */
	caches_on();
	gmem->counters.coh.lines_cleaned = 0;
	assert_int_equal(fault(data + KIB(128), GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.coh.lines_cleaned, 0);
}

static void test_write_takes_execute_permission(void **state)
{
	uint32_t word = 0xd503201f;
	uint32_t got = 0;

	(void)state;
	caches_on();
	assert_int_equal(fault(ZERO_BLOCK, GMEM_FETCH), GMEM_RESUME);
	check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC, S2_PAGE_OWNED);
	assert_int_equal(gmem_write(gmem, ipa_init(ZERO_BLOCK + 8U), &word, 4), PLINTH_OK);
	check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	check_leaf(
		ZERO_BLOCK + PAGE_SIZE, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.revoked, 1);
	assert_int_equal(gmem->counters.coh.lines_invalidated, 64);
	assert_int_equal(gmem_read_u32(gmem, ipa_init(ZERO_BLOCK + 8U), &got), PLINTH_OK);
	assert_int_equal(got, word);
	assert_int_equal(gmem_read_u32(gmem, ipa_init(ZERO_BLOCK + 9U), &got), PLINTH_EINVAL);
}

static void test_fault_kinds(void **state)
{
	struct gmem_fault walk = {.ipa = {ZERO_BLOCK}, .access = GMEM_FETCH, .table_walk = true};

	(void)state;
	caches_on();
	assert_int_equal(gmem_fault(gmem, &walk), GMEM_RESUME);
	check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.fault_table_walk, 1);
	assert_int_equal(fault(ZERO_BLOCK, GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.raced, 1);
	assert_int_equal(fault(ZERO_BLOCK, GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(gmem->counters.upgrade_exec, 1);
	assert_int_equal(fault(VM_RAM_BASE - 1U, GMEM_READ), GMEM_NOT_RAM);
	assert_int_equal(fault(VM_RAM_BASE + FIXTURE_RAM, GMEM_FETCH), GMEM_NOT_RAM);
	assert_int_equal(fault(BIT(40), GMEM_READ), GMEM_NOT_RAM);
	assert_int_equal(fault(~UINT64_C(0), GMEM_READ), GMEM_NOT_RAM);
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
	check_leaf(0x8011000, S2_LEVEL_4K, S2_ATTR_DEVICE | S2_ATTR_WRITE, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(fault(VM_RAM_BASE, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(gmem_reset_step(gmem), PLINTH_EAGAIN); /* half a reset */
	fixture_reset(&fixture);
	check_leaf(0x8011000, S2_LEVEL_4K, S2_ATTR_DEVICE | S2_ATTR_WRITE, S2_PAGE_SHARED_BORROWER);
	fixture_start(&fixture);
	assert_int_equal(fault(0x8010000, GMEM_FETCH), GMEM_DENIED);
	assert_int_equal(fault(0x8010000, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(gmem_read(gmem, ipa_init(0x8010000), &value, 8), PLINTH_EFAULT);
	assert_int_equal(gmem_map_device(gmem, ipa_init(0x8011000), pa, PAGE_SIZE), PLINTH_EEXIST);
	assert_int_equal(
		gmem_map_device(gmem, ipa_init(VM_RAM_BASE), pa, PAGE_SIZE), PLINTH_EEXIST);
	assert_int_equal(gmem_map_device(gmem, ipa_init(0x8012001), pa, PAGE_SIZE), PLINTH_EINVAL);
	assert_int_equal(gmem_map_device(gmem, ipa_init(0x8012000), pa, 0), PLINTH_EINVAL);
	assert_int_equal(gmem_map_device(gmem, ipa_init(BIT(40)), pa, PAGE_SIZE), PLINTH_ERANGE);
	/* A VM that is destroyed in the middle of a reset: teardown finds all of it. */
	assert_int_equal(fault(VM_RAM_BASE, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(gmem_reset_step(gmem), PLINTH_EAGAIN);
}

/* A page of Plinth's own (the front of the arena stands in for it): read, and nothing else. */
static void test_readonly(void **state)
{
	const uint64_t at = UINT64_C(0x90a0000);
	const pa_t pa = pa_init((uint64_t)(uintptr_t)fixture.arena);
	uint64_t lines = gmem->counters.coh.lines_cleaned;
	uint8_t first = fixture.arena[0];
	uint64_t value;

	(void)state;
	assert_int_equal(gmem_map_readonly(gmem, ipa_init(at), pa, 2U * PAGE_SIZE), PLINTH_OK);
	assert_int_equal(gmem->counters.coh.lines_cleaned - lines, 2U * PAGE_SIZE / 64U);
	check_leaf(at + PAGE_SIZE, S2_LEVEL_4K, 0, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(leaf_of(at).pa.v, pa.v);
	assert_int_equal(fault(at, GMEM_READ), GMEM_RESUME);
	assert_int_equal(fault(at, GMEM_WRITE), GMEM_DENIED);
	assert_int_equal(fault(at, GMEM_FETCH), GMEM_DENIED);
	check_leaf(at, S2_LEVEL_4K, 0, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(leaf_of(at).pa.v, pa.v); /* no copy of its own either */
	assert_int_equal(gmem_write(gmem, ipa_init(at), &value, 8), PLINTH_EFAULT);
	assert_int_equal(gmem_relinquish(gmem, ipa_init(at), S2_LEVEL_4K), PLINTH_ERANGE);
	assert_int_equal(gmem_map_readonly(gmem, ipa_init(at), pa, PAGE_SIZE), PLINTH_EEXIST);
	assert_int_equal(
		gmem_map_readonly(gmem, ipa_init(VM_RAM_BASE), pa, PAGE_SIZE), PLINTH_EEXIST);
	assert_int_equal(gmem_map_readonly(gmem, ipa_init(at + 1U), pa, PAGE_SIZE), PLINTH_EINVAL);

	assert_int_equal(fault(VM_RAM_BASE, GMEM_WRITE), GMEM_RESUME);
	fixture_reset(&fixture);
	check_leaf(at, S2_LEVEL_4K, 0, S2_PAGE_SHARED_BORROWER);
	assert_int_equal(fixture.arena[0], first);
	fixture_start(&fixture);
	caches_on();
	assert_int_equal(fault(at, GMEM_WRITE), GMEM_DENIED);
}

static void test_set_way_is_bounded(void **state)
{
	ipa_t cursor = ipa_init(0);
	unsigned steps = 1;
	uint8_t byte = 1;

	(void)state;
	caches_on();
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
		assert_int_equal(fault(VM_RAM_BASE + at, GMEM_READ), GMEM_RESUME);
	}
	cleaned = gmem->counters.coh.lines_cleaned;
	while (gmem_caches_on(gmem, &cursor) == PLINTH_EAGAIN) {
	}
	assert_false(gmem->mmu_off);
	assert_true(gmem->counters.coh.lines_cleaned - cleaned >=
		    gmem->counters.map_4k * (PAGE_SIZE / 64U));
	(void)caches_off();
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
	caches_on();
	for (uint64_t at = 0; at < MIB(1); at += PAGE_SIZE) {
		assert_int_equal(fault(VM_RAM_BASE + MIB(3) + at, GMEM_READ), GMEM_RESUME);
	}
	for (uint64_t at = 0; at < MIB(1); at += 2U * PAGE_SIZE) {
		assert_int_equal(
			gmem_relinquish(gmem, ipa_init(VM_RAM_BASE + MIB(3) + at), S2_LEVEL_4K),
			PLINTH_OK);
	}
	assert_in_range(caches_off(), 3, 4); /* 128 runs, and 1,026 entries before and between */
	assert_int_equal(gmem_caches_off(gmem), PLINTH_OK);
	check_leaf(VM_RAM_BASE + MIB(4) - PAGE_SIZE, S2_LEVEL_4K,
		S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED, S2_PAGE_OWNED);
}

static void test_eager(void **state)
{
	(void)state;
	gmem->eager = true;
	caches_on();
	assert_int_equal(fault(ZERO_BLOCK, GMEM_READ), GMEM_RESUME);
	check_leaf(ZERO_BLOCK, S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC, S2_PAGE_OWNED);
}

static void test_init_refuses(void **state)
{
	static struct gmem other;
	static struct vm_config config;

	(void)state;
	config = fixture.config;
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
		fixture.config.flags = VM_FLAG_OVERCOMMIT;
		assert_int_equal(gmem_init(gmem, &fixture.config), PLINTH_OK);
		fixture_start(&fixture);
		caches_on();
		(void)fault(FIXTURE_IMAGE_0, GMEM_FETCH);
		(void)fault(FIXTURE_IMAGE_0, GMEM_WRITE);
		(void)fault(VM_RAM_BASE + MIB(2) + KIB(512), GMEM_WRITE);
		(void)fault(FIXTURE_IMAGE_1, GMEM_WRITE);
		status = gmem_write(gmem, ipa_init(VM_RAM_BASE + MIB(2) + KIB(900)), &byte, 1);
		assert_true(status == PLINTH_OK || status == PLINTH_ENOMEM);
		if (spare == 3U) {
			assert_int_equal(status, PLINTH_ENOMEM);
			assert_int_equal(
				fault(VM_RAM_BASE + MIB(3) + KIB(900), GMEM_READ), GMEM_NOMEM);
		}
		pmem_unreserve(stats.free - stats.reserved - spare);
		assert_int_equal(
			gmem_write(gmem, ipa_init(VM_RAM_BASE + MIB(2) + KIB(900)), &byte, 1),
			PLINTH_OK);
		while (gmem_fini_step(gmem) == PLINTH_EAGAIN) {
		}
		pmem_get_stats(&stats);
		assert_int_equal(stats.free, fixture.free_before);
	}
}

#define DISK	  (VM_RAM_BASE + GIB(1))
#define DISK_SIZE MIB(1)
#define ROM	  (DISK + MIB(2))
#define ROM_SIZE  KIB(64)
#define ODD	  (DISK + MIB(4)) /* an image that can't be shown where it is */

static void add_range(uint64_t ipa, uint64_t size, uint32_t flags, const uint8_t *source)
{
	struct vm_config *c = &fixture.config;

	c->ranges[c->range_count++] = (struct vm_range){ipa, size, flags, 0};
	c->images[c->image_count++] = (struct vm_image){.ipa = ipa,
		.size = KIB(32) + 5U,
		.source = (uint64_t)(uintptr_t)source,
		.kind = VM_IMAGE_COPY};
}

/* The fixture's VM again, with a disk and two read-only ranges. */
static void start_with_ranges(uint32_t flags)
{
	while (gmem_fini_step(gmem) == PLINTH_EAGAIN) {
	}
	fixture.config.flags = flags;
	add_range(DISK, DISK_SIZE, 0, fixture.arena + KIB(64));
	add_range(ROM, ROM_SIZE, VM_RANGE_READ_ONLY, fixture.arena + KIB(128));
	add_range(ODD, ROM_SIZE, VM_RANGE_READ_ONLY, fixture.arena + KIB(192) + 4U);
	assert_int_equal(gmem_init(gmem, &fixture.config), PLINTH_OK);
	fixture_start(&fixture);
	(void)caches_off();
}

/* Before the guest has touched it, and after. */
static void expect_bytes(uint64_t ipa, const uint8_t *bytes, size_t size)
{
	static uint8_t buf[KIB(64)];

	for (unsigned touched = 0; touched < 2U; touched++) {
		assert_int_equal(gmem_read(gmem, ipa_init(ipa), buf, size), PLINTH_OK);
		assert_memory_equal(buf, bytes, size);
		for (size_t at = 0; at < size && touched == 0U; at += PAGE_SIZE) {
			assert_int_equal(fault(ipa + at, GMEM_READ), GMEM_RESUME);
		}
	}
}

static void test_ranges_have_their_content(void **state)
{
	static const uint8_t zero[KIB(16)];

	(void)state;
	start_with_ranges(0);
	expect_bytes(DISK, fixture.arena + KIB(64), KIB(32) + 5U);
	expect_bytes(DISK + KIB(48), zero, KIB(16));
	expect_bytes(DISK + DISK_SIZE - 8U, zero, 8);
	expect_bytes(ROM, fixture.arena + KIB(128), KIB(32) + 5U);
	expect_bytes(ODD, fixture.arena + KIB(192) + 4U, KIB(32) + 5U);
	expect_bytes(ODD + KIB(36), zero, KIB(16));
	assert_int_equal(leaf_of(ODD + KIB(36)).pa.v, leaf_of(ODD + KIB(40)).pa.v);
	assert_int_equal(fault(ODD + KIB(36), GMEM_FETCH), GMEM_RESUME);
	assert_true(leaf_of(DISK).pa.v == (uint64_t)(uintptr_t)fixture.arena + KIB(64));
	assert_true(leaf_of(ROM).pa.v == (uint64_t)(uintptr_t)fixture.arena + KIB(128));
	assert_int_equal(fault(ROM, GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(fault(ROM + ROM_SIZE, GMEM_READ), GMEM_NOT_RAM);
	assert_int_equal(fault(DISK - 1U, GMEM_READ), GMEM_NOT_RAM);
	assert_true(gmem_is_memory(gmem, ipa_init(DISK), DISK_SIZE));
	assert_false(gmem_is_memory(gmem, ipa_init(DISK + 8U), DISK_SIZE));
	assert_true(gmem_is_writable(gmem, ipa_init(DISK), DISK_SIZE));
	assert_false(gmem_is_writable(gmem, ipa_init(ROM), 1));
	assert_int_equal(gmem_relinquish(gmem, ipa_init(DISK), S2_LEVEL_4K), PLINTH_ERANGE);
	assert_int_equal(gmem_map_device(gmem, ipa_init(DISK), pa_init(0x9000000), PAGE_SIZE),
		PLINTH_EEXIST);
}

/* Pages that show an image, pages that hold a copy of one, zeroes; seen before or not. */
static void test_read_only_ranges_stay_as_they_are(void **state)
{
	static const uint64_t places[] = {ROM, ROM + KIB(32), ROM + KIB(60), ODD, ODD + KIB(60)};
	uint8_t byte = 0x77;

	(void)state;
	start_with_ranges(0);
	for (unsigned seen = 0; seen < 2U; seen++) {
		for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			assert_int_equal(fault(places[i], GMEM_WRITE), GMEM_DENIED);
			assert_int_equal(
				gmem_write(gmem, ipa_init(places[i]), &byte, 1), PLINTH_EFAULT);
			assert_int_equal(fault(places[i], GMEM_READ), GMEM_RESUME);
			assert_int_equal(leaf_of(places[i]).attrs & S2_ATTR_WRITE, 0);
		}
	}
	expect_bytes(ROM, fixture.arena + KIB(128), KIB(32) + 5U);
}

static void test_ranges_outlive_a_reset(void **state)
{
	uint64_t value = UINT64_C(0x1122334455667788);
	uint64_t used;

	(void)state;
	start_with_ranges(0);
	caches_on();
	assert_int_equal(gmem_write(gmem, ipa_init(DISK + 8U), &value, 8), PLINTH_OK);
	assert_int_equal(gmem_write(gmem, ipa_init(DISK + KIB(512)), &value, 8), PLINTH_OK);
	used = gmem->used;
	assert_int_equal(gmem_write(gmem, ipa_init(ZERO_BLOCK), &value, 8), PLINTH_OK);
	while (gmem_reset_step(gmem) == PLINTH_EAGAIN) {
	}
	assert_int_equal(gmem->used, used);
	fixture_start(&fixture);
	assert_true(leaf_of(DISK).valid);
	(void)caches_off();
	/* Until it is looked at, and then at PoC, whoever wrote it. */
	assert_true((leaf_of(DISK).attrs & S2_ATTR_UNTOUCHED) != 0U);
	assert_int_equal(fault(DISK, GMEM_READ), GMEM_RESUME);
	assert_int_equal(leaf_of(DISK).attrs & S2_ATTR_UNTOUCHED, 0);
	expect_bytes(DISK + 8U, (const uint8_t *)&value, 8);
	expect_bytes(DISK + KIB(512), (const uint8_t *)&value, 8);
	value = 0;
	expect_bytes(ZERO_BLOCK, (const uint8_t *)&value, 8);
	/* The image is as it was. */
	assert_memory_not_equal(fixture.arena + KIB(64) + 8U, &value, 8);
	assert_int_equal(
		fixture.arena[KIB(64) + 8U], (uint8_t)((KIB(64) + 8U) * 7U + 16U * 3U + 1U));
}

/* RAM and disk to the last page; of read-only ranges what is a copy, and one page of zeroes. */
static void test_memory_of_ranges_is_promised(void **state)
{
	struct pmem_stats stats;

	(void)state;
	start_with_ranges(0);
	caches_on();
	pmem_get_stats(&stats);
	assert_int_equal(pmem_reserve(stats.free - stats.reserved), PLINTH_OK);
	for (uint64_t at = 0; at < FIXTURE_RAM; at += PAGE_SIZE) {
		assert_int_equal(fault(VM_RAM_BASE + at, GMEM_WRITE), GMEM_RESUME);
	}
	for (uint64_t at = 0; at < DISK_SIZE; at += PAGE_SIZE) {
		assert_int_equal(fault(DISK + at, GMEM_WRITE), GMEM_RESUME);
	}
	for (uint64_t at = 0; at < ROM_SIZE; at += PAGE_SIZE) {
		assert_int_equal(fault(ROM + at, GMEM_READ), GMEM_RESUME);
		assert_int_equal(fault(ODD + at, GMEM_READ), GMEM_RESUME);
	}
	assert_int_equal(gmem->used, (FIXTURE_RAM + DISK_SIZE) / PAGE_SIZE + 1U + 9U + 1U);
	pmem_unreserve(stats.free - stats.reserved);
}

static void test_init_refuses_ranges(void **state)
{
	static struct gmem other;
	static struct vm_config config;

	(void)state;
	config = fixture.config;
	config.range_count = 1;
	config.ranges[0] = (struct vm_range){DISK, PAGE_SIZE, 0, 0};
	config.flags = VM_FLAG_OVERCOMMIT;
	config.ranges[0].size = 0;
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
	config.ranges[0].size = PAGE_SIZE + 1U;
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
	config.ranges[0] = (struct vm_range){DISK + PAGE_SIZE, PAGE_SIZE, 0, 0};
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
	config.ranges[0] = (struct vm_range){UINT64_C(1) << 40, PAGE_SIZE, 0, 0};
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
	config.range_count = VM_RANGE_MAX + 1U;
	assert_int_equal(gmem_init(&other, &config), PLINTH_EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
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
		TEST(test_fault_kinds),
		TEST(test_access_outside),
		TEST(test_device),
		TEST(test_readonly),
		TEST(test_set_way_is_bounded),
		TEST(test_caches_on_after_many_pieces),
		TEST(test_caches_off_is_bounded),
		TEST(test_eager),
		TEST(test_init_refuses),
		TEST(test_ranges_have_their_content),
		TEST(test_read_only_ranges_stay_as_they_are),
		TEST(test_ranges_outlive_a_reset),
		TEST(test_memory_of_ranges_is_promised),
		TEST(test_init_refuses_ranges),
		TEST(test_memory_may_run_out_at_any_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
