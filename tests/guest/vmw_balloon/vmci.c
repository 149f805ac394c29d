// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/* Debian's arm64 kernel has no VMCI, so there are no doorbells. */
#include <linux/module.h>
#include <linux/vmw_vmci_api.h>
#include <linux/vmw_vmci_defs.h>

int vmci_doorbell_create(struct vmci_handle *handle, u32 flags, u32 priv_flags,
	vmci_callback notify_cb, void *client_data)
{
	return VMCI_ERROR_UNAVAILABLE;
}

int vmci_doorbell_destroy(struct vmci_handle handle)
{
	return VMCI_ERROR_UNAVAILABLE;
}
