/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

static void put(uint8_t *bytes, size_t offset, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		bytes[offset + i] = (uint8_t)(value >> (8 * i));
	}
}

void kernels_put16(uint8_t *bytes, size_t offset, uint16_t value)
{
	put(bytes, offset, value, 2);
}

void kernels_put32(uint8_t *bytes, size_t offset, uint32_t value)
{
	put(bytes, offset, value, 4);
}

void kernels_put64(uint8_t *bytes, size_t offset, uint64_t value)
{
	put(bytes, offset, value, 8);
}

void kernels_image(uint8_t *bytes, size_t size, uint64_t text_offset, uint64_t image_size)
{
	memset(bytes, 0, size);
	memcpy(bytes, "MZ", 2);
	kernels_put64(bytes, 8, text_offset);
	kernels_put64(bytes, 16, image_size);
	kernels_put64(bytes, 24, 0xa); /* 4 KiB pages, anywhere */
	memcpy(bytes + 56, "ARM\x64", 4);
}

void kernels_elf(uint8_t *bytes, uint16_t count)
{
	memset(bytes, 0, KERNELS_ELF_SIZE + count * KERNELS_PH_SIZE);
	memcpy(bytes,
		"\x7f"
		"ELF\x02\x01\x01",
		7);
	kernels_put16(bytes, 16, 2);
	kernels_put16(bytes, 18, 183);
	kernels_put64(bytes, 32, KERNELS_ELF_SIZE);
	kernels_put16(bytes, 54, KERNELS_PH_SIZE);
	kernels_put16(bytes, 56, count);
}

void kernels_elf_segment(uint8_t *bytes, unsigned index, uint64_t offset, uint64_t address,
	uint64_t file_size, uint64_t memory_size)
{
	uint8_t *header = bytes + KERNELS_ELF_SIZE + index * KERNELS_PH_SIZE;

	kernels_put32(header, 0, 1);
	kernels_put64(header, 8, offset);
	kernels_put64(header, 16, address);
	kernels_put64(header, 24, address);
	kernels_put64(header, 32, file_size);
	kernels_put64(header, 40, memory_size);
}

uint8_t *kernels_gzip(const void *bytes, size_t size, size_t *packed_size)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
	size_t room;
	uint8_t *out;

	assert_int_equal(
		deflateInit2(&stream, 9, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	room = deflateBound(&stream, size);
	out = malloc(room);
	assert_non_null(out);
	stream.next_out = out;
	stream.avail_out = (uInt)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	*packed_size = stream.total_out;
	deflateEnd(&stream);
	return out;
}
