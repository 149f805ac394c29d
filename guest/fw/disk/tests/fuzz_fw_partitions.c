/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a disk; checksums are made right first, so that numbers behind them are reached. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "disk/partitions.h"
#include "fw/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(uint8_t *disk, size_t size)
{
	uint32_t numbers[3];
	uint64_t block;

	if (size < 3U * DISK_BLOCK_SIZE) {
		return;
	}
	memcpy(&block, disk + 512 + 72, sizeof(block));
	memcpy(numbers, disk + 512 + 80, sizeof(numbers));
	uint64_t entries = (uint64_t)numbers[0] * numbers[1];

	if (block < size / DISK_BLOCK_SIZE && entries <= size - block * DISK_BLOCK_SIZE) {
		numbers[2] = fw_crc32(disk + block * DISK_BLOCK_SIZE, entries);
		memcpy(disk + 512 + 88, &numbers[2], sizeof(numbers[2]));
	}
	memset(disk + 512 + 16, 0, 4);
	memcpy(numbers, disk + 512 + 12, 4);
	if (numbers[0] <= DISK_BLOCK_SIZE) {
		numbers[0] = fw_crc32(disk + 512, numbers[0]);
		memcpy(disk + 512 + 16, numbers, 4);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct partitions found;
	uint8_t *disk = malloc(size > 0U ? size : 1U);

	if (disk == NULL) {
		return 0;
	}
	memcpy(disk, data, size);
	seal(disk, size);
	partitions_read(&found, disk, size);
	for (uint32_t i = 0; i < found.count; i++) {
		if (found.list[i].count == 0U ||
			found.list[i].start + found.list[i].count > size / DISK_BLOCK_SIZE) {
			abort();
		}
	}
	free(disk);
	return 0;
}
