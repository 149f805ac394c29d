/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "disk/fat.h"

#define SECTOR 512U

static uint8_t *volume;
static uint64_t volume_size;
static struct fat fat;

struct shape {
	uint32_t bits;
	uint32_t sectors;
	uint32_t table_sectors;
};

static const struct shape shapes[] = {
	{12, 400, 2},
	{16, 5000, 20},
	{32, 67000, 520},
};

#define RESERVED     32U
#define ROOT_SECTORS 4U

static const struct shape *shape;

static void put16(uint64_t at, uint32_t value)
{
	volume[at] = (uint8_t)value;
	volume[at + 1U] = (uint8_t)(value >> 8);
}

static void put32(uint64_t at, uint32_t value)
{
	put16(at, value & 0xffffU);
	put16(at + 2U, value >> 16);
}

static void link_cluster(uint32_t cluster, uint32_t next)
{
	uint64_t table = RESERVED * SECTOR;
	uint32_t pair;

	switch (shape->bits) {
	case 12:
		pair = volume[table + cluster * 3U / 2U] |
		       (uint32_t)volume[table + cluster * 3U / 2U + 1U] << 8;
		pair = (cluster & 1U) != 0U ? (pair & 0xfU) | (next & 0xfffU) << 4
					    : (pair & 0xf000U) | (next & 0xfffU);
		put16(table + cluster * 3U / 2U, pair);
		break;
	case 16:
		put16(table + cluster * 2U, next & 0xffffU);
		break;
	default:
		put32(table + cluster * 4U, next);
		break;
	}
}

static uint64_t data_start(void)
{
	return (uint64_t)(RESERVED + shape->table_sectors +
			  (shape->bits == 32U ? 0U : ROOT_SECTORS)) *
	       SECTOR;
}

static uint64_t cluster_at(uint32_t cluster)
{
	return data_start() + (uint64_t)(cluster - 2U) * SECTOR;
}

static uint64_t root_at(void)
{
	return shape->bits == 32U ? cluster_at(2) : data_start() - ROOT_SECTORS * SECTOR;
}

static void put_entry(
	uint64_t at, const char *name, uint8_t attributes, uint32_t cluster, uint32_t size)
{
	memcpy(volume + at, name, 11);
	volume[at + 11U] = attributes;
	put16(at + 20U, cluster >> 16);
	put16(at + 26U, cluster & 0xffffU);
	put32(at + 28U, size);
}

static uint8_t checksum(const char *name)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < 11U; i++) {
		sum = (uint8_t)((sum >> 1 | (sum & 1U) << 7) + (uint8_t)name[i]);
	}
	return sum;
}

/* One part of a long name: 13 characters from `text`, 0xffff behind its NUL. */
static void put_long(uint64_t at, uint8_t order, const char *text, uint8_t sum)
{
	static const uint8_t places[13] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	bool ended = false;

	volume[at] = order;
	volume[at + 11U] = 0x0f;
	volume[at + 13U] = sum;
	for (uint32_t i = 0; i < 13U; i++) {
		put16(at + places[i], ended ? 0xffffU : (uint8_t)*text);
		ended = ended || *text == '\0';
		text += ended ? 0 : 1;
	}
}

