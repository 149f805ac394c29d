/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "disk/partitions.h"
#include "fw/text.h"

#define BLOCKS	     64U
#define SIZE	     (BLOCKS * DISK_BLOCK_SIZE)
#define ENTRY_COUNT  8U
#define ENTRIES_SIZE (ENTRY_COUNT * 128U)

static uint8_t *disk;
static struct partitions found;

static void put32(uint32_t at, uint32_t value)
{
	memcpy(disk + at, &value, sizeof(value));
}

static void put64(uint32_t at, uint64_t value)
{
	memcpy(disk + at, &value, sizeof(value));
}

/* Counts the checksums of the header in `block` anew. */
static void seal(uint32_t block)
{
	uint32_t at = block * DISK_BLOCK_SIZE;
	uint64_t entries;

	memcpy(&entries, disk + at + 72, sizeof(entries));
	put32(at + 88, fw_crc32(disk + entries * DISK_BLOCK_SIZE, ENTRIES_SIZE));
	put32(at + 16, 0);
	put32(at + 16, fw_crc32(disk + at, 92));
}

static void put_header(uint32_t block, uint32_t other, uint32_t entries)
{
	uint32_t at = block * DISK_BLOCK_SIZE;

	memcpy(disk + at, "EFI PART", 8);
	put32(at + 8, 0x10000);
	put32(at + 12, 92);
	put64(at + 24, block);
	put64(at + 32, other);
	put64(at + 40, 6);
	put64(at + 48, BLOCKS - 7U);
	put64(at + 72, entries);
	put32(at + 80, ENTRY_COUNT);
	put32(at + 84, 128);
}

static void put_entry(uint32_t entries, uint32_t number, uint64_t first, uint64_t last)
{
	uint32_t at = entries * DISK_BLOCK_SIZE + number * 128U;
	static const uint8_t esp[16] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b,
		0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};

	memcpy(disk + at, esp, sizeof(esp));
	memset(disk + at + 16, (int)(0x40U + number), 16);
	put64(at + 32, first);
	put64(at + 40, last);
}

static int setup(void **state)
{
	(void)state;
	disk = calloc(1, SIZE);
	put_header(1, BLOCKS - 1U, 2);
	put_header(BLOCKS - 1U, 1, BLOCKS - 5U);
	for (uint32_t entries = 2; entries < BLOCKS; entries += BLOCKS - 7U) {
		put_entry(entries, 0, 6, 15);
		put_entry(entries, 3, 20, 29);
	}
	seal(1);
	seal(BLOCKS - 1U);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(disk);
	return 0;
}

static void check_two(void)
{
	assert_int_equal(found.count, 2);
	assert_int_equal(found.list[0].number, 1);
	assert_true(found.list[0].start == 6U && found.list[0].count == 10U);
	assert_true(found.list[0].is_esp);
	assert_int_equal(found.list[0].format, PARTITION_TO_GPT);
	assert_int_equal(found.list[1].number, 4);
	assert_int_equal(found.list[1].signature[15], 0x43);
}

static void test_gpt(void **state)
{
	(void)state;
	partitions_read(&found, disk, SIZE);
	check_two();
	assert_false(found.from_backup || found.left_out);
}

/* Any byte of the primary's header or entries that changes makes the backup count. */
static void test_broken_primary(void **state)
{
	static const uint32_t places[] = {512, 512 + 8, 512 + 12, 512 + 16, 512 + 24, 512 + 40,
		512 + 72, 512 + 80, 512 + 84, 512 + 88, 1024, 1024 + 40, 1024 + 3 * 128};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		(void)teardown(state);
		(void)setup(state);
		disk[places[i]] ^= 1U;
		partitions_read(&found, disk, SIZE);
		check_two();
		assert_true(found.from_backup);
	}
}

/* A disk's image is padded with zeros: the backup is before them. */
static void test_backup_before_padding(void **state)
{
	uint8_t *padded = calloc(1, 3U * SIZE);

	(void)state;
	memcpy(padded, disk, SIZE);
	padded[512] ^= 1U;
	partitions_read(&found, padded, 3U * SIZE);
	check_two();
	assert_true(found.from_backup);
	free(padded);
}

static void test_both_broken(void **state)
{
	(void)state;
	disk[512] ^= 1U;
	disk[SIZE - 512U] ^= 1U;
	partitions_read(&found, disk, SIZE);
	assert_int_equal(found.count, 0);
}

/* Sound checksums do not make sound numbers. */
static void test_sealed_nonsense(void **state)
{
	static const struct {
		uint32_t at;
		uint64_t value;
		uint32_t size;
	} bad[] = {
		{512 + 72, UINT64_MAX, 8},
		{512 + 72, BLOCKS, 8},
		{512 + 80, UINT32_MAX, 4},
		{512 + 84, 0, 4},
		{512 + 84, UINT32_MAX - 7U, 4},
		{512 + 84, 129, 4},
		{512 + 48, UINT64_MAX, 8},
		{512 + 12, 91, 4},
		{512 + 12, 513, 4},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)teardown(state);
		(void)setup(state);
		memcpy(disk + bad[i].at, &bad[i].value, bad[i].size);
		put32(512 + 16, 0);
		put32(512 + 16, fw_crc32(disk + 512, 92));
		partitions_read(&found, disk, SIZE);
		check_two();
		assert_true(found.from_backup);
	}
}

static void test_entries_that_cannot_be(void **state)
{
	(void)state;
	put_entry(2, 1, 30, 29);
	put_entry(2, 2, 2, 8);
	put_entry(2, 4, 40, BLOCKS);
	put_entry(2, 5, 29, 33); /* overlaps the fourth */
	put_entry(2, 6, 0, UINT64_MAX);
	seal(1);
	partitions_read(&found, disk, SIZE);
	check_two();
	assert_true(found.left_out);
}

static void test_mbr(void **state)
{
	(void)state;
	memset(disk, 0, SIZE);
	disk[446 + 4] = 0xef;
	put32(446 + 8, 1);
	put32(446 + 12, 10);
	disk[462 + 4] = 0x83;
	put32(462 + 8, 60);
	put32(462 + 12, 5); /* past the end */
	disk[478 + 4] = 0x83;
	put32(478 + 8, 20);
	put32(478 + 12, 0);
	put32(440, 0x12345678);
	partitions_read(&found, disk, SIZE);
	assert_int_equal(found.count, 0); /* no signature yet */
	disk[510] = 0x55;
	disk[511] = 0xaa;
	partitions_read(&found, disk, SIZE);
	assert_int_equal(found.count, 1);
	assert_true(found.left_out);
	assert_true(found.list[0].is_esp);
	assert_int_equal(found.list[0].format, PARTITION_TO_MBR);
	assert_int_equal(found.list[0].signature[0], 0x78);
}

static void test_small_disks(void **state)
{
	(void)state;
	for (uint64_t size = 0; size < 4U * DISK_BLOCK_SIZE; size += 100U) {
		uint8_t *small = malloc(size > 0U ? size : 1U);

		memcpy(small, disk, size);
		partitions_read(&found, small, size);
		assert_int_equal(found.count, 0);
		free(small);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gpt),
		TEST(test_broken_primary),
		TEST(test_backup_before_padding),
		TEST(test_both_broken),
		TEST(test_sealed_nonsense),
		TEST(test_entries_that_cannot_be),
		TEST(test_mbr),
		TEST(test_small_disks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
