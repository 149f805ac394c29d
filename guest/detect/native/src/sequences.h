/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.S for native.c: x0 is the monitored word, x1 the instruction's operand. */
#ifndef NATIVE_SEQUENCES_H
#define NATIVE_SEQUENCES_H

#include <stdint.h>

#include "detect/probe.h"

/* What a sequence returns: the store-exclusive's own status, or that it faulted. */
#define SEQUENCE_STORED	 0U
#define SEQUENCE_CLEARED 1U
#define SEQUENCE_FAULTED 2U

typedef uint32_t sequence_fn(uint64_t *word, uint64_t operand);

extern sequence_fn *const native_sequences[PROBE_COUNT];
sequence_fn native_control;

/* All sequences lie in between. */
extern const char native_sequences_start[];
extern const char native_sequences_end[];

/* Where a fault in a sequence goes on, and one in the code that PROBE_FIRST_FETCH calls. */
extern const char native_faulted[];
extern const char native_fetch_faulted[];

#endif
