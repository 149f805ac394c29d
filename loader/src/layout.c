/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include "base/bits.h"
#include "base/checked.h"
#include "base/types.h"

/* Where the part of RAM ends that the guest may use as it likes. */
static uint64_t usable_end(const struct layout_input *input)
{
	return input->ram_base + input->ram_size - input->tables_size - input->pen_size;
}

static enum plinth_status place_reserved(
	const struct layout_input *input, struct layout *layout, struct loader_error *error)
{
	uint64_t size = input->tables_size + input->pen_size;

	if (size > input->ram_size || input->kernel->end > usable_end(input)) {
		return loader_fail(error,
			"memory: 0x%llx bytes leave no room for tables and mailboxes behind the "
			"kernel",
			(unsigned long long)input->ram_size);
	}
	layout->pen = input->pen_size != 0 ? usable_end(input) : 0;
	layout->tables = input->tables_size != 0 ? usable_end(input) + input->pen_size : 0;
	return PLINTH_OK;
}

static enum plinth_status place_dtb(
	const struct layout_input *input, struct layout *layout, struct loader_error *error)
{
	const struct kernel_image *kernel = input->kernel;
	uint64_t start = align_up(kernel->end, PAGE_SIZE);

	if (kernel->kind != KERNEL_IMAGE && kernel->start - input->ram_base >= input->dtb_size) {
		layout->dtb = input->ram_base;
		return PLINTH_OK;
	}
	if (align_down(start, BLOCK_2M) != align_down(start + input->dtb_size - 1, BLOCK_2M)) {
		start = align_up(start, BLOCK_2M);
	}
	if (!range_contains(
		    input->ram_base, usable_end(input) - input->ram_base, start, input->dtb_size)) {
		return loader_fail(error,
			"memory: 0x%llx bytes leave no room for the devicetree behind the kernel",
			(unsigned long long)input->ram_size);
	}
	layout->dtb = start;
	return PLINTH_OK;
}

/* The highest address that the initrd can have at the offset of its source in `align`, with its
 * end at or below `end` and its start at or above `floor`; 0: there is none. */
static uint64_t highest_place(
	const struct layout_input *input, uint64_t floor, uint64_t end, uint64_t align)
{
	uint64_t offset = input->initrd_pa & (align - 1);
	uint64_t start;

	if (end < input->initrd_size + offset) {
		return 0;
	}
	start = align_down(end - input->initrd_size - offset, align) + offset;
	return start >= floor ? start : 0;
}

static enum plinth_status place_initrd(
	const struct layout_input *input, struct layout *layout, struct loader_error *error)
{
	const struct kernel_image *kernel = input->kernel;
	uint64_t window = align_down(kernel->start, BLOCK_1G);
	uint64_t end = min_u64(window + BLOCK_1G, usable_end(input));
	uint64_t floor = max_u64(kernel->end, layout->dtb + input->dtb_size);
	uint64_t place = highest_place(input, floor, end, BLOCK_2M);

	if (place == 0) {
		place = highest_place(input, floor, end, PAGE_SIZE);
	}
	if (place == 0) {
		return loader_fail(error,
			"initrd: 0x%llx bytes do not fit behind the kernel, between 0x%llx and "
			"0x%llx",
			(unsigned long long)input->initrd_size, (unsigned long long)floor,
			(unsigned long long)end);
	}
	layout->initrd = place;
	return PLINTH_OK;
}

enum plinth_status layout_plan(
	const struct layout_input *input, struct layout *layout, struct loader_error *error)
{
	struct layout planned = {.initrd = 0};
	enum plinth_status status = place_reserved(input, &planned, error);

	if (status == PLINTH_OK) {
		status = place_dtb(input, &planned, error);
	}
	if (status == PLINTH_OK && input->initrd_size != 0) {
		status = place_initrd(input, &planned, error);
	}
	if (status == PLINTH_OK) {
		*layout = planned;
	}
	return status;
}
