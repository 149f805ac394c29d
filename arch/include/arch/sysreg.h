/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_NAME() and write_NAME(v) for each row of arch_impl's sysregs.def. Writes do not
 * synchronise: the ISB is the caller's. On the fake every register is a field of a per-thread
 * struct, so that an unknown one does not compile.
 */
#ifndef ARCH_SYSREG_H
#define ARCH_SYSREG_H

#include "arch_impl/sysreg.h"

#endif
