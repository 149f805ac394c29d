/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition tables of a disk in memory: GPT (UEFI 2.10, 5.3), where its primary or its backup is
 * sound, else a master boot record (5.2). A disk is any bytes. Pure.
 */
#ifndef DISK_PARTITIONS_H
#define DISK_PARTITIONS_H

#include <stdbool.h>
#include <stdint.h>

#define DISK_BLOCK_SIZE	 512U
#define PARTITIONS_MAX	 128U
#define PARTITION_TO_MBR 1U
#define PARTITION_TO_GPT 2U

struct partition {
	uint32_t number;       /* from 1 */
	uint64_t start;	       /* blocks */
	uint64_t count;	       /* blocks, at least 1 */
	uint8_t signature[16]; /* GPT: its GUID; MBR: the disk's number, then zeros */
	uint8_t format;	       /* PARTITION_TO_... */
	bool is_esp;	       /* an EFI system partition by its type */
};

struct partitions {
	struct partition list[PARTITIONS_MAX];
	uint32_t count;
	bool from_backup; /* the primary GPT is broken */
	bool left_out;	  /* entries that lie outside the disk or overlap, or are too many */
};

/* Reads what there is; count 0 where the disk has no table. */
void partitions_read(struct partitions *partitions, const void *disk, uint64_t size);

#endif
