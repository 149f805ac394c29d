/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles and their protocols (UEFI 2.10, 7.3), and drivers that are connected to them. A GUID that
 * is passed in is copied.
 */
#ifndef FW_HANDLES_H
#define FW_HANDLES_H

#include <stdbool.h>

#include "uefi/services.h"

/* No handles. */
void fw_handles_init(void);

efi_status_t fw_install_protocol_interface(
	efi_handle_t *handle, const struct efi_guid *protocol, uint32_t native, void *interface);
efi_status_t fw_reinstall_protocol_interface(efi_handle_t handle, const struct efi_guid *protocol,
	void *old_interface, void *new_interface);
efi_status_t fw_uninstall_protocol_interface(
	efi_handle_t handle, const struct efi_guid *protocol, void *interface);
efi_status_t fw_handle_protocol(
	efi_handle_t handle, const struct efi_guid *protocol, void **interface);
efi_status_t fw_register_protocol_notify(
	const struct efi_guid *protocol, efi_event_t event, void **registration);
efi_status_t fw_locate_handle(uint32_t how, const struct efi_guid *protocol, void *key,
	uint64_t *size, efi_handle_t *buffer);
efi_status_t fw_locate_device_path(
	const struct efi_guid *protocol, struct efi_device_path **path, efi_handle_t *device);
efi_status_t fw_open_protocol(efi_handle_t handle, const struct efi_guid *protocol,
	void **interface, efi_handle_t agent, efi_handle_t controller, uint32_t attributes);
efi_status_t fw_close_protocol(efi_handle_t handle, const struct efi_guid *protocol,
	efi_handle_t agent, efi_handle_t controller);
efi_status_t fw_open_protocol_information(efi_handle_t handle, const struct efi_guid *protocol,
	struct efi_open_entry **entries, uint64_t *count);
efi_status_t fw_protocols_per_handle(
	efi_handle_t handle, struct efi_guid ***protocols, uint64_t *count);
efi_status_t fw_locate_handle_buffer(uint32_t how, const struct efi_guid *protocol, void *key,
	uint64_t *count, efi_handle_t **buffer);
efi_status_t fw_locate_protocol(
	const struct efi_guid *protocol, void *registration, void **interface);
efi_status_t fw_install_multiple(efi_handle_t *handle, ...);
efi_status_t fw_uninstall_multiple(efi_handle_t handle, ...);
efi_status_t fw_connect_controller(efi_handle_t controller, efi_handle_t *drivers,
	struct efi_device_path *remaining, efi_bool_t recursive);
efi_status_t fw_disconnect_controller(
	efi_handle_t controller, efi_handle_t driver, efi_handle_t child);

/* Is there such a handle? */
bool fw_is_handle(efi_handle_t handle);

/* The interface of a handle's protocol; NULL: it has none. */
void *fw_interface(efi_handle_t handle, const struct efi_guid *protocol);

#endif
