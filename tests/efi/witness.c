/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches its firmware's memory and a variable of its own, until a key is typed: what its neighbour
 * does to another firmware does not reach here.
 */
#include "app.h"
#include "base/string.h"

#define MAP_SIZE  16384U
#define PAGE	  UINT64_C(0x1000)
#define KEPT	  UINT32_C(7)
#define DATA_SIZE 3000U

static const struct efi_guid guid = EFI_GUID(0x51ab0002, 1, 2, 3, 4); /* the neighbour's, too */
static const efi_char_t name[] = u"Whole";
static uint8_t map[MAP_SIZE] ALIGNED(8);
static uint64_t map_size;
static uint64_t map_step;
static uint8_t data[DATA_SIZE];
static uint8_t found[DATA_SIZE];

static bool is_watched(const struct efi_memory_descriptor *entry)
{
	return entry->type == EFI_RUNTIME_SERVICES_CODE ||
	       entry->type == EFI_RUNTIME_SERVICES_DATA || entry->type == EFI_BOOT_SERVICES_CODE;
}

/* Of all that neither the firmware nor we write to meanwhile. */
static uint32_t sum(uint64_t *pages)
{
	uint32_t all = 0;

	*pages = 0;
	for (uint64_t at = 0; at < map_size; at += map_step) {
		const struct efi_memory_descriptor *entry =
			(const struct efi_memory_descriptor *)(const void *)(map + at);
		uint32_t crc = 0;

		if (is_watched(entry)) {
			CHECK(app_boot->calculate_crc32(
				      (const void *)(uintptr_t)entry->physical_start,
				      entry->page_count * PAGE, &crc) == EFI_SUCCESS);
			all = all * 31U + crc;
			*pages += entry->page_count;
		}
	}
	return all;
}

static bool is_whole(void)
{
	uint64_t size = sizeof(found);

	return app_system->runtime_services->get_variable(name, &guid, NULL, &size, found) ==
		       EFI_SUCCESS &&
	       size == sizeof(data) && memcmp(found, data, sizeof(data)) == 0;
}

efi_status_t app_main(void)
{
	struct efi_input_key key;
	uint64_t key_of_map = 0;
	uint32_t version;
	uint32_t before;
	uint64_t pages;

	for (unsigned i = 0; i < sizeof(data); i++) {
		data[i] = (uint8_t)(i * 5U + 3U);
	}
	CHECK(app_system->runtime_services->set_variable(name, &guid, KEPT, sizeof(data), data) ==
		EFI_SUCCESS);
	map_size = sizeof(map);
	CHECK(app_boot->get_memory_map(&map_size, map, &key_of_map, &map_step, &version) ==
		EFI_SUCCESS);
	before = sum(&pages);
	app_print("witness: watches %llu pages\n", (unsigned long long)pages);
	while (app_system->con_in->read_key_stroke(app_system->con_in, &key) != EFI_SUCCESS) {
		CHECK(sum(&pages) == before && is_whole());
	}
	app_finish("witness");
}
