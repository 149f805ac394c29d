/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/partitions.h"

#include "base/checked.h"
#include "base/string.h"
#include "fw/text.h"

#define GPT_SIGNATURE	UINT64_C(0x5452415020494645)
#define GPT_REVISION	UINT32_C(0x00010000)
#define HEADER_SIZE_MIN 92U
#define ENTRY_SIZE_MIN	128U
#define ENTRY_SIZE_MAX	4096U
#define ENTRIES_MAX	1024U

#define PADDING_BLOCKS_MAX 4096U

#define MBR_SIGNATURE_OFFSET 510U
#define MBR_SIGNATURE	     UINT16_C(0xaa55)
#define MBR_DISK_NUMBER	     440U
#define MBR_ENTRIES	     446U
#define MBR_ENTRY_SIZE	     16U
#define MBR_ENTRY_COUNT	     4U
#define MBR_TYPE_NONE	     0x00U
#define MBR_TYPE_ESP	     0xefU
#define MBR_TYPE_PROTECTIVE  0xeeU

/* 5.3.2. On the disk it has no padding at its end. */
struct gpt_header {
	uint64_t signature;
	uint32_t revision;
	uint32_t header_size;
	uint32_t header_crc;
	uint32_t reserved;
	uint64_t own_block;
	uint64_t other_block;
	uint64_t first_usable;
	uint64_t last_usable;
	uint8_t disk_guid[16];
	uint64_t entries_block;
	uint32_t entry_count;
	uint32_t entry_size;
	uint32_t entries_crc;
};

/* 5.3.3, without the name. */
struct gpt_entry {
	uint8_t type[16];
	uint8_t guid[16];
	uint64_t first;
	uint64_t last;
	uint64_t attributes;
};

/* C12A7328-F81F-11D2-BA4B-00A0C93EC93B as it is on the disk */
static const uint8_t esp_type[16] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b,
	0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};

static bool is_header_sound(
	const uint8_t *disk, uint64_t blocks, uint64_t block, struct gpt_header *header)
{
	uint8_t copy[DISK_BLOCK_SIZE];
	uint64_t entries_size;

	memcpy(copy, disk + block * DISK_BLOCK_SIZE, sizeof(copy));
	memcpy(header, copy, sizeof(*header));
	if (header->signature != GPT_SIGNATURE || header->revision != GPT_REVISION ||
		header->header_size < HEADER_SIZE_MIN || header->header_size > DISK_BLOCK_SIZE) {
		return false;
	}
	memset(copy + offsetof(struct gpt_header, header_crc), 0, sizeof(header->header_crc));
	if (fw_crc32(copy, header->header_size) != header->header_crc ||
		header->own_block != block || header->first_usable > header->last_usable ||
		header->last_usable >= blocks) {
		return false;
	}
	if (header->entry_size < ENTRY_SIZE_MIN || header->entry_size > ENTRY_SIZE_MAX ||
		header->entry_size % 8U != 0U || header->entry_count > ENTRIES_MAX) {
		return false;
	}
	entries_size = (uint64_t)header->entry_count * header->entry_size;
	return header->entries_block < blocks &&
	       range_contains(0, blocks * DISK_BLOCK_SIZE, header->entries_block * DISK_BLOCK_SIZE,
		       entries_size) &&
	       fw_crc32(disk + header->entries_block * DISK_BLOCK_SIZE, entries_size) ==
		       header->entries_crc;
}

static bool overlaps(const struct partitions *partitions, const struct partition *one)
{
	for (uint32_t i = 0; i < partitions->count; i++) {
		if (ranges_overlap(partitions->list[i].start, partitions->list[i].count, one->start,
			    one->count)) {
			return true;
		}
	}
	return false;
}

static void add(struct partitions *partitions, const struct partition *one)
{
	if (partitions->count == PARTITIONS_MAX || overlaps(partitions, one)) {
		partitions->left_out = true;
		return;
	}
	partitions->list[partitions->count++] = *one;
}

