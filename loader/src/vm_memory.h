/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounting of the machine's memory while VMs are built. PLINTH_EINVAL comes with the build's
 * error written.
 */
#ifndef LOADER_VM_MEMORY_H
#define LOADER_VM_MEMORY_H

#include "vm_config_write.h"

/* Takes the VM's RAM and overhead from *free_memory. A VM with overcommit may start although its
 * memory is promised to others, but none may have more than the machine. */
enum plinth_status vm_memory_take(struct vm_build *build, uint64_t *free_memory);

/* The same for memory of a range beside RAM; `property` is what it is for. */
enum plinth_status vm_memory_take_range(
	struct vm_build *build, const char *property, uint64_t size, uint64_t *free_memory);

/* Allocates at least `size` bytes for *block, and takes them from *free_memory. `property` is
 * what they are for. From 2 MiB on they are aligned to 2 MiB. */
enum plinth_status vm_memory_allocate(struct vm_build *build, uint64_t size, uint64_t *free_memory,
	const char *property, struct vm_block *block);

/* Gives the block back, if it is allocated. In the reverse order of allocation. */
void vm_memory_release(struct vm_build *build, struct vm_block *block);

#endif
