/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devicetree that a VM sees: QEMU's virt board as far as this VM has it, with QEMU's names,
 * addresses and interrupts; for a VM with ACPI and no firmware nothing but /chosen. From /chosen
 * Linux finds the EFI tables (its Documentation/arm64/acpi_object_usage.rst and
 * drivers/firmware/efi/fdtparams.c). Pure.
 */
#ifndef LOADER_GUEST_FDT_H
#define LOADER_GUEST_FDT_H

#include <stddef.h>
#include <stdint.h>

#include "assigned.h"
#include "guest_disks.h"
#include "guest_efi.h"
#include "guest_firmware.h"
#include "loader/loader.h"
#include "vmdesc.h"

#define GUEST_FDT_KASLR_SIZE 8U
#define GUEST_FDT_SEED_SIZE  64U
#define GUEST_FDT_TOKEN_SIZE 16U

struct guest_fdt_input {
	const struct vmdesc *desc;
	const struct loader_host *host;
	uint64_t initrd;	     /* IPA */
	uint64_t initrd_size;	     /* 0: none */
	uint64_t pen;		     /* IPA; with VMDESC_SPIN_TABLE alone */
	const struct guest_efi *efi; /* where guest_efi_reserved() is not 0 */
	const struct guest_disks *disks;
	const struct assigned *assigned; /* of none, where the VM has no devices of the machine */
	struct guest_piece kernel, own_initrd; /* as it is in the bundle, with firmware */
	const struct guest_firmware *firmware; /* with firmware */
};

/* Places in the devicetree that are zero in it and that the core fills at each start of the VM:
 * offsets from its first byte; 0 where the VM has none. */
struct guest_fdt {
	size_t size;
	size_t kaslr_seed; /* GUEST_FDT_KASLR_SIZE bytes */
	size_t rng_seed;   /* GUEST_FDT_SEED_SIZE bytes */
	size_t token;	   /* GUEST_FDT_TOKEN_SIZE bytes, with control rights alone */
};

/* Bytes that the devicetree of such a VM needs at most; a multiple of PAGE_SIZE. */
size_t guest_fdt_bound(const struct vmdesc *desc);

/* MPIDR_EL1's affinity of a vCPU: 16 of them in Aff0, as many as one SGI can address (GICv3,
 * IHI 0069, ICC_SGI1R_EL1.TargetList), then Aff1. */
uint64_t guest_fdt_mpidr(uint32_t vcpu);

/* Writes the devicetree into buf, aligned to 8, of guest_fdt_bound() bytes. */
void guest_fdt_build(const struct guest_fdt_input *input, void *buf, struct guest_fdt *result);

#endif
