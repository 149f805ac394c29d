/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_ranges.h"

#include "base/bits.h"
#include "base/check.h"
#include "base/fmt.h"
#include "vm_files.h"
#include "vm_memory.h"

/* "disk@ffffffff: image" */
#define PROPERTY_SIZE (VMDESC_DISK_NAME_SIZE + 8U)

#define FIRMWARE_MAX MIB(64) /* the flash that is there on QEMU's virt */

/* The first free address above RAM. RAM has its gigabytes to itself (abi/vm_config.h), each range
 * its blocks of 2 MiB: Linux maps no smaller pieces of persistent memory. */
static uint64_t next_place(const struct vm_build *build)
{
	uint64_t next = align_up(build->desc.ram_base + build->desc.memory, BLOCK_1G);

	for (uint32_t i = 0; i < build->range_count; i++) {
		const struct vm_build_range *range = &build->ranges[i];

		next = max_u64(next, align_up(range->ipa + range->size, BLOCK_2M));
	}
	return next;
}

/* Gives the range a place above RAM. `property`: what it is for. */
static enum plinth_status place(
	struct vm_build *build, const char *property, struct vm_build_range *range)
{
	uint64_t end = min_u64(BIT(build->input->loader->host.ipa_bits), VMDESC_RAM_END_MAX);

	range->ipa = next_place(build);
	if (range->ipa > end || range->size > end - range->ipa) {
		return loader_fail(build->error,
			"%s: 0x%llx bytes do not fit between 0x%llx and 0x%llx", property,
			(unsigned long long)range->size, (unsigned long long)range->ipa,
			(unsigned long long)end);
	}
	return PLINTH_OK;
}

/* Memory that the range takes beside its image's: of a read-only one only what cannot be shown
 * where it is, at least its last page, and one page for all zeroes. */
static uint64_t memory_of(const struct vm_build_range *range)
{
	bool is_in_place = is_aligned(range->source.v, PAGE_SIZE);

	if ((range->flags & VM_RANGE_READ_ONLY) == 0) {
		return range->size;
	}
	return PAGE_SIZE + (is_in_place ? PAGE_SIZE : align_up(range->source_size, PAGE_SIZE));
}

/* Takes the range, which has its place, and its memory. */
static enum plinth_status add(struct vm_build *build, const char *property,
	const struct vm_build_range *range, uint64_t *free_memory)
{
	PLINTH_CHECK(build->range_count < VM_RANGE_MAX);
	build->ranges[build->range_count++] = *range;
	return vm_memory_take_range(build, property, memory_of(range), free_memory);
}

static void set_source(
	const struct vm_build *build, const struct cpio_entry *file, struct vm_build_range *range)
{
	const struct loader *loader = build->input->loader;

	range->source = loader->ops->pa_of(loader->ctx, file->data);
	range->source_size = file->size;
}

static enum plinth_status find_image(
	struct vm_build *build, const struct vmdesc_disk *disk, struct vm_build_range *range)
{
	char property[PROPERTY_SIZE];
	struct cpio_entry file;
	enum plinth_status status;

	if (disk->image == NULL) {
		return PLINTH_OK;
	}
	(void)fmt_buf(property, sizeof(property), "%s: image", disk->name);
	status = vm_files_find(build, property, disk->image, &file);
	if (status != PLINTH_OK) {
		return status;
	}
	if (range->size == 0) {
		range->size = align_up(file.size, BLOCK_2M);
	}
	if (file.size > range->size) {
		return loader_fail(build->error, "%s: has 0x%x bytes, more than the disk's 0x%llx",
			property, file.size, (unsigned long long)range->size);
	}
	set_source(build, &file, range);
	return PLINTH_OK;
}

static enum plinth_status add_disk(
	struct vm_build *build, const struct vmdesc_disk *disk, uint64_t *free_memory)
{
	struct vm_build_range range = {
		.size = disk->size, .flags = disk->is_read_only ? VM_RANGE_READ_ONLY : 0};
	enum plinth_status status = find_image(build, disk, &range);

	if (status == PLINTH_OK) {
		status = place(build, disk->name, &range);
	}
	if (status == PLINTH_OK) {
		status = add(build, disk->name, &range, free_memory);
	}
	if (status == PLINTH_OK) {
		build->disks.disk[build->disks.count++] =
			(struct guest_disk){range.ipa, range.size, disk->is_read_only};
	}
	return status;
}

enum plinth_status vm_ranges_add_disks(struct vm_build *build, uint64_t *free_memory)
{
	enum plinth_status status = PLINTH_OK;

	for (uint32_t i = 0; i < build->desc.disk_count && status == PLINTH_OK; i++) {
		status = add_disk(build, &build->desc.disks[i], free_memory);
	}
	return status;
}

/* Plinth's own firmware serves all VMs of a bundle. */
static enum plinth_status find_firmware(struct vm_build *build, struct cpio_entry *file)
{
	const struct vm_build_input *input = build->input;

	if (build->desc.firmware != NULL) {
		return vm_files_find(build, "firmware", build->desc.firmware, file);
	}
	if (cpio_find(input->archive, "", LOADER_FIRMWARE_FILE, file) != PLINTH_OK ||
		file->size == 0) {
		return loader_fail(build->error,
			"firmware: %s is missing at the bundle's top, where ./plinth pack puts it",
			LOADER_FIRMWARE_FILE);
	}
	return PLINTH_OK;
}

static enum plinth_status add_rom(struct vm_build *build, uint64_t *free_memory)
{
	struct vm_build_range range = {.flags = VM_RANGE_READ_ONLY};
	struct cpio_entry file;
	enum plinth_status status = find_firmware(build, &file);

	if (status != PLINTH_OK) {
		return status;
	}
	if (file.size > FIRMWARE_MAX) {
		return loader_fail(build->error, "firmware: has 0x%x bytes, more than 0x%llx",
			file.size, (unsigned long long)FIRMWARE_MAX);
	}
	range.size = align_up(file.size, PAGE_SIZE);
	if (build->desc.firmware != NULL) {
		/* Zeroes as in QEMU's flash: U-Boot reads its .bss there until it has moved to
		 * RAM, and looks for its environment in the second one. */
		range.size = VM_DEVICES_BASE;
	}
	set_source(build, &file, &range);
	return add(build, "firmware", &range, free_memory);
}

/* A file of the VM, whole and unchanged; none where it has no name. */
static enum plinth_status add_file(struct vm_build *build, const char *property, const char *name,
	struct guest_piece *piece, uint64_t *free_memory)
{
	struct vm_build_range range = {.flags = VM_RANGE_READ_ONLY};
	struct cpio_entry file;
	enum plinth_status status;

	if (name == NULL) {
		return PLINTH_OK;
	}
	status = vm_files_find(build, property, name, &file);
	if (status != PLINTH_OK) {
		return status;
	}
	range.size = align_up(file.size, PAGE_SIZE);
	set_source(build, &file, &range);
	status = place(build, property, &range);
	*piece = (struct guest_piece){range.ipa, file.size};
	return status == PLINTH_OK ? add(build, property, &range, free_memory) : status;
}

enum plinth_status vm_ranges_add_firmware(struct vm_build *build, uint64_t *free_memory)
{
	const struct vmdesc *desc = &build->desc;
	enum plinth_status status = add_rom(build, free_memory);

	if (status == PLINTH_OK) {
		status = add_file(
			build, "kernel", desc->kernel, &build->for_firmware.kernel, free_memory);
	}
	if (status == PLINTH_OK) {
		status = add_file(
			build, "initrd", desc->initrd, &build->for_firmware.initrd, free_memory);
	}
	return status;
}
