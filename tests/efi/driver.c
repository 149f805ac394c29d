/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime driver as others make them: by clang and lld-link, with a table of relocations, and
 * absolute pointers that SetVirtualAddressMap has to move.
 */
#include "driver.h"
#include "uefi/services.h"

static const uint64_t number = DRIVER_NUMBER;
static struct efi_runtime_services *services;

static uint64_t get_number(void);

static struct driver driver = {
	.text = "resident",
	.number = get_number,
	.converted = &number,
	.replaced = &number,
};

static uint64_t get_number(void)
{
	return *driver.converted;
}

static void address_changes(efi_event_t event, void *context)
{
	(void)event;
	(void)services->convert_pointer(0, context);
}

efi_status_t driver_main(efi_handle_t image, struct efi_system_table *system);

efi_status_t driver_main(efi_handle_t image, struct efi_system_table *system)
{
	static const struct efi_guid guid = DRIVER_GUID;
	efi_event_t event;
	efi_status_t status;

	services = system->runtime_services;
	driver.replaced = (const void *)(uintptr_t)DRIVER_REPLACED;
	status = system->boot_services->create_event(EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE,
		EFI_TPL_NOTIFY, address_changes, &driver.converted, &event);
	if (status != EFI_SUCCESS) {
		return status;
	}
	return system->boot_services->install_protocol_interface(&image, &guid, 0, &driver);
}
