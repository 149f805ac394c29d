/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This CPU's breakpoint and watchpoint registers, by number.
 */
#ifndef DEBUGREGS_HARDWARE_H
#define DEBUGREGS_HARDWARE_H

#include "debugregs/debugregs.h"

/* n is below DEBUGREGS_PAIR_MAX and implemented. */
void hardware_write_breakpoint(unsigned n, const struct debugregs_pair *pair);
void hardware_write_watchpoint(unsigned n, const struct debugregs_pair *pair);

#endif
