/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM's firmware finds of the tables that it hands on: ACPI and SMBIOS, without an EFI system
 * table, which is the firmware's own (docs/firmware-contract.md). Pure.
 */
#ifndef LOADER_GUEST_FIRMWARE_H
#define LOADER_GUEST_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

#include "guest_disks.h"
#include "loader/loader.h"
#include "vmdesc.h"

struct guest_firmware_input {
	const struct vmdesc *desc;
	const struct loader_host *host;
	uint64_t ipa;	     /* of the result: the last guest_firmware_reserved() of RAM */
	uint64_t pen;	     /* IPA; with VMDESC_PARKING alone */
	const uint8_t *uuid; /* 16 bytes */
	const struct guest_disks *disks;
};

/* A piece of the VM's memory. */
struct guest_piece {
	uint64_t ipa;
	uint64_t size; /* 0: there is none */
};

struct guest_firmware {
	size_t size;
	struct guest_piece acpi;   /* begins with the RSDP; with VMDESC_ACPI alone */
	struct guest_piece smbios; /* begins with the entry point */
};

/* Bytes that the tables take at most; a multiple of PAGE_SIZE. */
size_t guest_firmware_bound(const struct vmdesc *desc);

/* Bytes of RAM that they reserve, a multiple of VMDESC_PAGE_MAX; 0: a VM without firmware. */
size_t guest_firmware_reserved(const struct vmdesc *desc);

/* Writes the tables into buf, aligned to 16, of guest_firmware_bound() bytes, of which
 * result->size are set. Each piece has its pages to itself. */
void guest_firmware_build(
	const struct guest_firmware_input *input, void *buf, struct guest_firmware *result);

#endif
