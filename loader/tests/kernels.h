/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small kernels for tests.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define KERNELS_ELF_SIZE 64U /* of the header */
#define KERNELS_PH_SIZE	 56U /* of each segment's header */

void kernels_put16(uint8_t *bytes, size_t offset, uint16_t value);
void kernels_put32(uint8_t *bytes, size_t offset, uint32_t value);
void kernels_put64(uint8_t *bytes, size_t offset, uint64_t value);

/* An arm64 Image header with the rest zero; size at least 64. */
void kernels_image(uint8_t *bytes, size_t size, uint64_t text_offset, uint64_t image_size);

/* An arm64 ELF header for `count` segments, entry 0. */
void kernels_elf(uint8_t *bytes, uint16_t count);
/* Segment `index`: bytes at file offset `offset`, to run and lie at `address`. */
void kernels_elf_segment(uint8_t *bytes, unsigned index, uint64_t offset, uint64_t address,
	uint64_t file_size, uint64_t memory_size);

/* gzips `size` bytes; malloc()ed. */
uint8_t *kernels_gzip(const void *bytes, size_t size, size_t *packed_size);

#endif
