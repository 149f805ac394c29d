/* SPDX-License-Identifier: Apache-2.0 */
/* The volume, chains of clusters, and files. */
#include "disk/fat.h"

#include "base/bits.h"
#include "base/checked.h"
#include "fat_private.h"

/* Offsets in the boot sector, chapter 3. */
#define BPB_BYTES_PER_SECTOR	11U
#define BPB_SECTORS_PER_CLUSTER 13U
#define BPB_RESERVED_SECTORS	14U
#define BPB_TABLES		16U
#define BPB_ROOT_ENTRIES	17U
#define BPB_SECTORS16		19U
#define BPB_TABLE_SECTORS16	22U
#define BPB_SECTORS32		32U
#define BPB_TABLE_SECTORS32	36U
#define BPB_FLAGS32		40U
#define BPB_ROOT_CLUSTER	44U
#define BS_LABEL16		43U
#define BS_LABEL32		71U
#define BS_SIGNATURE		510U
#define BS_SIGNATURE_VALUE	0xaa55U
#define BS_SIZE			512U

#define FLAGS32_ONE_TABLE 0x80U /* only the table in bits 3:0 is kept up to date */

#define LABEL_SIZE     11U
#define DIR_ENTRY_SIZE 32U

/* 3.5: by the number of clusters alone. */
#define CLUSTERS_FAT12 4085U
#define CLUSTERS_FAT16 65525U
#define CLUSTERS_MAX   0x0ffffff5U

struct geometry {
	uint64_t sector;   /* bytes */
	uint64_t reserved; /* sectors from here on */
	uint64_t tables;
	uint64_t table_size;
	uint64_t root_size;
	uint64_t total;
	uint64_t cluster;
};

static bool read_geometry(const uint8_t *boot, struct geometry *geometry)
{
	geometry->sector = fat_get16(boot + BPB_BYTES_PER_SECTOR);
	geometry->cluster = boot[BPB_SECTORS_PER_CLUSTER];
	geometry->reserved = fat_get16(boot + BPB_RESERVED_SECTORS);
	geometry->tables = boot[BPB_TABLES];
	geometry->table_size = fat_get16(boot + BPB_TABLE_SECTORS16);
	geometry->total = fat_get16(boot + BPB_SECTORS16);
	if (geometry->table_size == 0U) {
		geometry->table_size = fat_get32(boot + BPB_TABLE_SECTORS32);
	}
	if (geometry->total == 0U) {
		geometry->total = fat_get32(boot + BPB_SECTORS32);
	}
	if (!is_power_of_2(geometry->sector) || geometry->sector < 512U ||
		geometry->sector > 4096U || !is_power_of_2(geometry->cluster) ||
		geometry->reserved == 0U || geometry->tables == 0U || geometry->table_size == 0U) {
		return false;
	}
	geometry->root_size = ((uint64_t)fat_get16(boot + BPB_ROOT_ENTRIES) * DIR_ENTRY_SIZE +
				      geometry->sector - 1U) /
			      geometry->sector;
	return true;
}

static void read_label(struct fat *fat, const uint8_t *label)
{
	uint32_t length = LABEL_SIZE;

	while (length > 0U && label[length - 1U] == ' ') {
		length--;
	}
	for (uint32_t i = 0; i < length; i++) {
		fat->label[i] = label[i] >= ' ' && label[i] < 0x7fU ? label[i] : '?';
	}
	fat->label[length] = 0;
}

/* Whether the table has an entry for each cluster. */
static bool is_table_whole(const struct fat *fat, const struct geometry *geometry)
{
	uint64_t entries = (uint64_t)fat->cluster_count + 2U;

	return (entries * fat->bits + 7U) / 8U <= geometry->table_size * geometry->sector;
}

static void choose_table(struct fat *fat, const struct geometry *geometry, uint32_t flags)
{
	uint64_t number = 0;

	if (fat->bits == 32U && (flags & FLAGS32_ONE_TABLE) != 0U &&
		(flags & 0xfU) < geometry->tables) {
		number = flags & 0xfU;
	}
	fat->table = (geometry->reserved + number * geometry->table_size) * geometry->sector;
}

