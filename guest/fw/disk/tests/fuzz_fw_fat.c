/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a volume: its tree is walked and its files read, to a bound. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "disk/fat.h"

#define ENTRIES_MAX 64U
#define DEPTH_MAX   4U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t left;

static void read_ends(const struct fat *fat, const struct fat_entry *entry)
{
	struct fat_cursor cursor = fat_cursor(entry);
	uint8_t buffer[64];

	for (uint32_t offset = 0; offset < entry->size && left > 0U; left--) {
		uint32_t part = entry->size - offset < 64U ? entry->size - offset : 64U;

		if (fat_read(fat, &cursor, offset, buffer, part) != PLINTH_OK) {
			break;
		}
		offset += fat->cluster_size;
	}
}

static void walk(const struct fat *fat, const struct fat_entry *directory, uint32_t depth)
{
	struct fat_cursor cursor = fat_cursor(directory);
	struct fat_entry entry;
	uint32_t position = 0;

	while (left > 0U && fat_next(fat, &cursor, &position, &entry) == PLINTH_OK) {
		struct fat_entry found;
		size_t length = 0;

		left--;
		while (length < FAT_NAME_MAX && entry.name[length] != 0U) {
			length++;
		}
		if (length == FAT_NAME_MAX) {
			abort();
		}
		if (length > 0U &&
			fat_find(fat, directory, entry.name, length, &found) != PLINTH_OK) {
			abort();
		}
		if ((entry.attributes & FAT_DIRECTORY) == 0U) {
			read_ends(fat, &entry);
		} else if (depth > 0U) {
			walk(fat, &entry, depth - 1U);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fat_entry root;
	struct fat fat;

	if (fat_open(&fat, data, size) != PLINTH_OK) {
		return 0;
	}
	left = ENTRIES_MAX;
	fat_root(&fat, &root);
	walk(&fat, &root, DEPTH_MAX);
	return 0;
}
