/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_unpack.h"

#include <zlib.h>

#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "kernel_formats.h"

#define GZIP_SIZE_MIN	 18U		/* RFC 1952: header of 10, trailer of 8 */
#define DEFLATE_RATIO	 UINT64_C(1032) /* RFC 1951: 258 bytes for 2 bits at best */
#define GZIP_WINDOW_BITS (16 + 15)	/* zlib.h: a gzip member with any window */

/* Linux's include/linux/pe.h, struct of the zboot header */
#define ZBOOT_MAGIC_OFFSET 4U
#define ZBOOT_START_OFFSET 8U
#define ZBOOT_SIZE_OFFSET  12U
#define ZBOOT_TYPE_OFFSET  24U
#define ZBOOT_HEADER_SIZE  56U

struct arena {
	uint8_t *start;
	size_t size;
	size_t used;
};

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

static voidpf arena_alloc(voidpf opaque, uInt count, uInt size)
{
	struct arena *arena = opaque;
	uint64_t bytes = align_up((uint64_t)count * size, 16);
	void *result;

	if (bytes > arena->size - arena->used) {
		return Z_NULL;
	}
	result = arena->start + arena->used;
	arena->used += bytes;
	return result;
}

static void arena_free(voidpf opaque, voidpf address)
{
	/* The arena goes as a whole. */
	(void)opaque;
	(void)address;
}

static enum plinth_status inflate_all(z_stream *stream, struct loader_error *error)
{
	int result = inflate(stream, Z_FINISH);

	if (result == Z_STREAM_END && stream->avail_out == 0) {
		return PLINTH_OK;
	}
	if (result != Z_DATA_ERROR && (result == Z_STREAM_END || stream->avail_out == 0)) {
		return loader_fail(error, "kernel: gzip data unpacks to another size than it says");
	}
	return loader_fail(error, "kernel: gzip data is damaged (%s)",
		stream->msg == NULL ? "cut off" : stream->msg);
}

enum plinth_status kernel_unpack(const struct kernel_packed *packed, void *out, void *scratch,
	size_t scratch_size, struct loader_error *error)
{
	struct arena arena = {.start = scratch, .size = scratch_size};
	z_stream stream = {
		/* zlib reads through a pointer that lacks const. */
		.next_in = (Bytef *)(uintptr_t)packed->bytes,
		.avail_in = (uInt)packed->size,
		.next_out = out,
		.avail_out = (uInt)packed->unpacked_size,
		.zalloc = arena_alloc,
		.zfree = arena_free,
		.opaque = &arena,
	};
	enum plinth_status status;

	if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK) {
		return loader_fail(error, "kernel: no memory for unpacking");
	}
	status = inflate_all(&stream, error);
	(void)inflateEnd(&stream);
	return status;
}
