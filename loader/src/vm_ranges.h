/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of a VM beside its RAM. PLINTH_EINVAL comes with the build's error written.
 */
#ifndef LOADER_VM_RANGES_H
#define LOADER_VM_RANGES_H

#include "vm_config_write.h"

/* The VM's disks: finds their images, gives them places above RAM and takes their memory from
 * *free_memory. */
enum plinth_status vm_ranges_add_disks(struct vm_build *build, uint64_t *free_memory);

/* A VM with firmware: its ROM at IPA 0, and above RAM kernel and initrd for it, read-only, as they
 * are in the bundle. */
enum plinth_status vm_ranges_add_firmware(struct vm_build *build, uint64_t *free_memory);

#endif
