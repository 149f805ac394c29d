/* SPDX-License-Identifier: Apache-2.0 */
/* arm64 Linux Image: Documentation/arm64/booting.rst of Linux, "Call the kernel image". */
#include "base/bits.h"
#include "kernel_formats.h"
#include "loader/loader.h"

#define HEADER_SIZE	   64U
#define TEXT_OFFSET_OFFSET 8U
#define IMAGE_SIZE_OFFSET  16U
#define FLAGS_OFFSET	   24U
#define MAGIC_OFFSET	   56U

#define FLAG_BIG_ENDIAN	 BIT(0)
#define FLAGS_PAGE_SHIFT 1
#define FLAGS_PAGE_WIDTH 2

bool linux_image_is(const struct kernel_file *file)
{
	return file->size >= HEADER_SIZE && kernel_file_has(file, MAGIC_OFFSET, "ARM\x64", 4);
}

/* The page size that the kernel was built for; 0 says that it does not tell. */
static enum plinth_status check_flags(
	const struct kernel_file *file, uint64_t flags, struct loader_error *error)
{
	static const struct {
		uint32_t granule;
		unsigned kib;
	} sizes[] = {
		[1] = {LOADER_GRANULE_4K, 4},
		[2] = {LOADER_GRANULE_16K, 16},
		[3] = {LOADER_GRANULE_64K, 64},
	};
	uint64_t page = FIELD_GET(flags, FLAGS_PAGE);

	if ((flags & FLAG_BIG_ENDIAN) != 0) {
		return loader_fail(error, "kernel: is a big-endian Image");
	}
	if (page != 0 && file->granules != 0 && (file->granules & sizes[page].granule) == 0) {
		return loader_fail(error,
			"kernel: wants pages of %u KiB, which this machine does not have",
			sizes[page].kib);
	}
	return PLINTH_OK;
}

enum plinth_status linux_image_parse(
	const struct kernel_file *file, struct kernel_image *image, struct loader_error *error)
{
	uint64_t text_offset = kernel_file_u64(file, TEXT_OFFSET_OFFSET);
	uint64_t image_size = kernel_file_u64(file, IMAGE_SIZE_OFFSET);
	enum plinth_status status = check_flags(file, kernel_file_u64(file, FLAGS_OFFSET), error);

	if (status != PLINTH_OK) {
		return status;
	}
	if (image_size == 0) {
		return loader_fail(error,
			"kernel: Image without image_size (Linux before 3.17) is not supported");
	}
	if (text_offset >= file->ram.size || !is_aligned(text_offset, 4)) {
		return loader_fail(error, "kernel: Image has the odd text_offset 0x%llx",
			(unsigned long long)text_offset);
	}
	/* A signature or such may follow the part that image_size counts. */
	image->kind = KERNEL_IMAGE;
	image->segment_count = 1;
	image->segments[0] = (struct kernel_segment){
		.ipa = file->ram.base + text_offset,
		.file_size = file->size,
		.memory_size = max_u64(image_size, file->size),
	};
	image->entry = image->segments[0].ipa;
	return PLINTH_OK;
}
