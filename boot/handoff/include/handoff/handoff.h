/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways into the core (docs/boot-contract.md is what holds when its first instruction runs) and
 * into any other kernel.
 */
#ifndef HANDOFF_HANDOFF_H
#define HANDOFF_HANDOFF_H

#include <stddef.h>
#include <stdint.h>

#include "abi/core_header.h"
#include "base/compiler.h"
#include "base/status.h"

/* Reads and checks the header of a core.bin of `size` bytes. EINVAL: it is not one; *why says in
 * which way. */
enum plinth_status handoff_check_core(
	const void *image, size_t size, struct core_header *header, const char **why);

/* Copies a checked core to `to` (memory_size bytes at CORE_ALIGN), zeroes the rest, and cleans
 * all of it to PoC. */
void handoff_place_core(const void *image, const struct core_header *header, void *to);

/* Turns MMU and caches off and enters the core at `entry` with x0 = info, x1 = core: physical
 * addresses. (Or another Plinth, whose state is x0: handoff/image.h.) Runs at EL2 in
 * identity-mapped memory; everything that the core reads before it has its own MMU on has been
 * cleaned to PoC (cache_clean). Never returns. */
NORETURN void handoff_enter(uint64_t info, uint64_t core, uint64_t entry);

/* Turns MMU and caches off and enters a kernel as the arm64 Image protocol wants it: x0 = fdt, x1
 * to x3 = 0, at the present exception level, 1 or 2. What it reads before its own MMU is on has
 * been cleaned to PoC. Never returns. */
NORETURN void handoff_enter_kernel(uint64_t fdt, uint64_t entry);

#endif
