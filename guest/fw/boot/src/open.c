/* SPDX-License-Identifier: Apache-2.0 */
/* OpenProtocol and its kin (7.3.9 to 7.3.12). */
#include "base/string.h"
#include "fw/guid.h"
#include "fw/memory.h"
#include "handles.h"

#define BOTH (EFI_OPEN_BY_DRIVER | EFI_OPEN_EXCLUSIVE)

static struct open *find_open(struct protocol *protocol, const struct efi_open_entry *wanted)
{
	LIST_FOR_EACH(node, &protocol->opens)
	{
		struct open *open = CONTAINER_OF(node, struct open, link);

		if (open->entry.agent == wanted->agent &&
			open->entry.controller == wanted->controller &&
			open->entry.attributes == wanted->attributes) {
			return open;
		}
	}
	return NULL;
}

/* Who has it for himself; NULL: nobody. */
static struct open *find_owner(struct protocol *protocol, uint32_t attributes)
{
	LIST_FOR_EACH(node, &protocol->opens)
	{
		struct open *open = CONTAINER_OF(node, struct open, link);

		if ((open->entry.attributes & attributes) != 0U) {
			return open;
		}
	}
	return NULL;
}

/* EFI_SUCCESS: nothing stands against the opening. */
static efi_status_t make_way(
	struct handle *handle, struct protocol *protocol, const struct efi_open_entry *wanted)
{
	struct open *owner;

	if ((wanted->attributes & BOTH) == 0U) {
		return EFI_SUCCESS;
	}
	owner = find_owner(protocol, EFI_OPEN_BY_DRIVER);
	if (owner != NULL && wanted->attributes == owner->entry.attributes &&
		owner->entry.agent == wanted->agent) {
		return EFI_ALREADY_STARTED;
	}
	if (find_owner(protocol, EFI_OPEN_EXCLUSIVE) != NULL) {
		return EFI_ACCESS_DENIED;
	}
	if (owner == NULL) {
		return EFI_SUCCESS;
	}
	if ((wanted->attributes & EFI_OPEN_EXCLUSIVE) == 0U ||
		fw_disconnect_controller(handle, owner->entry.agent, NULL) != EFI_SUCCESS ||
		find_owner(protocol, EFI_OPEN_BY_DRIVER) != NULL) {
		return EFI_ACCESS_DENIED;
	}
	return EFI_SUCCESS;
}

static efi_status_t note(struct protocol *protocol, const struct efi_open_entry *wanted)
{
	struct open *open = find_open(protocol, wanted);

	if (wanted->agent == NULL) {
		return EFI_SUCCESS; /* nobody who could close it */
	}
	if (open == NULL) {
		open = fw_allocate(sizeof(*open));
		if (open == NULL) {
			return EFI_OUT_OF_RESOURCES;
		}
		open->entry = *wanted;
		list_push_back(&protocol->opens, &open->link);
	}
	open->entry.count++;
	return EFI_SUCCESS;
}

static bool is_sound(efi_handle_t handle, const struct efi_open_entry *wanted)
{
	switch (wanted->attributes) {
	case EFI_OPEN_BY_HANDLE_PROTOCOL:
	case EFI_OPEN_GET_PROTOCOL:
	case EFI_OPEN_TEST_PROTOCOL:
		return true;
	case EFI_OPEN_BY_CHILD_CONTROLLER:
		return fw_is_handle(wanted->agent) && fw_is_handle(wanted->controller) &&
		       wanted->controller != handle;
	case EFI_OPEN_BY_DRIVER:
	case BOTH:
		return fw_is_handle(wanted->agent) && fw_is_handle(wanted->controller);
	case EFI_OPEN_EXCLUSIVE:
		return fw_is_handle(wanted->agent);
	default:
		return false;
	}
}

efi_status_t fw_open_protocol(efi_handle_t wanted, const struct efi_guid *guid, void **interface,
	efi_handle_t agent, efi_handle_t controller, uint32_t attributes)
{
	struct efi_open_entry entry = {
		.agent = agent, .controller = controller, .attributes = attributes};
	struct handle *handle = fw_find_handle(wanted);
	struct protocol *protocol;
	efi_status_t status;

	if (handle == NULL || guid == NULL || !is_sound(wanted, &entry) ||
		(interface == NULL && attributes != EFI_OPEN_TEST_PROTOCOL)) {
		return EFI_INVALID_PARAMETER;
	}
	protocol = fw_find_protocol(handle, guid);
	if (protocol == NULL) {
		if (interface != NULL && attributes != EFI_OPEN_TEST_PROTOCOL) {
			*interface = NULL;
		}
		return EFI_UNSUPPORTED;
	}
	status = make_way(handle, protocol, &entry);
	if (status == EFI_SUCCESS && attributes != EFI_OPEN_TEST_PROTOCOL) {
		status = note(protocol, &entry);
	}
	if ((status == EFI_SUCCESS || status == EFI_ALREADY_STARTED) &&
		attributes != EFI_OPEN_TEST_PROTOCOL) {
		*interface = protocol->interface;
	}
	return status;
}

efi_status_t fw_handle_protocol(efi_handle_t handle, const struct efi_guid *guid, void **interface)
{
	/* Without an agent: nobody closes what HandleProtocol opened. */
	return fw_open_protocol(handle, guid, interface, NULL, NULL, EFI_OPEN_BY_HANDLE_PROTOCOL);
}

efi_status_t fw_close_protocol(efi_handle_t wanted, const struct efi_guid *guid, efi_handle_t agent,
	efi_handle_t controller)
{
	struct handle *handle = fw_find_handle(wanted);
	struct protocol *protocol;
	struct list *at;
	bool closed = false;

	if (handle == NULL || guid == NULL || !fw_is_handle(agent) ||
		(controller != NULL && !fw_is_handle(controller))) {
		return EFI_INVALID_PARAMETER;
	}
	protocol = fw_find_protocol(handle, guid);
	if (protocol == NULL) {
		return EFI_NOT_FOUND;
	}
	at = protocol->opens.next;
	while (at != &protocol->opens) {
		struct open *open = CONTAINER_OF(at, struct open, link);

		at = at->next;
		if (open->entry.agent == agent && open->entry.controller == controller) {
			fw_drop_open(open);
			closed = true;
		}
	}
	return closed ? EFI_SUCCESS : EFI_NOT_FOUND;
}

efi_status_t fw_open_protocol_information(efi_handle_t wanted, const struct efi_guid *guid,
	struct efi_open_entry **entries, uint64_t *count)
{
	struct handle *handle = fw_find_handle(wanted);
	struct protocol *protocol;
	struct efi_open_entry *list;
	uint64_t found = 0;

	if (handle == NULL || guid == NULL || entries == NULL || count == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	protocol = fw_find_protocol(handle, guid);
	if (protocol == NULL) {
		return EFI_NOT_FOUND;
	}
	LIST_FOR_EACH(node, &protocol->opens)
	{
		found++;
	}
	list = fw_allocate(found * sizeof(*list) + 1U);
	if (list == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	*entries = list;
	*count = found;
	LIST_FOR_EACH(node, &protocol->opens)
	{
		*list++ = CONTAINER_OF(node, struct open, link)->entry;
	}
	return EFI_SUCCESS;
}
