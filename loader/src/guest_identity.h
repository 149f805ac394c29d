/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a VM's tables say has made its machine.
 */
#ifndef LOADER_GUEST_IDENTITY_H
#define LOADER_GUEST_IDENTITY_H

#include <stdint.h>

struct guest_identity {
	char oem_id[7]; /* ACPI, padded with spaces; with a NUL, as the next two */
	char oem_table_id[9];
	char creator_id[5];
	char hypervisor[9];  /* FADT; "": it does not say */
	const char *vendor;  /* EFI's and SMBIOS's */
	const char *product; /* SMBIOS, as the next */
	const char *serial;  /* what the serial number begins with; NULL: there is none */
};

/* VMware's where the VM speaks VMware, else none's where it is anonymous, else Plinth's. */
const struct guest_identity *guest_identity(uint32_t flags);

#endif
