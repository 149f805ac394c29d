/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_build.h"

#include "vm_config_write.h"
#include "vm_files.h"
#include "vm_guestinfo.h"
#include "vm_made.h"
#include "vm_memory.h"

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
		status = vm_files_read_initrd(build);
	}
	if (status == PLINTH_OK) {
		status = vm_files_read_kernel(build, free_memory);
	}
	if (status == PLINTH_OK) {
		status = vm_made_write(build, free_memory);
	}
	if (status == PLINTH_OK) {
		status = vm_guestinfo_write(build, free_memory);
	}
	return status;
}

enum plinth_status vm_build(const struct vm_build_input *input, uint64_t *free_memory,
	struct vm_config *config, struct loader_error *error)
{
	struct vm_build build = {.input = input, .error = error};
	uint64_t left = *free_memory;
	enum plinth_status status = build_all(&build, &left);

	if (status != PLINTH_OK) {
		vm_memory_release(&build, &build.guestinfo);
		vm_memory_release(&build, &build.dtb);
		vm_memory_release(&build, &build.tables);
		vm_memory_release(&build, &build.pen);
		vm_memory_release(&build, &build.unpacked);
		return status;
	}
	vm_config_write(&build, config);
	*free_memory = left;
	return PLINTH_OK;
}
