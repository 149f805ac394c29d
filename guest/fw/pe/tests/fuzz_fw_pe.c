/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an image: what is taken loads within its own size. */
#include <stdint.h>
#include <stdlib.h>

#include "pe/pe.h"

#define IMAGE_MAX 0x100000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All of the pointer lies in the image (ASan). */
static void look(void *ctx, uint64_t offset)
{
	volatile uint8_t seen;

	for (uint64_t i = 0; i < sizeof(uint64_t); i++) {
		seen = ((const uint8_t *)ctx)[offset + i];
	}
	(void)seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pe pe;
	uint8_t *image;

	if (pe_open(&pe, data, size) != PLINTH_OK || pe.image_size > IMAGE_MAX) {
		return 0;
	}
	image = malloc(pe.image_size); /* exact, so that ASan sees the end */
	if (image == NULL) {
		return 0;
	}
	(void)pe_load(&pe, image, 0x1234560000);
	(void)pe_visit_fixups(&pe, image, look, image);
	for (uint32_t i = 0; i < pe.section_count; i++) {
		struct pe_section section = pe_section(&pe, i);

		if (section.size != 0U && section.offset + section.size > pe.image_size) {
			abort();
		}
	}
	free(image);
	return 0;
}
