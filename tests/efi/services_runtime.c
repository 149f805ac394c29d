/* SPDX-License-Identifier: Apache-2.0 */
/* Runtime services: each works, or says that it is not there, as EFI_RT_PROPERTIES_TABLE does. */
#include "abi/uefi_rt.h"
#include "app.h"
#include "base/string.h"
#include "services.h"

static const struct efi_guid own_guid = EFI_GUID(0x01020304, 5, 6, 7, 8);
static const struct efi_guid properties_guid = EFI_RT_PROPERTIES_TABLE_GUID;

static uint32_t supported(void)
{
	for (uint64_t i = 0; i < app_system->table_count; i++) {
		if (memcmp(&app_system->table[i].guid, &properties_guid, sizeof(properties_guid)) ==
			0) {
			const struct uefi_rt_properties *properties = app_system->table[i].table;

			CHECK(properties->version == 1U && properties->length == 8U);
			return properties->supported;
		}
	}
	CHECK(false);
	return 0;
}

static void check_there(const struct efi_runtime_services *services)
{
	struct efi_time time;
	uint64_t size = 0;
	uint64_t remaining = 0;
	uint64_t most = 0;

	CHECK(services->get_time(&time, NULL) == EFI_SUCCESS);
	CHECK(time.year >= 2020U && time.month >= 1U && time.month <= 12U);
	CHECK(services->get_time(NULL, NULL) == EFI_INVALID_PARAMETER);
	CHECK(services->get_variable(u"nothing", &own_guid, NULL, &size, NULL) == EFI_NOT_FOUND);
	CHECK(services->query_variable_info(
		      EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS, &most,
		      &remaining, &size) == EFI_SUCCESS);
}

void check_runtime(const char *phase)
{
	const struct efi_runtime_services *services = app_system->runtime_services;
	uint32_t mask = supported();
	struct efi_time time;
	uint64_t size = 0;

	app_print("services: runtime mask 0x%x, %s\n", mask, phase);
	CHECK(mask == 0U || mask == UEFI_RT_PROPERTIES);
	CHECK(services->update_capsule(NULL, 0, 0) == EFI_UNSUPPORTED);
	CHECK(services->get_wakeup_time(NULL, NULL, NULL) == EFI_UNSUPPORTED);
	if (mask != 0U) {
		check_there(services);
		return;
	}
	CHECK(services->get_time(&time, NULL) == EFI_UNSUPPORTED);
	CHECK(services->get_variable(u"nothing", &own_guid, NULL, &size, NULL) == EFI_UNSUPPORTED);
	CHECK(services->set_virtual_address_map(0, 0, 0, NULL) == EFI_UNSUPPORTED);
}
