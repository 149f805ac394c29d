/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What docs/mpboot.md does on a machine, inside a VM: one whose vCPUs are offered by a mailbox
 * protocol starts in the pen, a few instructions in a reserved part of its own RAM. vCPU 0 starts
 * the others by PSCI, their original protocol, into the pen, where each waits on its mailbox; then
 * it goes on to the kernel. EL2 knows nothing of it.
 *
 * The part of RAM: one page with the code and, in its upper half, the spin table's words; for the
 * parking protocol then one page per secondary vCPU, its mailbox.
 */
#ifndef LOADER_GUEST_PEN_H
#define LOADER_GUEST_PEN_H

#include <stddef.h>
#include <stdint.h>

#include "loader/loader.h"
#include "vmdesc.h"

/* Bytes of RAM that the pen reserves, a multiple of 64 KiB, the largest page that a guest may
 * have; 0: a VM with PSCI has none. */
size_t guest_pen_reserved(const struct vmdesc *desc);

/* Writes the pen's first page, PAGE_SIZE bytes; the rest of its memory starts as zeroes. `entry` is
 * where vCPU 0 goes on. The VM's entry is the page's first byte; x0 is handed on to the kernel. */
void guest_pen_write(
	const struct vmdesc *desc, const struct loader_host *host, uint64_t entry, void *page);

/* The spin table's word of a vCPU, in a pen at IPA `pen`. */
uint64_t guest_pen_release_address(uint64_t pen, uint32_t vcpu);

/* The parking protocol's mailbox of a vCPU; 0 for vCPU 0, which never waits in one. */
uint64_t guest_pen_mailbox(uint64_t pen, uint32_t vcpu);

#endif
