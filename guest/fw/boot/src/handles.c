/* SPDX-License-Identifier: Apache-2.0 */
/* Installing, and looking up on one handle. */
#include "handles.h"

#include "base/string.h"
#include "fw/events.h"
#include "fw/guid.h"
#include "fw/memory.h"

struct list fw_all_handles;
struct list fw_all_registrations;

static const struct efi_guid device_path_guid = EFI_DEVICE_PATH_GUID;

void fw_handles_init(void)
{
	list_init(&fw_all_handles);
	list_init(&fw_all_registrations);
}

struct handle *fw_find_handle(efi_handle_t wanted)
{
	LIST_FOR_EACH(node, &fw_all_handles)
	{
		struct handle *handle = CONTAINER_OF(node, struct handle, link);

		if (handle == wanted) {
			return handle;
		}
	}
	return NULL;
}

bool fw_is_handle(efi_handle_t handle)
{
	return fw_find_handle(handle) != NULL;
}

struct protocol *fw_find_protocol(struct handle *handle, const struct efi_guid *guid)
{
	LIST_FOR_EACH(node, &handle->protocols)
	{
		struct protocol *protocol = CONTAINER_OF(node, struct protocol, link);

		if (fw_same_guid(&protocol->guid, guid)) {
			return protocol;
		}
	}
	return NULL;
}

void *fw_interface(efi_handle_t handle, const struct efi_guid *guid)
{
	struct handle *found = fw_find_handle(handle);
	struct protocol *protocol = found != NULL ? fw_find_protocol(found, guid) : NULL;

	return protocol != NULL ? protocol->interface : NULL;
}

static void tell(struct handle *handle, const struct efi_guid *guid)
{
	LIST_FOR_EACH(node, &fw_all_registrations)
	{
		struct registration *who = CONTAINER_OF(node, struct registration, link);
		struct news *news;

		if (!fw_same_guid(&who->guid, guid)) {
			continue;
		}
		news = fw_allocate(sizeof(*news));
		if (news != NULL) {
			news->handle = handle;
			list_push_back(&who->news, &news->link);
		}
		(void)fw_signal_event(who->event);
	}
}

/* A handle or protocol that goes is no news any more. */
static void forget_news(struct handle *handle, const struct efi_guid *guid)
{
	LIST_FOR_EACH(node, &fw_all_registrations)
	{
		struct registration *who = CONTAINER_OF(node, struct registration, link);
		struct list *at = who->news.next;

		while (fw_same_guid(&who->guid, guid) && at != &who->news) {
			struct news *news = CONTAINER_OF(at, struct news, link);

			at = at->next;
			if (news->handle == handle) {
				list_remove(&news->link);
				fw_free(news);
			}
		}
	}
}

static efi_status_t add_protocol(
	struct handle *handle, const struct efi_guid *guid, void *interface)
{
	struct protocol *protocol = fw_allocate(sizeof(*protocol));

