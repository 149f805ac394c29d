/* SPDX-License-Identifier: Apache-2.0 */
/* Is this a devicetree? For those that somebody else has written. */
#ifndef FDTCHECK_FDTCHECK_H
#define FDTCHECK_FDTCHECK_H

#include <stddef.h>

/* fdt_check_full() of `size` bytes at `fdt` (8-byte aligned), and its result: 0 or -FDT_ERR_*. That
 * of libfdt 1.6.1 goes round for ever where the length of a property leads back, which is refused
 * before it is asked (-FDT_ERR_BADSTRUCTURE). */
int fdtcheck_full(const void *fdt, size_t size);

#endif
