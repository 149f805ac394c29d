/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a VM with ACPI or `vmware;`: the EFI system table through which arm64 Linux finds ACPI and
 * SMBIOS, and all that hangs on it, without runtime services. Pure.
 */
#ifndef LOADER_GUEST_EFI_H
#define LOADER_GUEST_EFI_H

#include <stddef.h>
#include <stdint.h>

#include "guest_disks.h"
#include "loader/loader.h"
#include "vmdesc.h"

struct guest_efi_input {
	const struct vmdesc *desc;
	const struct loader_host *host;
	uint64_t ipa; /* where the guest finds the result: the last guest_efi_reserved() of RAM */
	uint64_t pen; /* IPA; with VMDESC_PARKING alone, right before the result */
	const uint8_t *uuid; /* 16 bytes */
	const struct guest_disks *disks;
};

struct guest_efi {
	size_t size;
	uint64_t system_table; /* IPAs */
	uint64_t memory_map;
	uint32_t memory_map_size;
	uint32_t descriptor_size;
	uint32_t descriptor_version;
};

/* Bytes that the tables of such a VM take at most; a multiple of PAGE_SIZE. */
size_t guest_efi_bound(const struct vmdesc *desc);

/* Bytes of RAM that the tables of a VM reserve, a multiple of VMDESC_PAGE_MAX; 0: there are none,
 * without ACPI and `vmware;`. */
size_t guest_efi_reserved(const struct vmdesc *desc);

/* Writes the tables into buf, aligned to 16, of guest_efi_bound() bytes, of which
 * result->size are set. */
void guest_efi_build(const struct guest_efi_input *input, void *buf, struct guest_efi *result);

#endif
