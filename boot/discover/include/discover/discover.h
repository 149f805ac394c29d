/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From firmware tables to struct machine. Pure: bytes in, struct out; no byte outside the range
 * that the caller names is read, whatever the bytes say.
 */
#ifndef DISCOVER_DISCOVER_H
#define DISCOVER_DISCOVER_H

#include <stddef.h>

#include "base/status.h"
#include "discover/machine.h"

/* The largest devicetree that is accepted; the arm64 boot protocol allows 2 MiB. */
#define DISCOVER_FDT_MAX (2U * 1024U * 1024U)

/* Size of the devicetree by its header (the first 40 bytes, 8-byte aligned, must be readable), or
 * 0 where that is no devicetree, or claims to be larger than DISCOVER_FDT_MAX. Works without
 * MMU: only aligned 32-bit loads. */
size_t discover_fdt_size(const void *fdt);

/* Fills *machine (all of it) from a flattened devicetree (Devicetree Specification 0.4; the GIC,
 * timer and PSCI bindings of Linux). `size` is what may be read; fdt is 8-byte aligned.
 *
 * PLINTH_OK: *machine is filled. A device that is missing, disabled or malformed is left zero; it
 *   is for the caller to say what it can't do without.
 * PLINTH_EINVAL: no devicetree, or one that is malformed as a whole. *why says how.
 * PLINTH_ENOMEM: more reservations than MACHINE_RESERVED_MAX: using the memory would be unsafe.
 *
 * *why is a constant string, set on failure alone. */
enum plinth_status discover_fdt(
	const void *fdt, size_t size, struct machine *machine, const char **why);

#endif
