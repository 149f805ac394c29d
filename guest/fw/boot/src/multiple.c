/* SPDX-License-Identifier: Apache-2.0 */
/* Several protocols at a time: all of them, or none. */
#include <stdarg.h>

#include "fw/guid.h"
#include "fw/handles.h"

#define PAIRS_MAX 32U

struct pairs {
	const struct efi_guid *guid[PAIRS_MAX];
	void *interface[PAIRS_MAX];
	uint32_t count;
};

/* False: more than anybody means. */
static bool read_pairs(struct pairs *pairs, va_list arguments)
{
	const struct efi_guid *guid;

	pairs->count = 0;
	while ((guid = va_arg(arguments, const struct efi_guid *)) != NULL) {
		if (pairs->count == PAIRS_MAX) {
			return false;
		}
		pairs->guid[pairs->count] = guid;
		pairs->interface[pairs->count++] = va_arg(arguments, void *);
	}
	return true;
}

efi_status_t fw_install_multiple(efi_handle_t *handle, ...)
{
	efi_status_t status = EFI_SUCCESS;
	struct pairs pairs;
	efi_handle_t at;
	va_list arguments;
	uint32_t done = 0;
	bool read;

	va_start(arguments, handle);
	read = read_pairs(&pairs, arguments);
	va_end(arguments);
	if (handle == NULL || !read) {
		return EFI_INVALID_PARAMETER;
	}
	at = *handle;
	while (done < pairs.count) {
		status = fw_install_protocol_interface(
			&at, pairs.guid[done], 0, pairs.interface[done]);
		if (status != EFI_SUCCESS) {
			break;
		}
		done++;
	}
	if (status == EFI_SUCCESS) {
		*handle = at;
		return status;
	}
	while (done-- > 0U) {
		(void)fw_uninstall_protocol_interface(at, pairs.guid[done], pairs.interface[done]);
	}
	return status;
}

efi_status_t fw_uninstall_multiple(efi_handle_t handle, ...)
{
	struct pairs pairs;
	efi_handle_t again = handle;
	va_list arguments;
	uint32_t done = 0;
	bool read;

	va_start(arguments, handle);
	read = read_pairs(&pairs, arguments);
	va_end(arguments);
	if (!read) {
		return EFI_INVALID_PARAMETER;
	}
	while (done < pairs.count && fw_uninstall_protocol_interface(handle, pairs.guid[done],
					     pairs.interface[done]) == EFI_SUCCESS) {
		done++;
	}
	if (done == pairs.count) {
		return EFI_SUCCESS;
	}
	while (done-- > 0U) {
		(void)fw_install_protocol_interface(
			&again, pairs.guid[done], 0, pairs.interface[done]);
	}
	return EFI_INVALID_PARAMETER;
}
