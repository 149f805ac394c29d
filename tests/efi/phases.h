/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime driver through the phases (driver.c).
 */
#ifndef EFI_PHASES_H
#define EFI_PHASES_H

/* Loads it from this disk and starts it, with boot services. */
void phases_load_driver(void);

/* Its interface, at its physical address. */
void *phases_driver(void);

/* All that it points at has moved with it: `moved` is the interface's virtual address, and the
 * physical ones are gone. */
void phases_check_driver(const void *moved);

#endif
