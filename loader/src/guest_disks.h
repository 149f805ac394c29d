/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a VM's disks lie in its memory: what its devicetree and its NFIT say of them.
 */
#ifndef LOADER_GUEST_DISKS_H
#define LOADER_GUEST_DISKS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmdesc.h"

struct guest_disk {
	uint64_t ipa; /* multiples of 2 MiB */
	uint64_t size;
	bool is_read_only;
};

struct guest_disks {
	uint32_t count;
	struct guest_disk disk[VMDESC_DISK_MAX];
};

#endif
