/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system table and what hangs on it. The runtime services are made elsewhere (fw/runtime).
 */
#ifndef FW_SERVICES_H
#define FW_SERVICES_H

#include "uefi/services.h"

struct fw_tables {
	struct efi_system_table *system;	/* all of these in EfiRuntimeServicesData */
	struct efi_configuration_table *tables; /* room for table_max */
	uint32_t table_max;
	efi_char_t *vendor;
	uint32_t revision;
	struct efi_runtime_services *runtime;
};

/* Starts memory-independent parts anew and fills the system table in. The memory map is there. */
void fw_services_init(const struct fw_tables *tables);

/* Counts the headers' checksums anew: for who changes a table. */
void fw_services_seal(void);

/* InstallConfigurationTable (7.5.6). EFI_OUT_OF_RESOURCES: there are table_max. */
efi_status_t fw_install_configuration_table(const struct efi_guid *guid, void *table);

/* What is to be done when the operating system takes over, after its events were signalled: the
 * services' own end comes before. */
void fw_on_exit(void (*prepare)(void), void (*leave)(void));

#endif
