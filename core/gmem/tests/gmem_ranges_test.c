/* SPDX-License-Identifier: Apache-2.0 */
/* Memory beside RAM: disks, which are written, and read-only ranges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "fake/maintenance.h"
#include "gmem_rig.h"

static struct gmem *const gmem = &rig.gmem;

#define DISK	  (VM_RAM_BASE + GIB(1))
#define DISK_SIZE MIB(1)
#define ROM	  (DISK + MIB(2))
#define ROM_SIZE  KIB(64)
#define ODD	  (DISK + MIB(4)) /* an image that can't be shown where it is */

static void add_range(uint64_t ipa, uint64_t size, uint32_t flags, const uint8_t *source)
{
	struct vm_config *c = &rig.config;

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
	rig.config.flags = flags;
	add_range(DISK, DISK_SIZE, 0, rig.arena + KIB(64));
	add_range(ROM, ROM_SIZE, VM_RANGE_READ_ONLY, rig.arena + KIB(128));
	add_range(ODD, ROM_SIZE, VM_RANGE_READ_ONLY, rig.arena + KIB(192) + 4U);
	assert_int_equal(gmem_init(gmem, &rig.config), PLINTH_OK);
	fixture_start(&rig);
	(void)rig_caches_off();
}

/* Before the guest has touched it, and after. */
static void expect_bytes(uint64_t ipa, const uint8_t *bytes, size_t size)
{
	static uint8_t buf[KIB(64)];

	for (unsigned touched = 0; touched < 2U; touched++) {
		assert_int_equal(gmem_read(gmem, ipa_init(ipa), buf, size), PLINTH_OK);
		assert_memory_equal(buf, bytes, size);
		for (size_t at = 0; at < size && touched == 0U; at += PAGE_SIZE) {
			assert_int_equal(rig_fault(ipa + at, GMEM_READ), GMEM_RESUME);
		}
	}
}

static void test_ranges_have_their_content(void **state)
{
	static const uint8_t zero[KIB(16)];

	(void)state;
	start_with_ranges(0);
	expect_bytes(DISK, rig.arena + KIB(64), KIB(32) + 5U);
	expect_bytes(DISK + KIB(48), zero, KIB(16));
	expect_bytes(DISK + DISK_SIZE - 8U, zero, 8);
	expect_bytes(ROM, rig.arena + KIB(128), KIB(32) + 5U);
	expect_bytes(ODD, rig.arena + KIB(192) + 4U, KIB(32) + 5U);
	expect_bytes(ODD + KIB(36), zero, KIB(16));
	assert_int_equal(rig_leaf_of(ODD + KIB(36)).pa.v, rig_leaf_of(ODD + KIB(40)).pa.v);
	assert_int_equal(rig_fault(ODD + KIB(36), GMEM_FETCH), GMEM_RESUME);
	assert_true(rig_leaf_of(DISK).pa.v == (uint64_t)(uintptr_t)rig.arena + KIB(64));
	assert_true(rig_leaf_of(ROM).pa.v == (uint64_t)(uintptr_t)rig.arena + KIB(128));
	assert_int_equal(rig_fault(ROM, GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(rig_fault(ROM + ROM_SIZE, GMEM_READ), GMEM_NOT_RAM);
	assert_int_equal(rig_fault(DISK - 1U, GMEM_READ), GMEM_NOT_RAM);
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
			assert_int_equal(rig_fault(places[i], GMEM_WRITE), GMEM_DENIED);
			assert_int_equal(
				gmem_write(gmem, ipa_init(places[i]), &byte, 1), PLINTH_EFAULT);
			assert_int_equal(rig_fault(places[i], GMEM_READ), GMEM_RESUME);
			assert_int_equal(rig_leaf_of(places[i]).attrs & S2_ATTR_WRITE, 0);
		}
	}
	expect_bytes(ROM, rig.arena + KIB(128), KIB(32) + 5U);
}

