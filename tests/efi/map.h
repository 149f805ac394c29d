/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application as an operating system: translation tables of its own after ExitBootServices. In
 * the form that Plinth's firmware has set up: 39 bits of address, attribute 0 of MAIR_EL1 for
 * devices and 1 for memory.
 */
#ifndef EFI_MAP_H
#define EFI_MAP_H

#include <stdint.h>

#define MAP_HIGH UINT64_C(0xffffff8000000000) /* of TTBR1_EL1's half */

/* Before map_own(): pages that map_take_away() will be asked for, as single ones. */
void map_divide(uint64_t pa, uint64_t pages);

/* From now on what is below 1 GiB is devices at their own addresses, and 2 GiB from there memory
 * that may be read, written and executed. TTBR1_EL1's half is there, and empty. */
void map_own(void);

/* These pages, which were divided, are no longer at their own addresses. */
void map_take_away(uint64_t pa, uint64_t pages);

/* These pages, up to 2 MiB of them, to be read, written and executed at the 2 MiB number `slot`
 * (below 16) of MAP_HIGH. Returns their address there. */
uint64_t map_high(unsigned slot, uint64_t pa, uint64_t pages);

#endif
