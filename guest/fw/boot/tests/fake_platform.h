/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine of real memory for tests of the boot services: ARENA_SIZE bytes of RAM.
 */
#ifndef TESTS_FAKE_PLATFORM_H
#define TESTS_FAKE_PLATFORM_H

#include "fw/platform.h"

#define ARENA_PAGES 4096U
#define ARENA_SIZE  ((uint64_t)ARENA_PAGES * 4096U)

struct fake_platform {
	uint8_t *arena; /* aligned to 2 MiB */
	uint64_t now;	/* of platform_time(): moves by `tick` at each look */
	uint64_t tick;
	uint32_t idles;
	uint64_t protect_fails_at; /* the n-th call from now on fails; 0: none does */
	enum fw_access access[ARENA_PAGES];
	uint32_t published;
	/* What runs in the place of each image's entry. */
	efi_status_t (*entry)(efi_handle_t image, void *system);
	uint64_t entered; /* where the image would have been entered */
};

extern struct fake_platform fake;

/* Fresh: all of the arena is conventional memory, no handles, no events. */
void fake_platform_init(void);
void fake_platform_fini(void);

/* Bytes of conventional memory. */
uint64_t fake_free_memory(void);

#endif
