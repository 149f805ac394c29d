/* SPDX-License-Identifier: Apache-2.0 */
/* Is this a devicetree? For those that somebody else has written. */
#ifndef FDTCHECK_FDTCHECK_H
#define FDTCHECK_FDTCHECK_H

#include <stddef.h>

/* What fdt_check_full() checks of `size` bytes at `fdt` (8-byte aligned), and its results: 0 or
 * -FDT_ERR_*; libfdt reads the tags, once each. Its own passes each property twice more, takes a
 * tree without a root, and in version 1.6.1 goes round for ever where the length of a property
 * leads back: these two are -FDT_ERR_BADSTRUCTURE. */
int fdtcheck_full(const void *fdt, size_t size);

#endif
