/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FAT12, FAT16 and FAT32 with long names, for reading (Microsoft, FAT32 File System Specification
 * 1.03). A volume lies in memory and is any bytes: nothing outside of it is read, and no walk is
 * longer than the volume. Pure.
 */
#ifndef DISK_FAT_H
#define DISK_FAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define FAT_NAME_MAX 256U /* characters of a name, with its NUL */

#define FAT_READ_ONLY 0x01U
#define FAT_HIDDEN    0x02U
#define FAT_SYSTEM    0x04U
#define FAT_LABEL     0x08U
#define FAT_DIRECTORY 0x10U
#define FAT_ARCHIVE   0x20U

struct fat {
	const uint8_t *bytes;
	uint64_t size;
	uint32_t bits; /* 12, 16, 32 */
	uint32_t cluster_size;
	uint32_t cluster_count; /* numbers are 2 to cluster_count + 1 */
	uint64_t table;		/* offsets in bytes */
	uint64_t root;		/* FAT12 and FAT16: of the root directory */
	uint64_t root_size;
	uint64_t data;	       /* of cluster 2 */
	uint32_t root_cluster; /* FAT32 */
	uint16_t label[12];    /* ends with a NUL */
};

struct fat_entry {
	uint16_t name[FAT_NAME_MAX];
	uint8_t attributes;
	uint32_t size;	  /* of a file; 0 of a directory */
	uint32_t cluster; /* 0: no data; of a directory: the root */
	uint16_t date;	  /* of the last change, as FAT has it */
	uint16_t time;
	uint16_t created_date;
	uint16_t created_time;
	uint16_t accessed_date;
};

/* A place in a directory, or in a file. */
struct fat_cursor {
	uint32_t first;	  /* cluster; 0: the root directory */
	uint32_t cluster; /* that `index` is in */
	uint32_t index;	  /* of that cluster in the chain */
};

/* PLINTH_EINVAL: no FAT volume, or its numbers contradict one another or the size. */
enum plinth_status fat_open(struct fat *fat, const void *bytes, uint64_t size);

/* The root directory as an entry. */
void fat_root(const struct fat *fat, struct fat_entry *entry);

/* The next entry of a directory at or behind *position (in bytes), which then is behind it. ENOENT:
 * there is none. EINVAL: the directory is broken. */
enum plinth_status fat_next(const struct fat *fat, struct fat_cursor *cursor, uint32_t *position,
	struct fat_entry *entry);

/* The entry of that name, which ends at `length`; ASCII's case does not matter. ENOENT, EINVAL. */
enum plinth_status fat_find(const struct fat *fat, const struct fat_entry *directory,
	const uint16_t *name, size_t length, struct fat_entry *entry);

/* A cursor at the start of what the entry names. */
struct fat_cursor fat_cursor(const struct fat_entry *entry);

/* Reads `size` bytes of a file at `offset`, both within its size. EINVAL: its chain of clusters
 * ends too early or leaves the volume. */
enum plinth_status fat_read(const struct fat *fat, struct fat_cursor *cursor, uint32_t offset,
	void *buffer, uint32_t size);

#endif