	if (protocol == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	protocol->guid = *guid;
	protocol->interface = interface;
	list_init(&protocol->opens);
	list_push_front(&handle->protocols, &protocol->link);
	return EFI_SUCCESS;
}

/* Two devices with the same path could not be told apart. */
static bool is_path_known(const struct efi_guid *guid, void *interface)
{
	struct efi_device_path *path = interface;
	efi_handle_t device;

	return fw_same_guid(guid, &device_path_guid) && path != NULL &&
	       fw_locate_device_path(&device_path_guid, &path, &device) == EFI_SUCCESS &&
	       path->type == 0x7fU;
}

efi_status_t fw_install_protocol_interface(
	efi_handle_t *handle, const struct efi_guid *guid, uint32_t native, void *interface)
{
	struct handle *at;
	efi_status_t status;

	if (handle == NULL || guid == NULL || native != 0U) {
		return EFI_INVALID_PARAMETER;
	}
	if (is_path_known(guid, interface)) {
		return EFI_ALREADY_STARTED;
	}
	at = *handle != NULL ? fw_find_handle(*handle) : fw_allocate(sizeof(*at));
	if (at == NULL) {
		return *handle != NULL ? EFI_INVALID_PARAMETER : EFI_OUT_OF_RESOURCES;
	}
	if (*handle == NULL) {
		list_init(&at->protocols);
	} else if (fw_find_protocol(at, guid) != NULL) {
		return EFI_INVALID_PARAMETER;
	}
	status = add_protocol(at, guid, interface);
	if (status != EFI_SUCCESS) {
		if (*handle == NULL) {
			fw_free(at);
		}
		return status;
	}
	if (*handle == NULL) {
		list_push_back(&fw_all_handles, &at->link);
	}
	*handle = at;
	tell(at, guid);
	return EFI_SUCCESS;
}

void fw_drop_open(struct open *open)
{
	list_remove(&open->link);
	fw_free(open);
}

/* Drivers that have it are asked to leave; others' openings end by themselves. */
static bool is_still_driven(struct handle *handle, struct protocol *protocol)
{
	struct list *at = protocol->opens.next;

	while (at != &protocol->opens) {
		struct open *open = CONTAINER_OF(at, struct open, link);

		at = at->next;
		if ((open->entry.attributes & EFI_OPEN_BY_DRIVER) == 0U) {
			continue;
		}
		if (fw_disconnect_controller(handle, open->entry.agent, NULL) != EFI_SUCCESS) {
			return true;
		}
		at = protocol->opens.next; /* the driver closed what it had */
	}
	LIST_FOR_EACH(node, &protocol->opens)
	{
		const struct open *open = CONTAINER_OF(node, struct open, link);

		if ((open->entry.attributes & (EFI_OPEN_BY_DRIVER | EFI_OPEN_EXCLUSIVE)) != 0U) {
			return true;
		}
	}
	return false;
}

efi_status_t fw_uninstall_protocol_interface(
	efi_handle_t wanted, const struct efi_guid *guid, void *interface)
{
	struct handle *handle = fw_find_handle(wanted);
	struct protocol *protocol;

	if (handle == NULL || guid == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	protocol = fw_find_protocol(handle, guid);
	if (protocol == NULL || protocol->interface != interface) {
		return EFI_NOT_FOUND;
	}
	if (is_still_driven(handle, protocol)) {
		return EFI_ACCESS_DENIED;
	}
	forget_news(handle, &protocol->guid);
	while (!list_is_empty(&protocol->opens)) {
		fw_drop_open(CONTAINER_OF(protocol->opens.next, struct open, link));
	}
	list_remove(&protocol->link);
	fw_free(protocol);
	if (list_is_empty(&handle->protocols)) {
		list_remove(&handle->link);
		fw_free(handle);
	}
	return EFI_SUCCESS;
}

efi_status_t fw_reinstall_protocol_interface(
	efi_handle_t wanted, const struct efi_guid *guid, void *old_interface, void *new_interface)
{
	struct handle *handle = fw_find_handle(wanted);
	struct protocol *protocol;

	if (handle == NULL || guid == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	protocol = fw_find_protocol(handle, guid);
	if (protocol == NULL || protocol->interface != old_interface) {
		return EFI_NOT_FOUND;
	}
	if (is_still_driven(handle, protocol)) {
		return EFI_ACCESS_DENIED;
	}
	protocol->interface = new_interface;
	tell(handle, guid);
	(void)fw_connect_controller(handle, NULL, NULL, 1);
	return EFI_SUCCESS;
}

efi_status_t fw_protocols_per_handle(
	efi_handle_t wanted, struct efi_guid ***protocols, uint64_t *count)
{
	struct handle *handle = fw_find_handle(wanted);
	struct efi_guid **list;
	uint64_t found = 0;

	if (handle == NULL || protocols == NULL || count == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	LIST_FOR_EACH(node, &handle->protocols)
	{
		found++;
	}
	list = fw_allocate(found * sizeof(void *));
	if (list == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	*protocols = list;
	*count = found;
	LIST_FOR_EACH(node, &handle->protocols)
	{
		*list++ = &CONTAINER_OF(node, struct protocol, link)->guid;
	}
	return EFI_SUCCESS;
}
