/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_platform.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "fw/events.h"
#include "fw/handles.h"
#include "fw/memory.h"

#define ALIGNMENT 0x200000U

struct fake_platform fake;

/* A frame has no room for the C library's: its first word numbers one of these. */
#define DEPTH_MAX 8U
static jmp_buf jumps[DEPTH_MAX];
static efi_status_t left_with[DEPTH_MAX];
static uint32_t depth;

void fake_platform_init(void)
{
	fake = (struct fake_platform){.arena = aligned_alloc(ALIGNMENT, ARENA_SIZE)};
	if (fake.arena == NULL) {
		abort();
	}
	memset(fake.arena, 0xa5, ARENA_SIZE);
	depth = 0;
	fw_memory_init();
	fw_events_init();
	fw_handles_init();
	if (fw_memory_describe((uintptr_t)fake.arena, ARENA_SIZE, EFI_CONVENTIONAL_MEMORY, 0) !=
		EFI_SUCCESS) {
		abort();
	}
}

void fake_platform_fini(void)
{
	free(fake.arena);
}

uint64_t fake_free_memory(void)
{
	struct efi_memory_descriptor region;
	uint64_t size = 0;

	for (uint32_t i = 0; fw_memory_region(i, &region); i++) {
		if (region.type == EFI_CONVENTIONAL_MEMORY) {
			size += region.page_count * EFI_PAGE_SIZE;
		}
	}
	return size;
}

uint64_t platform_time(void)
{
	fake.now += fake.tick;
	return fake.now;
}

void platform_idle(void)
{
	fake.idles++;
	fake.now += 10U;
}

efi_status_t platform_protect(uint64_t base, uint64_t size, enum fw_access access)
{
	if (fake.protect_fails_at > 0U && --fake.protect_fails_at == 0U) {
		return EFI_OUT_OF_RESOURCES;
	}
	for (uint64_t at = base; at < base + size; at += EFI_PAGE_SIZE) {
		uint64_t page = (at - (uintptr_t)fake.arena) / EFI_PAGE_SIZE;

		if (page >= ARENA_PAGES) {
			abort();
		}
		fake.access[page] = access;
	}
	return EFI_SUCCESS;
}

bool platform_access(uint64_t address, enum fw_access *access)
{
	uint64_t page = (address - (uintptr_t)fake.arena) / EFI_PAGE_SIZE;

	if (page >= ARENA_PAGES) {
		return false;
	}
	*access = fake.access[page];
	return true;
}

void platform_publish_code(const void *base, uint64_t size)
{
	(void)base;
	(void)size;
	fake.published++;
}

efi_status_t platform_enter(
	struct platform_frame *frame, uint64_t entry, efi_handle_t image, void *system)
{
	uint32_t own = depth++;
	efi_status_t status;

	fake.entered = entry;
	if (own == DEPTH_MAX || fake.entry == NULL) {
		abort();
	}
	frame->registers[0] = own;
	if (setjmp(jumps[own]) == 0) {
		status = fake.entry(image, system);
	} else {
		status = left_with[own];
	}
	depth = own;
	return status;
}

void platform_leave(struct platform_frame *frame, efi_status_t status)
{
	left_with[frame->registers[0]] = status;
	longjmp(jumps[frame->registers[0]], 1);
}
