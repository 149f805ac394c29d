/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel file: parsed, unpacked first where it is packed. */
#include <stdlib.h>
#include <string.h>

#include "abi/vm_config.h"
#include "base/checked.h"
#include "kernel_image.h"
#include "kernel_unpack.h"
#include "loader/loader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM_SIZE    MIB(64)
#define ZLIB_MEMORY KIB(64)

static void require(bool condition)
{
	if (!condition) {
		abort();
	}
}

static void parse(const uint8_t *bytes, size_t size)
{
	struct kernel_image image;
	struct loader_error error;

	if (kernel_image_parse(bytes, size, (struct kernel_ram){VM_RAM_BASE, RAM_SIZE},
		    LOADER_GRANULE_4K, &image, &error) != PLINTH_OK) {
		require(strncmp(error.text, "kernel: ", 8) == 0);
		return;
	}
	require(image.segment_count >= 1 && image.segment_count <= KERNEL_SEGMENT_MAX);
	require(image.entry >= image.start && image.entry < image.end);
	require(range_contains(VM_RAM_BASE, RAM_SIZE, image.start, image.end - image.start));
	for (uint32_t i = 0; i < image.segment_count; i++) {
		const struct kernel_segment *s = &image.segments[i];

		require(s->file_size <= s->memory_size);
		require(range_contains(0, size, s->offset, s->file_size));
		require(range_contains(
			image.start, image.end - image.start, s->ipa, s->memory_size));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_packed packed;
	struct loader_error error;

	if (!kernel_unpack_is_packed(data, size)) {
		parse(data, size);
		return 0;
	}
	if (kernel_unpack_plan(data, size, MIB(4), &packed, &error) != PLINTH_OK) {
		require(strncmp(error.text, "kernel: ", 8) == 0);
		return 0;
	}

	uint8_t *out = malloc(packed.unpacked_size);
	void *scratch = malloc(ZLIB_MEMORY);

	require(out != NULL && scratch != NULL);
	if (kernel_unpack(&packed, out, scratch, ZLIB_MEMORY, &error) == PLINTH_OK) {
		parse(out, packed.unpacked_size);
	}
	free(scratch);
	free(out);
	return 0;
}
