/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_files.h"

#include "base/string.h"
#include "kernel_unpack.h"
#include "vm_memory.h"

enum plinth_status vm_files_find(
	struct vm_build *build, const char *property, const char *name, struct cpio_entry *file)
{
	const struct vm_build_input *input = build->input;
	enum plinth_status status = cpio_find(input->archive, input->name, name, file);

	if (status == PLINTH_ENOENT) {
		return loader_fail(
			build->error, "%s: file \"%s\" is not in the bundle", property, name);
	}
	if (status != PLINTH_OK) {
		return loader_fail(build->error, "%s: \"%s\" is no regular file", property, name);
	}
	if (file->size == 0) {
		return loader_fail(build->error, "%s: file \"%s\" is empty", property, name);
	}
	return PLINTH_OK;
}

enum plinth_status vm_files_check_name(struct vm_build *build)
{
	const char *name = build->input->name;
	size_t length = strlen(name);

	if (length >= VM_NAME_SIZE) {
		return loader_fail(build->error, "folder: the name is longer than %u characters",
			VM_NAME_SIZE - 1);
	}
	for (size_t i = 0; i < length; i++) {
		char c = name[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') {
			return loader_fail(build->error,
				"folder: the name has characters other than letters, digits, '-', "
				"'_' and '.'");
		}
	}
	return PLINTH_OK;
}

enum plinth_status vm_files_read_description(struct vm_build *build)
{
	const struct loader *loader = build->input->loader;
	size_t size;
	enum plinth_status status = vm_files_find(build, "vm.dtb", "vm.dtb", &build->dtb_file);

	if (status != PLINTH_OK) {
		return status;
	}
	size = build->dtb_file.size;
	if (size > LOADER_VM_DTB_MAX) {
		return loader_fail(build->error, "vm.dtb: has %zu bytes, more than %llu", size,
			(unsigned long long)LOADER_VM_DTB_MAX);
	}
	/* cpio aligns to 4, libfdt wants 8. */
	memcpy(loader->scratch, build->dtb_file.data, size);
	return vmdesc_parse(loader->scratch, size, &loader->host, &build->desc, build->error);
}

static enum plinth_status unpack_kernel(struct vm_build *build, uint64_t *free_memory)
{
	uint8_t *zlib_memory = (uint8_t *)build->input->loader->scratch + LOADER_VM_DTB_MAX;
	struct kernel_packed packed;
	enum plinth_status status = kernel_unpack_plan(build->kernel_file.data,
		build->kernel_file.size, build->desc.memory, &packed, build->error);

	if (status == PLINTH_OK) {
		status = vm_memory_allocate(
			build, packed.unpacked_size, free_memory, "kernel", &build->unpacked);
	}
	if (status != PLINTH_OK) {
		return status;
	}
	build->kernel_bytes = build->unpacked.va;
	build->kernel_size = packed.unpacked_size;
	build->kernel_pa = build->unpacked.pa;
	return kernel_unpack(
		&packed, build->unpacked.va, zlib_memory, LOADER_ZLIB_SIZE, build->error);
}

enum plinth_status vm_files_read_kernel(struct vm_build *build, uint64_t *free_memory)
{
	const struct loader *loader = build->input->loader;
	enum plinth_status status =
		vm_files_find(build, "kernel", build->desc.kernel, &build->kernel_file);

	if (status != PLINTH_OK) {
		return status;
	}
	if (kernel_unpack_is_packed(build->kernel_file.data, build->kernel_file.size)) {
		status = unpack_kernel(build, free_memory);
	} else {
		build->kernel_bytes = build->kernel_file.data;
		build->kernel_size = build->kernel_file.size;
		build->kernel_pa = loader->ops->pa_of(loader->ctx, build->kernel_file.data);
	}
	if (status != PLINTH_OK) {
		return status;
	}
	return kernel_image_parse(build->kernel_bytes, build->kernel_size,
		(struct kernel_ram){build->desc.ram_base, build->desc.memory},
		loader->host.granules, &build->kernel, build->error);
}

enum plinth_status vm_files_read_initrd(struct vm_build *build)
{
	const struct loader *loader = build->input->loader;
	enum plinth_status status;

	if (build->desc.initrd == NULL) {
		return PLINTH_OK;
	}
	status = vm_files_find(build, "initrd", build->desc.initrd, &build->initrd_file);
	if (status == PLINTH_OK) {
		build->initrd_pa = loader->ops->pa_of(loader->ctx, build->initrd_file.data);
	}
	return status;
}
