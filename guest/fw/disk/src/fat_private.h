/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DISK_FAT_PRIVATE_H
#define DISK_FAT_PRIVATE_H

#include "base/string.h"
#include "disk/fat.h"

static inline uint16_t fat_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t fat_get32(const uint8_t *at)
{
	return fat_get16(at) | (uint32_t)fat_get16(at + 2) << 16;
}

/* Whether that is a cluster with data. */
static inline bool fat_is_cluster(const struct fat *fat, uint32_t cluster)
{
	return cluster >= 2U && cluster - 2U < fat->cluster_count;
}

/* Puts the cursor on the cluster with that index in its chain. False: the chain is shorter, or
 * leads out of the volume. */
bool fat_seek(const struct fat *fat, struct fat_cursor *cursor, uint32_t index);

/* Where the cluster's bytes are; it is one. */
static inline const uint8_t *fat_cluster(const struct fat *fat, uint32_t cluster)
{
	return fat->bytes + fat->data + (uint64_t)(cluster - 2U) * fat->cluster_size;
}

#endif
