/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an event costs, in instructions: run under `-icount shift=0`, where one instruction is one
 * nanosecond of the counter; with two CPUs it adds both. A tick is 16 instructions: batches are as
 * long as makes that small. Each report is a line "BENCH: name median least", of one event, in
 * hundredths of an instruction.
 */
#ifndef TESTS_PAYLOAD_BATCHES_H
#define TESTS_PAYLOAD_BATCHES_H

#include <stdint.h>

#define BATCHES 16U

/* `ticks[i]` is what batch i took, of `rounds` events; sorts them. */
void report(const char *name, uint64_t ticks[BATCHES], uint64_t rounds);

/* The same for batches of `rounds` calls of event(), less what the loop takes with a function that
 * does nothing. The first call, which finds caches and TLBs empty, does not count. */
void measure(const char *name, void (*event)(void), uint64_t rounds);

#endif