enum plinth_status fat_open(struct fat *fat, const void *bytes, uint64_t size)
{
	const uint8_t *boot = bytes;
	struct geometry geometry;
	uint64_t meta;

	*fat = (struct fat){.bytes = bytes, .size = size};
	if (size < BS_SIZE || fat_get16(boot + BS_SIGNATURE) != BS_SIGNATURE_VALUE ||
		!read_geometry(boot, &geometry)) {
		return PLINTH_EINVAL;
	}
	meta = geometry.reserved + geometry.tables * geometry.table_size + geometry.root_size;
	if (meta >= geometry.total || geometry.total > size / geometry.sector ||
		(geometry.total - meta) / geometry.cluster >= CLUSTERS_MAX) {
		return PLINTH_EINVAL;
	}
	fat->cluster_count = (uint32_t)((geometry.total - meta) / geometry.cluster);
	fat->cluster_size = (uint32_t)(geometry.cluster * geometry.sector);
	fat->data = meta * geometry.sector;
	fat->root_size = geometry.root_size * geometry.sector;
	fat->root = fat->data - fat->root_size;
	fat->bits = fat->cluster_count < CLUSTERS_FAT12	  ? 12U
		    : fat->cluster_count < CLUSTERS_FAT16 ? 16U
							  : 32U;
	choose_table(fat, &geometry, fat_get16(boot + BPB_FLAGS32));
	if (fat->bits == 32U) {
		fat->root_cluster = fat_get32(boot + BPB_ROOT_CLUSTER) & 0x0fffffffU;
	}
	read_label(fat, boot + (fat->bits == 32U ? BS_LABEL32 : BS_LABEL16));
	if (!is_table_whole(fat, &geometry) ||
		(fat->bits == 32U ? !fat_is_cluster(fat, fat->root_cluster)
				  : fat->root_size == 0U)) {
		return PLINTH_EINVAL;
	}
	return PLINTH_OK;
}

/* What the table says of a cluster. */
static uint32_t next_of(const struct fat *fat, uint32_t cluster)
{
	const uint8_t *table = fat->bytes + fat->table;

	switch (fat->bits) {
	case 12: {
		uint32_t pair = fat_get16(table + cluster + cluster / 2U);

		return (cluster & 1U) != 0U ? pair >> 4 : pair & 0xfffU;
	}
	case 16:
		return fat_get16(table + 2U * (uint64_t)cluster);
	default:
		return fat_get32(table + 4U * (uint64_t)cluster) & 0x0fffffffU;
	}
}

bool fat_seek(const struct fat *fat, struct fat_cursor *cursor, uint32_t index)
{
	if (index >= fat->cluster_count) {
		return false; /* a chain that long goes in circles */
	}
	if (index < cursor->index || cursor->cluster == 0U) {
		cursor->cluster = cursor->first;
		cursor->index = 0;
	}
	if (!fat_is_cluster(fat, cursor->cluster)) {
		return false;
	}
	while (cursor->index < index) {
		uint32_t next = next_of(fat, cursor->cluster);

		if (!fat_is_cluster(fat, next)) {
			return false;
		}
		cursor->cluster = next;
		cursor->index++;
	}
	return true;
}

struct fat_cursor fat_cursor(const struct fat_entry *entry)
{
	return (struct fat_cursor){.first = entry->cluster};
}

enum plinth_status fat_read(const struct fat *fat, struct fat_cursor *cursor, uint32_t offset,
	void *buffer, uint32_t size)
{
	uint8_t *out = buffer;

	while (size > 0U) {
		uint32_t within = offset % fat->cluster_size;
		uint32_t part = (uint32_t)min_u64(size, fat->cluster_size - within);

		if (!fat_seek(fat, cursor, offset / fat->cluster_size)) {
			return PLINTH_EINVAL;
		}
		memcpy(out, fat_cluster(fat, cursor->cluster) + within, part);
		out += part;
		offset += part;
		size -= part;
	}
	return PLINTH_OK;
}
