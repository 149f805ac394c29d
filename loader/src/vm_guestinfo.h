/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core gets of a VM's guestinfo: where in the bundle each key and value lies.
 */
#ifndef LOADER_VM_GUESTINFO_H
#define LOADER_VM_GUESTINFO_H

#include "vm_config_write.h"

/* Allocates and writes build->guestinfo, if the description has any. PLINTH_EINVAL, with the
 * build's error written: the machine has no memory for it. */
enum plinth_status vm_guestinfo_write(struct vm_build *build, uint64_t *free_memory);

#endif