static void read_entries(
	struct partitions *partitions, const uint8_t *disk, const struct gpt_header *header)
{
	static const uint8_t unused[16];

	for (uint32_t i = 0; i < header->entry_count; i++) {
		struct partition one = {.number = i + 1U, .format = PARTITION_TO_GPT};
		struct gpt_entry entry;

		memcpy(&entry,
			disk + header->entries_block * DISK_BLOCK_SIZE +
				(uint64_t)i * header->entry_size,
			sizeof(entry));
		if (memcmp(entry.type, unused, sizeof(unused)) == 0) {
			continue;
		}
		if (entry.first < header->first_usable || entry.last > header->last_usable ||
			entry.first > entry.last) {
			partitions->left_out = true;
			continue;
		}
		one.start = entry.first;
		one.count = entry.last - entry.first + 1U;
		memcpy(one.signature, entry.guid, sizeof(one.signature));
		one.is_esp = memcmp(entry.type, esp_type, sizeof(esp_type)) == 0;
		add(partitions, &one);
	}
}

static void read_mbr(struct partitions *partitions, const uint8_t *disk, uint64_t blocks)
{
	uint16_t signature;

	memcpy(&signature, disk + MBR_SIGNATURE_OFFSET, sizeof(signature));
	if (signature != MBR_SIGNATURE) {
		return;
	}
	for (uint32_t i = 0; i < MBR_ENTRY_COUNT; i++) {
		const uint8_t *entry = disk + MBR_ENTRIES + i * MBR_ENTRY_SIZE;
		struct partition one = {.number = i + 1U, .format = PARTITION_TO_MBR};
		uint32_t start;
		uint32_t count;

		memcpy(&start, entry + 8, sizeof(start));
		memcpy(&count, entry + 12, sizeof(count));
		/* The first byte is 0 or 0x80: else it is the code of a volume without partitions.
		 */
		if ((entry[0] & 0x7fU) != 0U || entry[4] == MBR_TYPE_NONE ||
			entry[4] == MBR_TYPE_PROTECTIVE || count == 0U) {
			continue;
		}
		if (!range_contains(0, blocks, start, count)) {
			partitions->left_out = true;
			continue;
		}
		one.start = start;
		one.count = count;
		memcpy(one.signature, disk + MBR_DISK_NUMBER, sizeof(uint32_t));
		one.is_esp = entry[4] == MBR_TYPE_ESP;
		add(partitions, &one);
	}
}

/* Where the backup's header is: in the last block, or before the zeros that a disk's image was
 * padded with (docs/vm.md: to 2 MiB). */
static uint64_t backup_block(const uint8_t *disk, uint64_t blocks)
{
	static const uint8_t zeros[DISK_BLOCK_SIZE];
	uint64_t block = blocks - 1U;
	uint64_t lowest = blocks > PADDING_BLOCKS_MAX ? blocks - PADDING_BLOCKS_MAX : 2U;

	while (block > lowest &&
		memcmp(disk + block * DISK_BLOCK_SIZE, zeros, DISK_BLOCK_SIZE) == 0) {
		block--;
	}
	return block;
}

void partitions_read(struct partitions *partitions, const void *disk, uint64_t size)
{
	uint64_t blocks = size / DISK_BLOCK_SIZE;
	struct gpt_header header;

	partitions->count = 0;
	partitions->from_backup = false;
	partitions->left_out = false;
	if (blocks < 3U) {
		return;
	}
	if (is_header_sound(disk, blocks, 1, &header)) {
		read_entries(partitions, disk, &header);
		return;
	}
	if (is_header_sound(disk, blocks, backup_block(disk, blocks), &header)) {
		partitions->from_backup = true;
		read_entries(partitions, disk, &header);
		return;
	}
	read_mbr(partitions, disk, blocks);
}
