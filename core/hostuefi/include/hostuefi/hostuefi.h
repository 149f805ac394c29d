/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime services of the host's own UEFI, where boot/ has kept them: called at EL2, at
 * physical addresses, by one CPU at a time. A call takes as long as the firmware takes, with
 * interrupts masked: whoever calls while guests run asks for little at once, and not often. A
 * service that takes an exception is left (core/exits), and none is called any more.
 *
 * Lock: one, LOCK_RANK_DEVICE, inside.
 */
#ifndef HOSTUEFI_HOSTUEFI_H
#define HOSTUEFI_HOSTUEFI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct boot_efi;

#define HOSTUEFI_NAME_SIZE 64U /* of a variable's name, in characters, with the NUL */

/* Maps what the services need. Boot CPU, before others run. Status as hypmap_firmware(); then, or
 * where boot/ has kept none, there are no services. */
enum plinth_status hostuefi_init(const struct boot_efi *efi);

/* Are there services? */
bool hostuefi_is_there(void);

/* A variable of Plinth's own GUID; name is ASCII. ENOENT: there is none. ENOMEM: it is larger than
 * max. ENOTSUP: no services, or no more. EPERM: the firmware refuses. */
enum plinth_status hostuefi_get(const char *name, void *data, uint32_t max, uint32_t *size);

/* Sets it, non-volatile. ENOMEM: the firmware has no room for it; else as above. */
enum plinth_status hostuefi_set(const char *name, const void *data, uint32_t size);

enum hostuefi_reset { HOSTUEFI_RESET, HOSTUEFI_OFF };

/* Resets the machine, or powers it off; comes back where the firmware can't. */
void hostuefi_reset(enum hostuefi_reset how);

#endif
