/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What random histories meet too seldom: short ones for single operations, tried first.
 */
#ifndef COHERENCY_DIRECTED_H
#define COHERENCY_DIRECTED_H

#include "coherency_history.h"
#include "coherency_taps.h"

/* The history that needs this operation, with another adversary at each attempt, and the number of
 * its machine. False: none is written down. */
bool directed_history(
	const struct tap *tap, uint64_t attempt, struct history *history, unsigned *machine);

#endif
