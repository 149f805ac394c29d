/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_ranges.h"

#include "base/bits.h"
#include "base/check.h"
#include "base/fmt.h"
#include "vm_files.h"
#include "vm_memory.h"

/* "disk@ffffffff: image" */
#define PROPERTY_SIZE (VMDESC_DISK_NAME_SIZE + 8U)

/* The first free address above RAM. RAM has its gigabytes to itself (abi/vm_config.h), each range
 * its blocks of 2 MiB: Linux maps no smaller pieces of persistent memory. */
static uint64_t next_place(const struct vm_build *build)
{
	uint64_t place = align_up(VM_RAM_BASE + build->desc.memory, BLOCK_1G);

	for (uint32_t i = 0; i < build->range_count; i++) {
		const struct vm_build_range *range = &build->ranges[i];

		place = max_u64(place, align_up(range->ipa + range->size, BLOCK_2M));
	}
	return place;
}

/* Gives the range its place. `property`: what it is for. */
static enum plinth_status add(
	struct vm_build *build, const char *property, const struct vm_build_range *range)
{
	uint64_t end = min_u64(BIT(build->input->loader->host.ipa_bits), VMDESC_RAM_END_MAX);
	uint64_t place = next_place(build);

	if (place > end || range->size > end - place) {
		return loader_fail(build->error,
			"%s: 0x%llx bytes do not fit between 0x%llx and 0x%llx", property,
			(unsigned long long)range->size, (unsigned long long)place,
			(unsigned long long)end);
	}
	PLINTH_CHECK(build->range_count < VM_RANGE_MAX);
	build->ranges[build->range_count] = *range;
	build->ranges[build->range_count++].ipa = place;
	return PLINTH_OK;
}

/* Memory that the range takes beside its image's: a read-only one none, if its pages can be shown
 * where they are, but for the last one. */
static uint64_t memory_of(const struct vm_build_range *range)
{
	bool is_in_place =
		(range->flags & VM_RANGE_READ_ONLY) != 0 && is_aligned(range->source.v, PAGE_SIZE);

	return is_in_place ? range->size - align_down(range->source_size, PAGE_SIZE) : range->size;
}

static enum plinth_status find_image(
	struct vm_build *build, const struct vmdesc_disk *disk, struct vm_build_range *range)
{
	const struct loader *loader = build->input->loader;
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
	range->source = loader->ops->pa_of(loader->ctx, file.data);
	range->source_size = file.size;
	return PLINTH_OK;
}

static enum plinth_status add_disk(
	struct vm_build *build, const struct vmdesc_disk *disk, uint64_t *free_memory)
{
	struct vm_build_range range = {
		.size = disk->size, .flags = disk->is_read_only ? VM_RANGE_READ_ONLY : 0};
	enum plinth_status status = find_image(build, disk, &range);

	if (status == PLINTH_OK) {
		status = add(build, disk->name, &range);
	}
	if (status == PLINTH_OK) {
		status = vm_memory_take_range(build, disk->name, memory_of(&range), free_memory);
	}
	if (status == PLINTH_OK) {
		build->disks.disk[build->disks.count++] = (struct guest_disk){
			build->ranges[build->range_count - 1].ipa, range.size, disk->is_read_only};
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
