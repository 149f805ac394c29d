/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL2's own address space (stage 1, one translation regime, TTBR0_EL2, 48-bit, 4 KiB granule).
 *
 *   0 .. 2^47         identity: RAM that Plinth may touch (RW, XN, Normal write-back) and devices
 *                     (RW, XN, Device-nGnRE). The core's own image is not in it, save the one
 *                     page that turns the MMU on (read-only, executable). What the host's UEFI
 *                     needs at runtime: code RX, constants R, data RW.
 *   HYPMAP_IMAGE      the core's image where it is linked: .text RX, .rodata R, .data and .bss RW
 *   HYPMAP_CPU(n)     CPU n's struct percpu and stacks, each below an unmapped guard page
 *
 * Nothing is ever writable and executable. The tables are built once, on the boot CPU, before any
 * other CPU runs; afterwards only hypmap_device() and hypmap_firmware() add to them.
 */
#ifndef HYPMAP_HYPMAP_H
#define HYPMAP_HYPMAP_H

#include <stdint.h>

#include "base/status.h"
#include "base/types.h"
#include "hypmap/hypmap_layout.h"

struct boot_info;

/* The EL2 address of mapped RAM or of a mapped device. Never of the core's own image. On the host
 * a physical address is an address of the test's own memory. */
static inline void *pa_to_va(pa_t pa)
{
	return (void *)(uintptr_t)pa.v;
}

/* The inverse, for addresses that pa_to_va() gave. */
static inline pa_t pa_of(const void *va)
{
	return pa_init((uint64_t)(uintptr_t)va);
}

/* The core's image: physical place, and its parts as linked, page-aligned. */
struct hypmap_image {
	uint64_t pa;
	uint64_t text_size;   /* RX, from HYPMAP_IMAGE */
	uint64_t rodata_size; /* R, behind it */
	uint64_t data_size;   /* RW, behind that: .data and .bss */
};

/* head.S's part: maps the image at HYPMAP_IMAGE and the page at physical address `trampoline` (the
 * code that turns the MMU on) onto itself, with tables that lie in .bss. Runs with the MMU off, at
 * physical addresses. Returns the physical address for TTBR0_EL2. */
uint64_t hypmap_early(const struct hypmap_image *image, uint64_t trampoline);

/* Maps the machine's RAM onto itself, without reserved RAM and the core's image. Table pages beyond
 * those in .bss come from alloc_page, which gives zeroed pages of the largest free range (mapped
 * first) and never fails. Boot CPU, MMU on, once. */
void hypmap_init(const struct boot_info *info, pa_t (*alloc_page)(void));

/* Maps [base, base + size) as a device onto itself, rounded out to pages. Mapping the same device
 * again is no error. EEXIST: part of it is mapped RAM or the core's image; nothing is mapped then.
 * EINVAL: size 0, wraps, or beyond 2^47. Boot CPU, after hypmap_init(); ends with DSB and ISB. */
enum plinth_status hypmap_device(pa_t base, uint64_t size);

/* Maps [base, base + size), both of whole pages, onto itself, for the host's UEFI: RAM that
 * hypmap_init() has left out. kind: enum boot_efi_kind; devices as hypmap_device() says. EEXIST:
 * part of it is mapped, or the core's image; EINVAL: as there, or another kind. What is mapped up
 * to then stays. */
enum plinth_status hypmap_firmware(pa_t base, uint64_t size, uint64_t kind);

/* Maps CPU n's window, whose pages come from alloc_page. Boot CPU, once for each CPU. */
void hypmap_cpu(cpu_id_t cpu);

/* The values for the EL2 translation registers, the same on every CPU. */
uint64_t hypmap_tcr(void);

/* Physical address of an object in the core's image. */
uint64_t hypmap_image_pa(const void *va);

/* Bytes of page tables in use. */
uint64_t hypmap_table_bytes(void);

#endif