/* A file of three clusters that are not in order, with a long name; a directory with a file. */
static void build(const struct shape *wanted)
{
	uint64_t root;

	shape = wanted;
	volume_size = (uint64_t)shape->sectors * SECTOR;
	volume = calloc(1, volume_size);
	put16(11, SECTOR);
	volume[13] = 1;
	put16(14, RESERVED);
	volume[16] = 1;
	put16(17, shape->bits == 32U ? 0U : ROOT_SECTORS * SECTOR / 32U);
	put16(shape->sectors < 65536U ? 19 : 32, shape->sectors & 0xffffU);
	if (shape->sectors >= 65536U) {
		put32(32, shape->sectors);
	}
	if (shape->bits == 32U) {
		put32(36, shape->table_sectors);
		put32(44, 2);
		memcpy(volume + 71, "LABEL      ", 11);
	} else {
		put16(22, shape->table_sectors);
		memcpy(volume + 43, "LABEL      ", 11);
	}
	put16(510, 0xaa55);
	link_cluster(2, 0x0fffffff);
	root = root_at();
	put_entry(root, "LABEL      ", FAT_LABEL, 0, 0);
	put_long(root + 32U, 0x42, "ng.conf", checksum("SOMETH~1CON"));
	put_long(root + 64U, 0x01, "Something loo", checksum("SOMETH~1CON"));
	put_entry(root + 96U, "SOMETH~1CON", FAT_ARCHIVE, 5, 1200);
	put_entry(root + 128U,
		"\xe5"
		"ELETED    ",
		0, 0, 0);
	put_entry(root + 160U, "EFI        ", FAT_DIRECTORY, 9, 0);
	put_entry(root + 192U, "EMPTY   TXT", 0, 0, 0);
	link_cluster(5, 8);
	link_cluster(8, 6);
	link_cluster(6, 0x0fffffff);
	for (uint32_t i = 0; i < SECTOR; i++) {
		volume[cluster_at(5) + i] = 'a';
		volume[cluster_at(8) + i] = 'b';
		volume[cluster_at(6) + i] = 'c';
	}
	link_cluster(9, 0x0fffffff);
	put_entry(cluster_at(9), ".          ", FAT_DIRECTORY, 9, 0);
	put_entry(cluster_at(9) + 32U, "..         ", FAT_DIRECTORY, 0, 0);
	put_entry(cluster_at(9) + 64U, "BOOT    EFI", 0, 10, 3);
	link_cluster(10, 0x0fffffff);
	memcpy(volume + cluster_at(10), "xyz", 3);
}

static enum plinth_status find(
	const struct fat_entry *directory, const char *name, struct fat_entry *entry)
{
	uint16_t wide[64];
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++) {
		wide[i] = (uint8_t)name[i];
	}
	return fat_find(&fat, directory, wide, length, entry);
}

static void for_each_shape(void (*test)(void))
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		build(&shapes[i]);
		assert_int_equal(fat_open(&fat, volume, volume_size), PLINTH_OK);
		assert_int_equal(fat.bits, shapes[i].bits);
		test();
		free(volume);
	}
}

static void read_the_file(void)
{
	struct fat_entry root;
	struct fat_entry entry;
	struct fat_cursor cursor;
	char text[1200];

	fat_root(&fat, &root);
	assert_int_equal(find(&root, "something LOONG.conf", &entry), PLINTH_OK);
	assert_int_equal(entry.size, 1200);
	cursor = fat_cursor(&entry);
	assert_int_equal(fat_read(&fat, &cursor, 0, text, 1200), PLINTH_OK);
	assert_true(text[0] == 'a' && text[511] == 'a' && text[512] == 'b' && text[1024] == 'c');
	/* Backwards, over a border. */
	assert_int_equal(fat_read(&fat, &cursor, 510, text, 4), PLINTH_OK);
	assert_memory_equal(text, "aabb", 4);
	assert_int_equal(fat_read(&fat, &cursor, 1535, text, 1), PLINTH_OK);
	assert_int_equal(fat_read(&fat, &cursor, 1536, text, 1), PLINTH_EINVAL);
	assert_int_equal(
		find(&root, "SOMETH~1.CON", &entry), PLINTH_ENOENT); /* it has a long one */
	assert_int_equal(find(&root, "empty.txt", &entry), PLINTH_OK);
	assert_int_equal(entry.size, 0);
}

static void test_files(void **state)
{
	(void)state;
	for_each_shape(read_the_file);
}

static void walk_the_directories(void)
{
	static const char *const names[] = {"Something loong.conf", "EFI", "EMPTY.TXT"};
	struct fat_entry root;
	struct fat_entry entry;
	struct fat_entry below;
	struct fat_cursor cursor;
	uint32_t position = 0;

	fat_root(&fat, &root);
	cursor = fat_cursor(&root);
	for (size_t i = 0; i < 3U; i++) {
		assert_int_equal(fat_next(&fat, &cursor, &position, &entry), PLINTH_OK);
		for (size_t c = 0; c <= strlen(names[i]); c++) {
			assert_int_equal(entry.name[c], (uint8_t)names[i][c]);
		}
	}
	assert_int_equal(fat_next(&fat, &cursor, &position, &entry), PLINTH_ENOENT);
	assert_int_equal(find(&root, "efi", &entry), PLINTH_OK);
	assert_true((entry.attributes & FAT_DIRECTORY) != 0U);
	assert_int_equal(find(&entry, "boot.efi", &below), PLINTH_OK);
	assert_int_equal(below.size, 3);
	assert_int_equal(find(&entry, "..", &below), PLINTH_OK);
	assert_int_equal(below.cluster, 0);
	assert_int_equal(find(&below, "EMPTY.TXT", &entry), PLINTH_OK);
	assert_int_equal(fat.label[4], 'L');
	assert_int_equal(fat.label[5], 0);
}

