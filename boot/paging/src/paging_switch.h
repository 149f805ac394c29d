/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PAGING_SWITCH_H
#define PAGING_SWITCH_H

#include <stdint.h>

/* paging_switch.S loads these in this order. */
struct paging_regs {
	uint64_t ttbr;
	uint64_t mair;
	uint64_t tcr;
	uint64_t sctlr;
};

/* Discards the cache lines of [image, image_end), invalidates TLB and instruction cache, and
 * writes the registers of that exception level. */
void paging_switch_el1(const struct paging_regs *regs, uint64_t image, uint64_t image_end);
void paging_switch_el2(const struct paging_regs *regs, uint64_t image, uint64_t image_end);

#endif
