/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a guest's virtual address leads by its own tables (DDI 0487, D8.2 to D8.3), for a debugger:
 * permissions do not matter. 4, 16 and 64 KiB granules, 48 bits of physical address, 52 of virtual
 * with 64 KiB. Tables are read one descriptor at a time; whatever they hold, four are the most.
 */
#ifndef LIBGDB_WALK_H
#define LIBGDB_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/control_registers.h"

/* A descriptor at a guest-physical address; false: there is no memory. */
typedef bool gdb_walk_read_fn(void *ctx, uint64_t gpa, uint64_t *descriptor);

/* The guest-physical address of gva, and how many bytes from there on lie together. False: it leads
 * nowhere. */
bool gdb_walk(const struct control_registers *registers, uint64_t gva, gdb_walk_read_fn *read,
	void *ctx, uint64_t *gpa, uint64_t *together);

#endif
