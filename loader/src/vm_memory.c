/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_memory.h"

#include "base/bits.h"
#include "base/checked.h"

enum plinth_status vm_memory_take_range(
	struct vm_build *build, const char *property, uint64_t size, uint64_t *free_memory)
{
	bool is_overcommitted = (build->desc.flags & VM_FLAG_OVERCOMMIT) != 0;
	uint64_t all = build->input->loader->host.free_memory;
	uint64_t limit = is_overcommitted ? all : *free_memory;

	if (size > limit) {
		return loader_fail(build->error, "%s: 0x%llx bytes, of 0x%llx only 0x%llx are free",
			property, (unsigned long long)size, (unsigned long long)all,
			(unsigned long long)limit);
	}
	if (!is_overcommitted) {
		*free_memory -= size;
	}
	return PLINTH_OK;
}

/* RAM at the machine's own addresses. In one gigabyte where that can be, since kernels want their
 * initrd in the one that they lie in. */
static enum plinth_status take_direct(struct vm_build *build, uint64_t *free_memory)
{
	const struct loader *loader = build->input->loader;
	struct vmdesc *desc = &build->desc;
	struct vm_block ram = {.size = desc->memory};
	enum plinth_status status = vm_memory_take_range(build, "memory", ram.size, free_memory);

	if (status != PLINTH_OK) {
		return status;
	}
	status = loader->ops->alloc(loader->ctx, ram.size, BLOCK_1G, &ram.pa, &ram.va);
	if (status != PLINTH_OK) {
		status = loader->ops->alloc(loader->ctx, ram.size, BLOCK_2M, &ram.pa, &ram.va);
	}
	if (status == PLINTH_OK) {
		build->ram = ram;
		desc->ram_base = ram.pa.v;
	}
	/* Zero where there is none. */
	return ram.pa.v >= VM_RAM_BASE &&
			       range_contains(0, BIT(loader->host.ipa_bits), ram.pa.v, ram.size)
		       ? PLINTH_OK
		       : loader_fail(build->error,
				 "memory: memory-direct: no 0x%llx bytes in one piece where a VM's "
				 "RAM can be",
				 (unsigned long long)ram.size);
}

enum plinth_status vm_memory_take(struct vm_build *build, uint64_t *free_memory)
{
	const struct vmdesc *desc = &build->desc;
	enum plinth_status status =
		(desc->flags & VM_FLAG_MEMORY_DIRECT) != 0
			? take_direct(build, free_memory)
			: vm_memory_take_range(build, "memory", desc->memory, free_memory);

	if (status != PLINTH_OK) {
		return status;
	}
	if (desc->overhead > *free_memory) {
		return loader_fail(build->error, "overhead: 0x%llx bytes, only 0x%llx are free",
			(unsigned long long)desc->overhead, (unsigned long long)*free_memory);
	}
	*free_memory -= desc->overhead;
	return PLINTH_OK;
}

enum plinth_status vm_memory_allocate(struct vm_build *build, uint64_t size, uint64_t *free_memory,
	const char *property, struct vm_block *block)
{
	const struct loader *loader = build->input->loader;
	struct vm_block new = {.size = align_up(size, PAGE_SIZE)};
	uint64_t align = new.size >= BLOCK_2M ? BLOCK_2M : PAGE_SIZE;

	if (new.size > *free_memory ||
		loader->ops->alloc(loader->ctx, new.size, align, &new.pa, &new.va) != PLINTH_OK) {
		return loader_fail(build->error, "%s: no memory for 0x%llx bytes", property,
			(unsigned long long)new.size);
	}
	*free_memory -= new.size;
	*block = new;
	return PLINTH_OK;
}

void vm_memory_release(struct vm_build *build, struct vm_block *block)
{
	const struct loader *loader = build->input->loader;

	if (block->size != 0) {
		loader->ops->free(loader->ctx, block->size, block->pa, block->va);
		block->size = 0;
	}
}
