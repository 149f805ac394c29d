/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overwrites all of its firmware's memory that it can, after ExitBootServices and with tables and a
 * stack of its own: the runtime services' code and data, and what boot services leave. Its
 * variables are none of it: they are whole at once, by an upcall of its own, and after a reset.
 */
#include "abi/uefi_rt.h"
#include "app.h"
#include "arch/smccc.h"
#include "base/string.h"
#include "map.h"

#define MAP_SIZE	  16384U
#define PAGE		  UINT64_C(0x1000)
#define KEPT		  UINT32_C(7)
#define WHOLE_SIZE	  3000U
#define STACK_SIZE	  16384U
#define PSCI_SYSTEM_RESET UINT64_C(0x84000009)

static const struct efi_guid guid = EFI_GUID(0x51ab0002, 1, 2, 3, 4);
static const efi_char_t name[] = u"Whole";
static uint8_t map[MAP_SIZE] ALIGNED(8);
static uint64_t map_size;
static uint64_t map_step;
static uint8_t whole[WHOLE_SIZE];
static uint8_t found[WHOLE_SIZE];
static uint8_t stack[STACK_SIZE] ALIGNED(16);

static uint64_t get_by_upcall(uint64_t *size)
{
	register uint64_t x0 __asm__("x0") = (uintptr_t)name;
	register uint64_t x1 __asm__("x1") = (uintptr_t)&guid;
	register uint64_t x2 __asm__("x2") = 0;
	register uint64_t x3 __asm__("x3") = (uintptr_t)size;
	register uint64_t x4 __asm__("x4") = (uintptr_t)found;

	__asm__ volatile("hvc #0x5205" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}

static bool is_whole(uint64_t status, uint64_t size)
{
	return status == EFI_SUCCESS && size == sizeof(whole) &&
	       memcmp(found, whole, sizeof(whole)) == 0;
}

static bool is_firmwares(const struct efi_memory_descriptor *entry)
{
	return entry->type == EFI_RUNTIME_SERVICES_CODE ||
	       entry->type == EFI_RUNTIME_SERVICES_DATA || entry->type == EFI_BOOT_SERVICES_CODE ||
	       entry->type == EFI_BOOT_SERVICES_DATA;
}

/* Code that is data now: no cache needs to know, for nobody will execute it. */
static uint64_t overwrite(void)
{
	uint64_t pages = 0;

	for (uint64_t at = 0; at < map_size; at += map_step) {
		const struct efi_memory_descriptor *entry =
			(const struct efi_memory_descriptor *)(const void *)(map + at);

		if (is_firmwares(entry)) {
			memset((void *)(uintptr_t)entry->physical_start, 0xa5,
				entry->page_count * PAGE);
			pages += entry->page_count;
		}
	}
	return pages;
}

/* On a stack of its own: the one before was the firmware's. */
static void rage(void)
{
	struct smccc_regs reset = {.x = {PSCI_SYSTEM_RESET}};
	uint64_t size = sizeof(found);

	map_own();
	app_print("vandal: %llu pages overwritten\n", (unsigned long long)overwrite());
	CHECK(is_whole(get_by_upcall(&size), size));
	app_print("vandal: %u failed, resets\n", app_failures());
	arch_hvc(&reset);
	for (;;) {
	}
}

static void leave(void)
{
	uint64_t key = 0;
	uint32_t version;

	map_size = sizeof(map);
	CHECK(app_boot->get_memory_map(&map_size, map, &key, &map_step, &version) == EFI_SUCCESS);
	CHECK(app_boot->exit_boot_services(app_image, key) == EFI_SUCCESS);
}

efi_status_t app_main(void)
{
	const struct efi_runtime_services *services = app_system->runtime_services;
	struct efi_input_key key;
	uint64_t size = sizeof(found);
	efi_status_t status = services->get_variable(name, &guid, NULL, &size, found);

	for (unsigned i = 0; i < sizeof(whole); i++) {
		whole[i] = (uint8_t)(i * 7U + 1U);
	}
	if (status != EFI_NOT_FOUND) {
		CHECK(is_whole(status, size));
		app_finish("vandal");
	}
	CHECK(services->set_variable(name, &guid, KEPT, sizeof(whole), whole) == EFI_SUCCESS);
	app_print("vandal: waits for a key\n");
	while (app_system->con_in->read_key_stroke(app_system->con_in, &key) != EFI_SUCCESS) {
	}
	leave();
	__asm__ volatile("mov sp, %0\n\tblr %1" ::"r"(stack + sizeof(stack)), "r"(rage) : "memory");
	__builtin_unreachable();
}
