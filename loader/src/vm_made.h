/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Plinth itself adds to a VM's files: pen, ACPI tables, devicetree.
 */
#ifndef LOADER_VM_MADE_H
#define LOADER_VM_MADE_H

#include "vm_config_write.h"

/* Plans build->layout, allocates and writes them. PLINTH_EINVAL, with the build's error written:
 * the VM's RAM is too small, or the machine has no memory for them. */
enum plinth_status vm_made_write(struct vm_build *build, uint64_t *free_memory);

#endif
