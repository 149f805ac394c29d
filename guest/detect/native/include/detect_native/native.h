/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequences on a real CPU, for whoever catches their faults: a process with signal handlers,
 * or a bare program with vectors. One user at a time.
 */
#ifndef DETECT_NATIVE_NATIVE_H
#define DETECT_NATIVE_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/detect.h"

/* Memory for PROBE_FIRST_FETCH, most of which nobody has executed yet. Each run takes a block of
 * it, in an order of its own, and calls code in 16 KiB somewhere in it that it wrote: hypervisors
 * look at more than a page at once. size 0: there is no memory, and the probe is refused. */
#define DETECT_NATIVE_BLOCK 0x200000U

struct detect_native_code {
	uint64_t start; /* a multiple of 4096 */
	uint64_t size;	/* a multiple of DETECT_NATIVE_BLOCK */
	uint64_t seed;	/* of the order and the places; not 0 */
};

void detect_native_init(const struct detect_native_code *code);

/* detect_backend's run(); ctx is not used. Executes the probe's instruction at the level that it
 * is called at. */
enum detect_outcome detect_native_run(void *ctx, enum detect_probe_id probe, bool is_control);

/* For the handler of an undefined instruction, an access trap or an abort: if `pc` lies in a
 * sequence, sets *resume to where to go on and returns true. All registers but PC stay. */
bool detect_native_fixup(uint64_t pc, uint64_t *resume);

#endif
