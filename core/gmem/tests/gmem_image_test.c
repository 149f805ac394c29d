/* SPDX-License-Identifier: Apache-2.0 */
/* Images: shown where they lie, copied when they are written, made ready before the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gmem_rig.h"

static struct gmem *const gmem = &rig.gmem;

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
	assert_int_equal(gmem->counters.coh.pages_cleaned, 4);
	rig_check_leaf(FIXTURE_IMAGE_0 + KIB(20), S2_LEVEL_4K, S2_ATTR_WRITE, S2_PAGE_OWNED);
	assert_int_equal(rig_leaf_of(FIXTURE_IMAGE_0 + KIB(32)).attrs & S2_ATTR_UNTOUCHED,
		S2_ATTR_UNTOUCHED);
	/* And so at PoU: nothing is left to do for a fetch. */
	assert_int_equal(rig_fault(FIXTURE_IMAGE_0 + KIB(20), GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 4);
	rig_caches_on();
	/* Then 64 KiB, or a block that is whole still, and nothing to maintain before a fetch. */
	gmem->counters.coh.pages_cleaned = 0;
	assert_int_equal(rig_fault(FIXTURE_IMAGE_0 + KIB(70), GMEM_WRITE), GMEM_RESUME);
	rig_check_leaf(FIXTURE_IMAGE_0 + KIB(64), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_WRITTEN,
		S2_PAGE_OWNED);
	assert_int_equal(rig_fault(VM_RAM_BASE + MIB(2), GMEM_WRITE), GMEM_RESUME);
	rig_check_leaf(
		VM_RAM_BASE + MIB(2), S2_LEVEL_2M, S2_ATTR_WRITE | S2_ATTR_WRITTEN, S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 0);
	assert_int_equal(rig_fault(FIXTURE_IMAGE_0 + KIB(130), GMEM_FETCH), GMEM_RESUME);
	rig_check_leaf(FIXTURE_IMAGE_0 + KIB(130), S2_LEVEL_4K, S2_ATTR_WRITE | S2_ATTR_EXEC,
		S2_PAGE_OWNED);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 4);
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
	gmem->counters.coh.pages_cleaned = 0;
	assert_int_equal(rig_fault(data, GMEM_READ), GMEM_RESUME);
	assert_int_equal(rig_leaf_of(data).attrs, 0);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 4);
	assert_int_equal(
		rig_leaf_of(zeroes).attrs, S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED);
	assert_int_equal(rig_fault(zeroes, GMEM_READ), GMEM_RESUME);
	assert_int_equal(rig_leaf_of(zeroes).attrs, S2_ATTR_WRITE);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 8);
	/* What it leaves alone is shown again for nothing. */
	rig_caches_on();
	gmem->counters.coh.pages_cleaned = 0;
	assert_int_equal(rig_fault(data + KIB(128), GMEM_READ), GMEM_RESUME);
	assert_int_equal(gmem->counters.coh.pages_cleaned, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_image_in_place_is_copied_on_write),
		TEST(test_own_writes_bring_pages),
		TEST(test_own_reads_bring_nothing),
		TEST(test_image_block_is_copied_whole),
		TEST(test_image_is_prepared),
		TEST(test_image_for_a_later_vcpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
