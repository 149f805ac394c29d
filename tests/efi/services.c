/* SPDX-License-Identifier: Apache-2.0 */
/* Each service, with boot services, and what remains after ExitBootServices. */
#include "services.h"

#include "app.h"
#include "base/string.h"
#include "fw/text.h"

#define MAP_SIZE 16384U

static uint8_t map[MAP_SIZE] ALIGNED(8);
static uint32_t exit_order[4];
static uint32_t exit_count;

static bool is_sealed(struct efi_table_header *header)
{
	uint32_t crc = header->crc32;
	uint32_t right;

	header->crc32 = 0;
	right = fw_crc32(header, header->header_size);
	header->crc32 = crc;
	return right == crc;
}

static void note_exit(efi_event_t event, void *context)
{
	(void)event;
	exit_order[exit_count++ & 3U] = *(const uint32_t *)context;
}

static void check_tables(void)
{
	CHECK(app_system->header.signature == EFI_SYSTEM_TABLE_SIGNATURE);
	CHECK(app_system->header.revision == EFI_SPECIFICATION_VERSION);
	CHECK(is_sealed(&app_system->header));
	CHECK(is_sealed(&app_boot->header));
	CHECK(is_sealed(&app_system->runtime_services->header));
	CHECK(app_boot->header.header_size == sizeof(struct efi_boot_services));
	/* No service is missing. */
	for (uint32_t at = sizeof(struct efi_table_header); at < sizeof(*app_boot); at += 8U) {
		uint64_t service;

		memcpy(&service, (uint8_t *)app_boot + at, sizeof(service));
		CHECK(service != 0U || at == offsetof(struct efi_boot_services, reserved));
	}
}

static uint64_t get_map(void)
{
	uint64_t size = sizeof(map);
	uint64_t key = 0;
	uint64_t step;
	uint32_t version;

	CHECK(app_boot->get_memory_map(&size, map, &key, &step, &version) == EFI_SUCCESS);
	return key;
}

static void leave(void)
{
	static const struct efi_guid before_guid = EFI_EVENT_GROUP_BEFORE_EXIT_BOOT_SERVICES;
	static uint32_t first = 1;
	static uint32_t second = 2;
	efi_event_t event;
	uint64_t key = get_map();
	void *buffer;

	CHECK(app_boot->create_event(EFI_EVENT_SIGNAL_EXIT_BOOT_SERVICES, EFI_TPL_NOTIFY, note_exit,
		      &second, &event) == EFI_SUCCESS);
	CHECK(app_boot->create_event_ex(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_NOTIFY, note_exit, &first,
		      &before_guid, &event) == EFI_SUCCESS);
	CHECK(app_boot->allocate_pool(EFI_LOADER_DATA, 5000, &buffer) == EFI_SUCCESS);
	CHECK(app_boot->exit_boot_services(NULL, get_map()) == EFI_INVALID_PARAMETER);
	CHECK(app_boot->exit_boot_services(app_image, key) == EFI_INVALID_PARAMETER);
	CHECK(exit_count == 1U && exit_order[0] == 1U);
	CHECK(app_boot->exit_boot_services(app_image, get_map()) == EFI_SUCCESS);
	CHECK(exit_count == 2U && exit_order[1] == 2U);
	CHECK(app_system->boot_services == NULL);
	CHECK(app_system->con_out == NULL && app_system->con_in == NULL);
	CHECK(is_sealed(&app_system->header));
}

efi_status_t app_main(void)
{
	app_print("services: started\n");
	check_tables();
	check_memory();
	check_protocols();
	check_images();
	check_runtime("boot services");
	leave();
	check_runtime("after ExitBootServices");
	app_finish("services");
}
