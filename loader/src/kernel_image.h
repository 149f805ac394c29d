/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of kernel a file is, and which of its bytes go where. Pure; any bytes are safe.
 */
#ifndef LOADER_KERNEL_IMAGE_H
#define LOADER_KERNEL_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define KERNEL_SEGMENT_MAX 8U
#define KERNEL_FLAT_OFFSET UINT64_C(0x80000) /* a flat binary's place in RAM */

enum kernel_kind {
	KERNEL_IMAGE, /* arm64 Linux Image, with or without EFI stub */
	KERNEL_ELF,
	KERNEL_FLAT,
};

struct kernel_segment {
	uint64_t ipa;	 /* where it lies in the VM's memory */
	uint64_t offset; /* of its bytes in the file */
	uint64_t file_size;
	uint64_t memory_size; /* at least file_size; the rest is zero */
};

struct kernel_image {
	enum kernel_kind kind;
	uint32_t segment_count; /* 1 to KERNEL_SEGMENT_MAX */
	struct kernel_segment segments[KERNEL_SEGMENT_MAX];
	uint64_t entry; /* IPA, in one of the segments */
	uint64_t start; /* lowest IPA of the segments */
	uint64_t end;	/* behind their highest */
};

/* A VM's RAM, in IPAs. */
struct kernel_ram {
	uint64_t base;
	uint64_t size;
};

/* Recognises the `size` bytes as a kernel for a VM with that RAM. `granules` is
 * loader_host.granules. PLINTH_OK: *image is written, each segment lies in RAM and overlaps
 * no other. PLINTH_EINVAL: error, starting with "kernel: ", says why it is no kernel for us. */
enum plinth_status kernel_image_parse(const void *bytes, size_t size, struct kernel_ram ram,
	uint32_t granules, struct kernel_image *image, struct loader_error *error);

#endif
