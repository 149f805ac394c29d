/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines, and the search for a history that fails on one of them.
 */
#ifndef COHERENCY_DROP_H
#define COHERENCY_DROP_H

#include <stdbool.h>
#include <stdint.h>

#include "coherency_world.h"

/* Every combination of L1Ip, IDC, DIC and FWB, with line sizes, `eager` and VMIDs varied; then some
 * with memory in blocks of 2 MiB. */
#define CONFIG_COUNT 40U
#define CONFIG_SMALL 32U /* those without blocks come first */

struct config config_of(unsigned number);
void config_describe(const struct config *config, char *buf, size_t size);

/* Leaves out each operation that was executed since taps_forget(), in turn, and prints a table. How
 * many were not noticed. `steps`: how long to look for each; `only`: a row, or TAP_NONE for all. */
unsigned drop_each(uint64_t seed, uint64_t steps, unsigned only, bool loud);

#endif
