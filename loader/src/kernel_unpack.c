/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_unpack.h"

#include "base/bits.h"
#include "base/checked.h"
#include "kernel_formats.h"

#define GZIP_SIZE_MIN 18U	     /* RFC 1952: header of 10, trailer of 8 */
#define DEFLATE_RATIO UINT64_C(1032) /* RFC 1951: 258 bytes for 2 bits at best */

#define OTHER_SIZE "unpacks to another size than it says"

/* Linux's include/linux/pe.h, struct of the zboot header */
#define ZBOOT_MAGIC_OFFSET 4U
#define ZBOOT_START_OFFSET 8U
#define ZBOOT_SIZE_OFFSET  12U
#define ZBOOT_TYPE_OFFSET  24U
#define ZBOOT_HEADER_SIZE  56U

static bool is_gzip(const struct kernel_file *file)
{
	return kernel_file_has(file, 0, "\x1f\x8b", 2);
}

static bool is_zboot(const struct kernel_file *file)
{
	return file->size >= ZBOOT_HEADER_SIZE && kernel_file_has(file, 0, "MZ", 2) &&
	       kernel_file_has(file, ZBOOT_MAGIC_OFFSET, "zimg", 4);
}

bool kernel_unpack_is_packed(const void *bytes, size_t size)
{
	const struct kernel_file file = {.bytes = bytes, .size = size};

	return is_gzip(&file) || is_zboot(&file);
}

/* Narrows the file to the payload that the zboot header names. */
static enum plinth_status open_zboot(struct kernel_file *file, struct loader_error *error)
{
	uint32_t start = kernel_file_u32(file, ZBOOT_START_OFFSET);
	uint32_t size = kernel_file_u32(file, ZBOOT_SIZE_OFFSET);

	if (!kernel_file_has(file, ZBOOT_TYPE_OFFSET, "gzip", 5)) {
		return loader_fail(error, "kernel: EFI zboot image is not packed by gzip");
	}
	if (!range_contains(0, file->size, start, size)) {
		return loader_fail(error, "kernel: EFI zboot image is cut off");
	}
	file->bytes += start;
	file->size = size;
	if (!is_gzip(file)) {
		return loader_fail(error, "kernel: EFI zboot image has no gzip data");
	}
	return PLINTH_OK;
}

enum plinth_status kernel_unpack_plan(const void *bytes, size_t size, uint64_t max,
	struct kernel_packed *packed, struct loader_error *error)
{
	struct kernel_file file = {.bytes = bytes, .size = size};
	uint64_t unpacked;

	if (is_zboot(&file)) {
		enum plinth_status status = open_zboot(&file, error);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	if (file.size < GZIP_SIZE_MIN || file.size > UINT32_MAX) {
		return loader_fail(error, "kernel: gzip data is cut off");
	}
	/* The trailer's last word is the size modulo 2^32; larger kernels there are none. */
	unpacked = kernel_file_u32(&file, file.size - 4);
	if (unpacked == 0 || unpacked > file.size * DEFLATE_RATIO) {
		return loader_fail(error,
			"kernel: gzip data is cut off or damaged: %llu bytes "
			"cannot come of %zu",
			(unsigned long long)unpacked, file.size);
	}
	if (unpacked > max) {
		return loader_fail(error,
			"kernel: unpacks to 0x%llx bytes, more than the VM's memory",
			(unsigned long long)unpacked);
	}
	*packed = (struct kernel_packed){file.bytes, file.size, unpacked};
	return PLINTH_OK;
}

/* NULL: by gzip's sums, all of it is there. */
static const char *what_is_wrong(enum inflate_result result, const struct inflate_data *data)
{
	switch (result) {
	case INFLATE_OK:
		return data->out_used == data->out_size ? NULL : OTHER_SIZE;
	case INFLATE_CUT_OFF:
		return "is cut off";
	case INFLATE_NO_ROOM:
	case INFLATE_BAD_SIZE:
		return OTHER_SIZE;
	case INFLATE_BAD_SUM:
		return "is damaged (its CRC is another)";
	case INFLATE_DAMAGED:
		break;
	}
	return "is damaged";
}

enum plinth_status kernel_unpack(const struct kernel_packed *packed, void *out,
	struct inflate_memory *memory, struct loader_error *error)
{
	struct inflate_data data = {
		.in = packed->bytes,
		.in_size = packed->size,
		.out = out,
		.out_size = packed->unpacked_size,
	};
	const char *wrong = what_is_wrong(inflate_gzip(&data, memory), &data);

	return wrong == NULL ? PLINTH_OK : loader_fail(error, "kernel: gzip data %s", wrong);
}
