/* SPDX-License-Identifier: Apache-2.0 */
#include "fw/guid.h"
#include "fw/memory.h"
#include "fw/text.h"
#include "manager_private.h"

#define NAME_MAX 32U

static const struct efi_guid global_guid = EFI_GLOBAL_VARIABLE_GUID;

void *variable_read(const char *name, uint64_t *size)
{
	struct efi_runtime_services *services = manager.system->runtime_services;
	efi_char_t wide[NAME_MAX];
	void *data;

	text_from_ascii(wide, NAME_MAX, name);
	*size = 0;
	if (services->get_variable(wide, &global_guid, NULL, size, NULL) != EFI_BUFFER_TOO_SMALL) {
		return NULL;
	}
	data = fw_allocate(*size);
	if (data != NULL &&
		services->get_variable(wide, &global_guid, NULL, size, data) != EFI_SUCCESS) {
		fw_free(data);
		data = NULL;
	}
	return data;
}

void variable_delete(const char *name)
{
	efi_char_t wide[NAME_MAX];

	text_from_ascii(wide, NAME_MAX, name);
	(void)manager.system->runtime_services->set_variable(wide, &global_guid, 0, 0, NULL);
}

void variable_set(const char *name, const void *data, uint64_t size)
{
	efi_char_t wide[NAME_MAX];

	text_from_ascii(wide, NAME_MAX, name);
	(void)manager.system->runtime_services->set_variable(wide, &global_guid,
		EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS, size, data);
}

const char *status_text(efi_status_t status)
{
	static const char *const names[] = {"Success", "Load Error", "Invalid Parameter",
		"Unsupported", "Bad Buffer Size", "Buffer Too Small", "Not Ready", "Device Error",
		"Write Protected", "Out of Resources", "Volume Corrupted", "Volume Full",
		"No Media", "Media Changed", "Not Found", "Access Denied", "No Response",
		"No Mapping", "Timeout", "Not Started", "Already Started", "Aborted"};
	uint64_t number = status & ~(UINT64_C(1) << 63);

	return number < ARRAY_SIZE(names) ? names[number] : "Error";
}
