/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's stage 1 for the tests: tables in an array, made from a list of mappings, and the CPU's
 * walk over them as DDI 0487 (D8) has it, behind the fake AT. It shares no code with the scanner.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/types.h"

#define MODEL_BASE UINT64_C(0x40000000) /* IPA of the array */
#define MODEL_SIZE (UINT64_C(8) << 20)

#define MODEL_RO    0x01U
#define MODEL_EL0   0x02U
#define MODEL_NO_AF 0x04U
#define MODEL_PXN   0x08U
#define MODEL_UXN   0x10U
#define MODEL_DEV   0x20U

struct model_half {
	unsigned page_shift;
	unsigned bits;
	uint64_t root;
	bool off;
};

extern struct model_half model_half[2];
extern uint64_t model_memory[MODEL_SIZE / sizeof(uint64_t)];
extern uint64_t model_ats;
extern uint64_t model_reads;

/* Empties everything; each half gets a root. */
void model_reset(unsigned page_shift, unsigned bits0, unsigned bits1);

/* One leaf; gva and pa aligned to the level's span. The entry's address (in memory). */
uint64_t *model_map(uint64_t gva, uint64_t pa, unsigned level, unsigned flags);

/* The entry of that level on the way to `gva`, making tables above it. */
uint64_t *model_entry(uint64_t gva, unsigned level);

uint64_t model_span(unsigned half, unsigned level);
unsigned model_start(unsigned half);

/* The stage-2 page with this IPA is not there; AT says S, and model_read() makes it present, unless
 * it is lost for good. */
void model_absent(uint64_t ipa, bool for_good);

/* AT ends in an abort where it reads this page. */
void model_aborts(uint64_t ipa);

uint64_t model_tcr(void);
enum plinth_status model_read(void *ctx, ipa_t ipa, uint64_t *value);

#endif