static void test_ranges_outlive_a_reset(void **state)
{
	uint64_t value = UINT64_C(0x1122334455667788);
	uint64_t used;

	(void)state;
	start_with_ranges(0);
	rig_caches_on();
	assert_int_equal(gmem_write(gmem, ipa_init(DISK + 8U), &value, 8), PLINTH_OK);
	assert_int_equal(gmem_write(gmem, ipa_init(DISK + KIB(512)), &value, 8), PLINTH_OK);
	used = gmem->used;
	assert_int_equal(gmem_write(gmem, ipa_init(ZERO_BLOCK), &value, 8), PLINTH_OK);
	while (gmem_reset_step(gmem) == PLINTH_EAGAIN) {
	}
	assert_int_equal(gmem->used, used);
	fixture_start(&rig);
	assert_true(rig_leaf_of(DISK).valid);
	(void)rig_caches_off();
	/* Until it is looked at, and then at PoC, whoever wrote it. */
	assert_true((rig_leaf_of(DISK).attrs & S2_ATTR_UNTOUCHED) != 0U);
	assert_int_equal(rig_fault(DISK, GMEM_READ), GMEM_RESUME);
	assert_int_equal(rig_leaf_of(DISK).attrs & S2_ATTR_UNTOUCHED, 0);
	expect_bytes(DISK + 8U, (const uint8_t *)&value, 8);
	expect_bytes(DISK + KIB(512), (const uint8_t *)&value, 8);
	value = 0;
	expect_bytes(ZERO_BLOCK, (const uint8_t *)&value, 8);
	/* The image is as it was. */
	assert_memory_not_equal(rig.arena + KIB(64) + 8U, &value, 8);
	assert_int_equal(rig.arena[KIB(64) + 8U], (uint8_t)((KIB(64) + 8U) * 7U + 16U * 3U + 1U));
}

/* RAM and disk to the last page; of read-only ranges what is a copy, and one page of zeroes. */
static void test_memory_of_ranges_is_promised(void **state)
{
	struct pmem_stats stats;

	(void)state;
	start_with_ranges(0);
	rig_caches_on();
	pmem_get_stats(&stats);
	assert_int_equal(pmem_reserve(stats.free - stats.reserved), PLINTH_OK);
	for (uint64_t at = 0; at < FIXTURE_RAM; at += PAGE_SIZE) {
		assert_int_equal(rig_fault(VM_RAM_BASE + at, GMEM_WRITE), GMEM_RESUME);
	}
	for (uint64_t at = 0; at < DISK_SIZE; at += PAGE_SIZE) {
		assert_int_equal(rig_fault(DISK + at, GMEM_WRITE), GMEM_RESUME);
	}
	for (uint64_t at = 0; at < ROM_SIZE; at += PAGE_SIZE) {
		assert_int_equal(rig_fault(ROM + at, GMEM_READ), GMEM_RESUME);
		assert_int_equal(rig_fault(ODD + at, GMEM_READ), GMEM_RESUME);
	}
	assert_int_equal(gmem->used, (FIXTURE_RAM + DISK_SIZE) / PAGE_SIZE + 1U + 9U + 1U);
	pmem_unreserve(stats.free - stats.reserved);
}

/* While the page is still the VM's: who gets it next may fetch as soon as it is free. */
static unsigned forgotten;

static void note_forgotten(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	if (op == FAKE_IC_IALLUIS && gmem->zeroes.v != 0U) {
		forgotten++;
	}
}

static void test_zeroes_that_were_executed_are_forgotten(void **state)
{
	(void)state;
	start_with_ranges(0);
	assert_int_equal(rig_fault(ODD + KIB(36), GMEM_FETCH), GMEM_RESUME);
	forgotten = 0;
	fake_maintain_hook(note_forgotten, NULL);
	while (gmem_fini_step(gmem) == PLINTH_EAGAIN) {
	}
	fake_maintain_hook(NULL, NULL);
	assert_int_equal(gmem->zeroes.v, 0);
	assert_int_equal(forgotten, 1);
}

static void test_init_refuses_ranges(void **state)
{
	static struct gmem other;
	static struct vm_config config;

	(void)state;
	config = rig.config;
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_ranges_have_their_content),
		TEST(test_read_only_ranges_stay_as_they_are),
		TEST(test_ranges_outlive_a_reset),
		TEST(test_memory_of_ranges_is_promised),
		TEST(test_zeroes_that_were_executed_are_forgotten),
		TEST(test_init_refuses_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
