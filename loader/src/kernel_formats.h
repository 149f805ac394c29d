/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsers of the kernel formats, behind kernel_image_parse(); and the formats that are none of
 * ours, so that a mistake can be called by its name.
 */
#ifndef LOADER_KERNEL_FORMATS_H
#define LOADER_KERNEL_FORMATS_H

#include <stdbool.h>

#include "kernel_image.h"

struct kernel_file {
	const uint8_t *bytes;
	size_t size;
	struct kernel_ram ram;
	uint32_t granules;
};

/* Little-endian numbers at an offset; the caller has checked that they lie in the file. */
uint16_t kernel_file_u16(const struct kernel_file *file, uint64_t offset);
uint32_t kernel_file_u32(const struct kernel_file *file, uint64_t offset);
uint64_t kernel_file_u64(const struct kernel_file *file, uint64_t offset);

/* Are the `length` bytes at `offset` in the file, and these? */
bool kernel_file_has(
	const struct kernel_file *file, uint64_t offset, const void *bytes, size_t length);

bool linux_image_is(const struct kernel_file *file);
enum plinth_status linux_image_parse(
	const struct kernel_file *file, struct kernel_image *image, struct loader_error *error);

bool elf_is(const struct kernel_file *file);
enum plinth_status elf_parse(
	const struct kernel_file *file, struct kernel_image *image, struct loader_error *error);

/* What the file is where it is certainly no kernel that a VM can run: "an x86 Linux kernel
 * (bzImage)"; NULL where nothing is recognised. */
const char *kernel_foreign_name(const struct kernel_file *file);

/* The name of an ELF machine number; "an unknown CPU" for others. */
const char *kernel_elf_machine_name(uint16_t machine);

#endif
