/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_image.h"

#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "kernel_formats.h"

static uint64_t read_le(const struct kernel_file *file, uint64_t offset, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = bytes; i-- > 0;) {
		value = value << 8 | file->bytes[offset + i];
	}
	return value;
}

uint16_t kernel_file_u16(const struct kernel_file *file, uint64_t offset)
{
	return (uint16_t)read_le(file, offset, 2);
}

uint32_t kernel_file_u32(const struct kernel_file *file, uint64_t offset)
{
	return (uint32_t)read_le(file, offset, 4);
}

uint64_t kernel_file_u64(const struct kernel_file *file, uint64_t offset)
{
	return read_le(file, offset, 8);
}

bool kernel_file_has(
	const struct kernel_file *file, uint64_t offset, const void *bytes, size_t length)
{
	return range_contains(0, file->size, offset, length) &&
	       memcmp(file->bytes + offset, bytes, length) == 0;
}

static void flat_parse(const struct kernel_file *file, struct kernel_image *image)
{
	image->kind = KERNEL_FLAT;
	image->segment_count = 1;
	image->segments[0] = (struct kernel_segment){
		.ipa = file->ram.base + KERNEL_FLAT_OFFSET,
		.file_size = file->size,
		.memory_size = file->size,
	};
	image->entry = image->segments[0].ipa;
}

/* Each segment in RAM and apart from those before it; the hull of them all. */
static enum plinth_status check_segments(
	const struct kernel_file *file, struct kernel_image *image, struct loader_error *error)
{
	image->start = UINT64_MAX;
	image->end = 0;
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct kernel_segment *s = &image->segments[i];

		if (!range_contains(file->ram.base, file->ram.size, s->ipa, s->memory_size)) {
			return loader_fail(error,
				"kernel: needs 0x%llx bytes at 0x%llx, RAM is 0x%llx at 0x%llx",
				(unsigned long long)s->memory_size, (unsigned long long)s->ipa,
				(unsigned long long)file->ram.size,
				(unsigned long long)file->ram.base);
		}
		for (uint32_t j = 0; j < i; j++) {
			const struct kernel_segment *other = &image->segments[j];

			if (ranges_overlap(
				    s->ipa, s->memory_size, other->ipa, other->memory_size)) {
				return loader_fail(error,
					"kernel: ELF segments %u and %u overlap at 0x%llx", j, i,
					(unsigned long long)max_u64(s->ipa, other->ipa));
			}
		}
		image->start = min_u64(image->start, s->ipa);
		image->end = max_u64(image->end, s->ipa + s->memory_size);
	}
	return PLINTH_OK;
}

static enum plinth_status parse_format(
	const struct kernel_file *file, struct kernel_image *image, struct loader_error *error)
{
	const char *foreign;

	if (linux_image_is(file)) {
		return linux_image_parse(file, image, error);
	}
	if (elf_is(file)) {
		return elf_parse(file, image, error);
	}
	foreign = kernel_foreign_name(file);
	if (foreign != NULL) {
		return loader_fail(error, "kernel: is %s", foreign);
	}
	flat_parse(file, image);
	return PLINTH_OK;
}

enum plinth_status kernel_image_parse(const void *bytes, size_t size, struct kernel_ram ram,
	uint32_t granules, struct kernel_image *image, struct loader_error *error)
{
	struct kernel_file file = {bytes, size, ram, granules};
	enum plinth_status status;

	if (size == 0) {
		return loader_fail(error, "kernel: is empty");
	}
	*image = (struct kernel_image){.segment_count = 0};
	status = parse_format(&file, image, error);
	return status == PLINTH_OK ? check_segments(&file, image, error) : status;
}
