/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_unpack.h"

#include <zlib.h>

#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "gzip.h"
#include "kernel_formats.h"

#define DEFLATE_RATIO UINT64_C(1032) /* RFC 1951: 258 bytes for 2 bits at best */
#define WINDOW_BITS   15	     /* the largest there is */
#define WINDOW_SIZE   (1U << WINDOW_BITS)

#define OTHER_SIZE "kernel: gzip data unpacks to another size than it says"

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

struct output {
	uint8_t *at;
	uint64_t left;
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
	size_t header_size = gzip_header_size(file.bytes, file.size);

	if (header_size == 0U || file.size > UINT32_MAX) {
		return loader_fail(error, "kernel: gzip data is cut off, or has no good header");
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
	*packed = (struct kernel_packed){file.bytes, file.size, header_size, unpacked};
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

/* inflateBack() has all of its input from the beginning. */
static unsigned no_more(void *opaque, z_const unsigned char **buf)
{
	(void)opaque;
	*buf = Z_NULL;
	return 0;
}

/* 0, or 1: there is no room, and inflateBack() ends. */
static int put(void *opaque, unsigned char *buf, unsigned size)
{
	struct output *output = opaque;

	if (size > output->left) {
		return 1;
	}
	memcpy(output->at, buf, size);
	output->at += size;
	output->left -= size;
	return 0;
}

/* The DEFLATE data, up to gzip's trailer, which next_in then is at. */
static enum plinth_status inflate_all(
	z_stream *stream, struct output *output, struct loader_error *error)
{
	int result = inflateBack(stream, no_more, NULL, put, output);

	if (result == Z_STREAM_END) {
		return output->left == 0U ? PLINTH_OK : loader_fail(error, OTHER_SIZE);
	}
	if (result == Z_BUF_ERROR && stream->next_in != Z_NULL) {
		return loader_fail(error, OTHER_SIZE);
	}
	return loader_fail(error, "kernel: gzip data is damaged (%s)",
		result == Z_BUF_ERROR ? "cut off" : stream->msg);
}

enum plinth_status kernel_unpack(const struct kernel_packed *packed, void *out, void *scratch,
	size_t scratch_size, struct loader_error *error)
{
	struct arena arena = {.start = scratch, .size = scratch_size};
	struct output output = {.at = out, .left = packed->unpacked_size};
	z_stream stream = {
		/* zlib reads through a pointer that lacks const. */
		.next_in = (Bytef *)(uintptr_t)(packed->bytes + packed->header_size),
		.avail_in = (uInt)(packed->size - packed->header_size),
		.zalloc = arena_alloc,
		.zfree = arena_free,
		.opaque = &arena,
	};
	unsigned char *window = arena_alloc(&arena, 1, WINDOW_SIZE);
	enum plinth_status status;

	if (window == NULL || inflateBackInit(&stream, WINDOW_BITS, window) != Z_OK) {
		return loader_fail(error, "kernel: no memory for unpacking");
	}
	status = inflate_all(&stream, &output, error);
	if (status == PLINTH_OK &&
		!gzip_trailer_fits(stream.next_in, stream.avail_in, out, packed->unpacked_size)) {
		status = loader_fail(error, "kernel: gzip data is damaged (incorrect data check)");
	}
	(void)inflateBackEnd(&stream);
	return status;
}
