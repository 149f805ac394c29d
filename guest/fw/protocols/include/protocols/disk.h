/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks in memory as Block I/O and Disk I/O (UEFI 2.10, 13.7, 13.9), their partitions, and the FAT
 * volumes on both as file systems.
 */
#ifndef PROTOCOLS_DISK_H
#define PROTOCOLS_DISK_H

#include <stdbool.h>

#include "abi/efi.h"

/* What was found on a disk, for the console. */
struct disk_report {
	uint32_t partitions;
	uint32_t volumes;
	bool from_backup; /* the primary GPT is broken */
	bool left_out;	  /* partitions that contradict the disk or one another */
};

/* Installs a disk at [base, base + size) with all that is on it. EFI_UNSUPPORTED: it is smaller
 * than a block. */
efi_status_t disk_install(uint64_t base, uint64_t size, bool read_only, struct disk_report *report);

#endif
