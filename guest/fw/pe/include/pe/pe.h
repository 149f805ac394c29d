/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI applications and drivers as files: PE32+ for AArch64 (Microsoft's PE format; UEFI 2.10,
 * 2.1.1). A file is any bytes: nothing outside of it or of the image's place is touched. Pure.
 */
#ifndef PE_PE_H
#define PE_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define PE_SUBSYSTEM_APPLICATION    10U
#define PE_SUBSYSTEM_BOOT_DRIVER    11U
#define PE_SUBSYSTEM_RUNTIME_DRIVER 12U

#define PE_IMAGE_MAX UINT64_C(0x80000000) /* bytes in memory */

struct pe {
	const uint8_t *file;
	uint64_t file_size;
	uint64_t sections; /* offset of the section table */
	uint32_t section_count;
	uint32_t alignment;   /* of the image in memory, a power of two */
	uint64_t image_size;  /* in memory */
	uint64_t header_size; /* of what precedes the sections, in the file and in memory */
	uint64_t image_base;  /* where it was linked for */
	uint32_t entry;	      /* offset in memory */
	uint32_t relocations; /* offset in memory of their table */
	uint32_t relocations_size;
	uint16_t subsystem;
	bool nx_compat; /* it never executes data nor writes code */
	bool can_move;	/* false: it runs at image_base alone */
};

struct pe_section {
	uint64_t offset; /* in memory */
	uint64_t size;	 /* in memory */
	bool writable;
	bool executable;
};

/* Looks the headers through. PLINTH_EINVAL: no such image, or its numbers contradict one another or
 * the file's size; ENOTSUP: an image for another machine or of another kind. */
enum plinth_status pe_open(struct pe *pe, const void *file, uint64_t size);

/* Puts the image together at `place`, image_size bytes, and moves it to `address`, where it is
 * going to run. EINVAL: its relocations are not sound. */
enum plinth_status pe_load(const struct pe *pe, void *place, uint64_t address);

/* Each 64-bit pointer of an image that pe_load() has put together, by its offset: what its table of
 * relocations names. Offsets are anywhere in the image and need not be aligned. EINVAL: the table
 * is not sound; some were visited. */
typedef void pe_fixup_fn(void *ctx, uint64_t offset);
enum plinth_status pe_visit_fixups(
	const struct pe *pe, const void *image, pe_fixup_fn *visit, void *ctx);

/* The section with that number, from 0. `size` is 0 where nothing of it is in memory. */
struct pe_section pe_section(const struct pe *pe, uint32_t number);

#endif
