/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_identity.h"

#include <stddef.h>

#include "abi/vm_config.h"

const struct guest_identity *guest_identity(uint32_t flags)
{
	static const struct guest_identity vmware = {
		"VMWARE", "VMWAREVM", "VMW ", "VMware", "VMware, Inc.", "VMware20,1", "VMware-"};
	static const struct guest_identity anonymous = {
		"VIRT  ", "VIRTUAL ", "VIRT", "", "Virtual", "Virtual Machine", NULL};
	static const struct guest_identity plinth = {
		"PLINTH", "PLINTHVM", "PLTH", "Plinth", "Plinth", "Virtual Machine", NULL};

	if ((flags & VM_FLAG_VMWARE) != 0) {
		return &vmware;
	}
	return (flags & VM_FLAG_ANONYMOUS) != 0 ? &anonymous : &plinth;
}
