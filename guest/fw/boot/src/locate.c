/* SPDX-License-Identifier: Apache-2.0 */
/* Looking handles up by what they have, and being told of new ones. */
#include "base/string.h"
#include "fw/device_path.h"
#include "fw/events.h"
#include "fw/guid.h"
#include "fw/memory.h"
#include "handles.h"

static const struct efi_guid device_path_guid = EFI_DEVICE_PATH_GUID;

efi_status_t fw_register_protocol_notify(const struct efi_guid *guid, efi_event_t event, void **key)
{
	struct registration *registration;

	if (guid == NULL || key == NULL || !fw_is_event(event)) {
		return EFI_INVALID_PARAMETER;
	}
	registration = fw_allocate(sizeof(*registration));
	if (registration == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	registration->guid = *guid;
	registration->event = event;
	list_init(&registration->news);
	list_push_back(&fw_all_registrations, &registration->link);
	*key = registration;
	return EFI_SUCCESS;
}

struct registration *fw_find_registration(void *key)
{
	LIST_FOR_EACH(node, &fw_all_registrations)
	{
		struct registration *registration = CONTAINER_OF(node, struct registration, link);

		if (registration == key) {
			return registration;
		}
	}
	return NULL;
}

struct handle *fw_next_news(struct registration *registration)
{
	return list_is_empty(&registration->news)
		       ? NULL
		       : CONTAINER_OF(registration->news.next, struct news, link)->handle;
}

static void take_news(struct registration *registration)
{
	struct news *news = CONTAINER_OF(registration->news.next, struct news, link);

	list_remove(&news->link);
	fw_free(news);
}

static efi_status_t locate_news(void *key, uint64_t *size, efi_handle_t *buffer)
{
	struct registration *registration = fw_find_registration(key);
	struct handle *handle;

	if (registration == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	handle = fw_next_news(registration);
	if (handle == NULL) {
		return EFI_NOT_FOUND;
	}
	if (*size < sizeof(*buffer)) {
		*size = sizeof(*buffer);
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = sizeof(*buffer);
	if (buffer == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	buffer[0] = handle;
	take_news(registration);
	return EFI_SUCCESS;
}

/* Writes at most `room` handles; returns how many there are. */
static uint64_t collect(
	uint32_t how, const struct efi_guid *guid, efi_handle_t *buffer, uint64_t room)
{
	uint64_t count = 0;

	LIST_FOR_EACH(node, &fw_all_handles)
	{
		struct handle *handle = CONTAINER_OF(node, struct handle, link);

		if (how == EFI_LOCATE_BY_PROTOCOL && fw_find_protocol(handle, guid) == NULL) {
			continue;
		}
		if (count < room) {
			buffer[count] = handle;
		}
		count++;
	}
	return count;
}

efi_status_t fw_locate_handle(
	uint32_t how, const struct efi_guid *guid, void *key, uint64_t *size, efi_handle_t *buffer)
{
	uint64_t needed;

	if (how > EFI_LOCATE_BY_PROTOCOL || size == NULL ||
		(how == EFI_LOCATE_BY_PROTOCOL && guid == NULL) ||
		(how == EFI_LOCATE_BY_REGISTER_NOTIFY && key == NULL)) {
		return EFI_INVALID_PARAMETER;
	}
	if (how == EFI_LOCATE_BY_REGISTER_NOTIFY) {
		return locate_news(key, size, buffer);
	}
	needed = collect(how, guid, NULL, 0) * sizeof(*buffer);
	if (needed == 0U) {
		return EFI_NOT_FOUND;
	}
	if (*size < needed) {
		*size = needed;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = needed;
	if (buffer == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	(void)collect(how, guid, buffer, needed / sizeof(*buffer));
	return EFI_SUCCESS;
}

efi_status_t fw_locate_handle_buffer(uint32_t how, const struct efi_guid *guid, void *key,
	uint64_t *count, efi_handle_t **buffer)
{
	uint64_t size = 0;
	efi_status_t status;

	if (count == NULL || buffer == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	*count = 0;
	*buffer = NULL;
	status = fw_locate_handle(how, guid, key, &size, NULL);
	if (status != EFI_BUFFER_TOO_SMALL) {
		return status;
	}
	*buffer = fw_allocate(size);
	if (*buffer == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	*count = size / sizeof(**buffer);
	return fw_locate_handle(how, guid, key, &size, *buffer);
}

efi_status_t fw_locate_protocol(const struct efi_guid *guid, void *key, void **interface)
{
	struct registration *registration;
	efi_handle_t first;

	if (guid == NULL || interface == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	*interface = NULL;
	if (key != NULL) {
		registration = fw_find_registration(key);
		first = registration != NULL ? fw_next_news(registration) : NULL;
		if (first == NULL) {
			return EFI_NOT_FOUND;
		}
		take_news(registration);
	} else if (collect(EFI_LOCATE_BY_PROTOCOL, guid, &first, 1) == 0U) {
		return EFI_NOT_FOUND;
	}
	*interface = fw_interface(first, guid);
	return EFI_SUCCESS;
}

efi_status_t fw_locate_device_path(
	const struct efi_guid *guid, struct efi_device_path **path, efi_handle_t *device)
{
	uint64_t longest = 0;
	struct handle *found = NULL;

	if (guid == NULL || path == NULL || *path == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	LIST_FOR_EACH(node, &fw_all_handles)
	{
		struct handle *handle = CONTAINER_OF(node, struct handle, link);
		const struct efi_device_path *own = fw_interface(handle, &device_path_guid);
		uint64_t size;

		if (own == NULL || fw_find_protocol(handle, guid) == NULL) {
			continue;
		}
		size = fw_path_size(own) - sizeof(*own); /* without the end */
		if ((found == NULL || size > longest) && fw_path_begins(*path, own)) {
			longest = size;
			found = handle;
		}
	}
	if (found == NULL) {
		return EFI_NOT_FOUND;
	}
	if (device == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	*device = found;
	*path = (struct efi_device_path *)(void *)((uint8_t *)*path + longest);
	return EFI_SUCCESS;
}
