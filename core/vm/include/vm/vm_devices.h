/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of the machine that a VM has (docs/design/assign.md). */
#ifndef VM_VM_DEVICES_H
#define VM_VM_DEVICES_H

#include "vm/vm.h"

/* An interrupt of the machine that this CPU has acknowledged and dropped: false: it is no VM's.
 * Else it stays active until that VM's guest has ended it. */
bool vm_device_interrupt(intid_t intid);

/* Does one that the VM has lie in that page? */
bool vm_has_device(const struct vm *vm, ipa_t ipa);

/* Can every device that a VM has used be reset, and was it where that VM is off? Else one may write
 * to memory that the VM had. */
bool vm_devices_are_quiet(void);

#endif
