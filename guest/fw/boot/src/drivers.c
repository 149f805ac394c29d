/* SPDX-License-Identifier: Apache-2.0 */
/* ConnectController and DisconnectController: drivers that an application brings along (11.1). */
#include "base/string.h"
#include "fw/guid.h"
#include "fw/memory.h"
#include "handles.h"
#include "uefi/protocols.h"

#define DEPTH_MAX  8U  /* of controllers below one another */
#define ROUNDS_MAX 64U /* drivers on one controller */

static const struct efi_guid binding_guid = EFI_DRIVER_BINDING_GUID;

/* Lets the first driver that supports the controller and was not asked yet have it. */
static bool start_one(efi_handle_t controller, struct efi_device_path *remaining,
	efi_handle_t *drivers, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct efi_driver_binding *binding = fw_interface(drivers[i], &binding_guid);

		if (binding == NULL) {
			continue;
		}
		if (binding->supported(binding, controller, remaining) == EFI_SUCCESS) {
			drivers[i] = NULL;
			if (binding->start(binding, controller, remaining) == EFI_SUCCESS) {
				return true;
			}
		}
	}
	return false;
}

static bool connect_one(
	efi_handle_t controller, efi_handle_t *first, struct efi_device_path *remaining)
{
	efi_handle_t *drivers;
	uint64_t count;
	bool any = false;

	for (; first != NULL && *first != NULL; first++) {
		efi_handle_t one = *first;

		any = start_one(controller, remaining, &one, 1) || any;
	}
	if (fw_locate_handle_buffer(
		    EFI_LOCATE_BY_PROTOCOL, &binding_guid, NULL, &count, &drivers) != EFI_SUCCESS) {
		return any;
	}
	for (uint32_t round = 0;
		round < ROUNDS_MAX && start_one(controller, remaining, drivers, count); round++) {
		any = true;
	}
	fw_free(drivers);
	return any;
}

static bool is_child_of(struct handle *handle, efi_handle_t child)
{
	LIST_FOR_EACH(node, &handle->protocols)
	{
		struct protocol *protocol = CONTAINER_OF(node, struct protocol, link);

		LIST_FOR_EACH(at, &protocol->opens)
		{
			const struct open *open = CONTAINER_OF(at, struct open, link);

			if (open->entry.controller == child &&
				(open->entry.attributes & EFI_OPEN_BY_CHILD_CONTROLLER) != 0U) {
				return true;
			}
		}
	}
	return false;
}

static bool connect_deep(efi_handle_t controller, efi_handle_t *first,
	struct efi_device_path *remaining, uint32_t depth)
{
	bool any = connect_one(controller, first, remaining);
	efi_handle_t *all;
	uint64_t count;

	if (depth == 0U || fw_locate_handle_buffer(EFI_LOCATE_ALL_HANDLES, NULL, NULL, &count,
				   &all) != EFI_SUCCESS) {
		return any;
	}
	for (uint64_t i = 0; i < count; i++) {
		struct handle *handle = fw_find_handle(controller);

		if (handle != NULL && fw_is_handle(all[i]) && is_child_of(handle, all[i])) {
			(void)connect_deep(all[i], NULL, NULL, depth - 1U);
		}
	}
	fw_free(all);
	return any;
}

efi_status_t fw_connect_controller(efi_handle_t controller, efi_handle_t *drivers,
	struct efi_device_path *remaining, efi_bool_t recursive)
{
	if (!fw_is_handle(controller)) {
		return EFI_INVALID_PARAMETER;
	}
	if (connect_deep(controller, drivers, remaining, recursive != 0U ? DEPTH_MAX : 0U) ||
		(remaining != NULL && remaining->type == 0x7fU)) {
		return EFI_SUCCESS;
	}
	return EFI_NOT_FOUND;
}

/* The driver that has a protocol of the handle; NULL: none, or not this one. */
static struct open *find_driver(struct handle *handle, efi_handle_t driver)
{
	LIST_FOR_EACH(node, &handle->protocols)
	{
		struct protocol *protocol = CONTAINER_OF(node, struct protocol, link);

		LIST_FOR_EACH(at, &protocol->opens)
		{
			struct open *open = CONTAINER_OF(at, struct open, link);

			if ((open->entry.attributes & EFI_OPEN_BY_DRIVER) != 0U &&
				(driver == NULL || open->entry.agent == driver)) {
				return open;
			}
		}
	}
	return NULL;
}

static efi_status_t stop_children(struct efi_driver_binding *binding, efi_handle_t controller)
{
	efi_status_t status = EFI_SUCCESS;
	efi_handle_t *all;
	uint64_t count;

	if (fw_locate_handle_buffer(EFI_LOCATE_ALL_HANDLES, NULL, NULL, &count, &all) !=
		EFI_SUCCESS) {
		return EFI_SUCCESS;
	}
	for (uint64_t i = 0; i < count && status == EFI_SUCCESS; i++) {
		struct handle *parent = fw_find_handle(controller);

		if (parent != NULL && is_child_of(parent, all[i])) {
			status = binding->stop(binding, controller, 1, &all[i]);
		}
	}
	fw_free(all);
	return status;
}

static efi_status_t stop_one(efi_handle_t controller, efi_handle_t driver, efi_handle_t child)
{
	struct efi_driver_binding *binding = fw_interface(driver, &binding_guid);
	efi_status_t status;

	if (binding == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (child != NULL) {
		return binding->stop(binding, controller, 1, &child);
	}
	status = stop_children(binding, controller);
	if (status != EFI_SUCCESS) {
		return status;
	}
	return binding->stop(binding, controller, 0, NULL);
}

efi_status_t fw_disconnect_controller(
	efi_handle_t controller, efi_handle_t driver, efi_handle_t child)
{
	efi_status_t status = EFI_SUCCESS;

	if (!fw_is_handle(controller) || (driver != NULL && !fw_is_handle(driver)) ||
		(child != NULL && !fw_is_handle(child))) {
		return EFI_INVALID_PARAMETER;
	}
	for (uint32_t round = 0; round < ROUNDS_MAX && status == EFI_SUCCESS; round++) {
		struct handle *handle = fw_find_handle(controller);
		struct open *open = handle != NULL ? find_driver(handle, driver) : NULL;

		if (open == NULL) {
			return EFI_SUCCESS; /* also where there was none */
		}
		status = stop_one(controller, open->entry.agent, child);
		if (child != NULL) {
			return status;
		}
	}
	return status == EFI_SUCCESS ? EFI_DEVICE_ERROR : status;
}
