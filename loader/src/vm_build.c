/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_build.h"

#include "base/compiler.h"
#include "base/string.h"
#include "vm_config_write.h"
#include "vm_files.h"
#include "vm_guestinfo.h"
#include "vm_made.h"
#include "vm_memory.h"
#include "vm_ranges.h"

STATIC_ASSERT(sizeof(struct vm_build) <= LOADER_BUILD_SIZE, "it lies in the scratch area");

/* Devices of the machine. */
static enum plinth_status find_assigned(struct vm_build *build)
{
	const struct assigned_input input = {build->input->loader, &build->desc,
		build->input->others, build->input->other_count};
	enum plinth_status status = assigned_find(&input, &build->assigned, build->error);

	build->desc.assigned_bound = build->assigned.bound;
	return status;
}

/* Plinth itself puts kernel and initrd into RAM. */
static enum plinth_status read_kernel(struct vm_build *build, uint64_t *free_memory)
{
	enum plinth_status status = vm_files_read_initrd(build);

	return status == PLINTH_OK ? vm_files_read_kernel(build, free_memory) : status;
}

static enum plinth_status build_all(struct vm_build *build, uint64_t *free_memory)
{
	enum plinth_status status = vm_files_check_name(build);

	if (status == PLINTH_OK) {
		status = vm_files_read_description(build);
	}
	if (status == PLINTH_OK) {
		status = vm_memory_take(build, free_memory);
	}
	if (status == PLINTH_OK) {
		status = find_assigned(build);
	}
	if (status == PLINTH_OK) {
		status = vmdesc_has_firmware(&build->desc)
				 ? vm_ranges_add_firmware(build, free_memory)
				 : read_kernel(build, free_memory);
	}
	if (status == PLINTH_OK) {
		status = vm_ranges_add_disks(build, free_memory);
	}
	if (status == PLINTH_OK) {
		status = vm_made_write(build, free_memory);
	}
	if (status == PLINTH_OK) {
		status = vm_guestinfo_write(build, free_memory);
	}
	return status;
}

/* Too large for the stack. */
static struct vm_build *build_memory(const struct loader *loader)
{
	return (struct vm_build *)(void *)((uint8_t *)loader->scratch + LOADER_VM_DTB_MAX +
					   LOADER_ZLIB_SIZE);
}

enum plinth_status vm_build(const struct vm_build_input *input, uint64_t *free_memory,
	struct vm_config *config, struct loader_error *error)
{
	struct vm_build *build = build_memory(input->loader);
	uint64_t left = *free_memory;
	enum plinth_status status;

	memset(build, 0, sizeof(*build));
	build->input = input;
	build->error = error;
	status = build_all(build, &left);

	if (status != PLINTH_OK) {
		vm_memory_release(build, &build->guestinfo);
		vm_memory_release(build, &build->dtb);
		vm_memory_release(build, &build->tables);
		vm_memory_release(build, &build->pen);
		vm_memory_release(build, &build->unpacked);
		vm_memory_release(build, &build->ram);
		return status;
	}
	vm_config_write(build, config);
	*free_memory = left;
	return PLINTH_OK;
}