static void test_directories(void **state)
{
	(void)state;
	for_each_shape(walk_the_directories);
}

static void break_chains(void)
{
	struct fat_entry root;
	struct fat_entry entry;
	struct fat_cursor cursor;
	char text[1200];
	uint32_t position = 0;

	fat_root(&fat, &root);
	/* In circles: the file's size bounds it; a directory in circles ends too. */
	link_cluster(6, 5);
	assert_int_equal(find(&root, "Something loong.conf", &entry), PLINTH_OK);
	cursor = fat_cursor(&entry);
	assert_int_equal(fat_read(&fat, &cursor, 0, text, 1200), PLINTH_OK);
	link_cluster(5, 1);
	cursor = fat_cursor(&entry);
	assert_int_equal(fat_read(&fat, &cursor, 0, text, 1200), PLINTH_EINVAL);
	assert_int_equal(find(&root, "EFI", &entry), PLINTH_OK);
	for (uint64_t at = 96; at < SECTOR; at += 32U) {
		put_entry(cluster_at(9) + at, "FILLER     ", 0, 0, 0);
	}
	link_cluster(9, 9);
	assert_int_equal(find(&entry, "nothing", &root), PLINTH_ENOENT);
	link_cluster(9, fat.cluster_count + 2U);
	cursor = fat_cursor(&entry);
	while (fat_next(&fat, &cursor, &position, &root) == PLINTH_OK) {
	}
	assert_true(position <= SECTOR);
	entry.cluster = 1;
	position = 0;
	cursor = fat_cursor(&entry);
	assert_int_equal(fat_next(&fat, &cursor, &position, &root), PLINTH_EINVAL);
}

static void test_broken_chains(void **state)
{
	(void)state;
	for_each_shape(break_chains);
}

static void break_long_names(void)
{
	struct fat_entry root;
	struct fat_entry entry;
	uint64_t at = root_at();

	fat_root(&fat, &root);
	volume[at + 64U + 13U] ^= 1U; /* the checksum of one part */
	assert_int_equal(find(&root, "SOMETH~1.CON", &entry), PLINTH_OK);
	volume[at + 64U + 13U] ^= 1U;
	volume[at + 32U] = 0x7f; /* more parts than a name can have */
	assert_int_equal(find(&root, "SOMETH~1.CON", &entry), PLINTH_OK);
	volume[at + 32U] = 0x43; /* one is missing */
	assert_int_equal(find(&root, "SOMETH~1.CON", &entry), PLINTH_OK);
}

static void test_broken_long_names(void **state)
{
	(void)state;
	for_each_shape(break_long_names);
}

static void test_volumes_that_cannot_be(void **state)
{
	static const struct {
		uint32_t at;
		uint32_t value;
		uint32_t size;
	} bad[] = {
		{510, 0, 2},
		{11, 0, 2},
		{11, 513, 2},
		{11, 8192, 2},
		{13, 0, 1},
		{13, 3, 1},
		{14, 0, 2},
		{14, 0xffff, 2},
		{16, 0, 1},
		{16, 255, 1},
		{17, 0, 2},
		{22, 1, 2},
		{22, 0xffff, 2},
		{19, 0xffff, 2},
		{19, 10, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		build(&shapes[1]);
		memcpy(volume + bad[i].at, &bad[i].value, bad[i].size);
		if (fat_open(&fat, volume, volume_size) != PLINTH_EINVAL) {
			fail_msg("volume %zu was taken", i);
		}
		free(volume);
	}
	build(&shapes[2]);
	put32(44, 1);
	assert_int_equal(fat_open(&fat, volume, volume_size), PLINTH_EINVAL);
	put32(44, fat.cluster_count + 2U);
	assert_int_equal(fat_open(&fat, volume, volume_size), PLINTH_EINVAL);
	assert_int_equal(fat_open(&fat, volume, 511), PLINTH_EINVAL);
	free(volume);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_directories),
		cmocka_unit_test(test_broken_chains),
		cmocka_unit_test(test_broken_long_names),
		cmocka_unit_test(test_volumes_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
