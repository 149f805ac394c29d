/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOADER_VM_UUID_H
#define LOADER_VM_UUID_H

#include <stdint.h>

#include "bundle/cpio.h"

/* A version 8 UUID (RFC 9562, section 5.8) of the VM's name, its vm.dtb and the sizes of its
 * files: the same in each boot of the same bundle, others for other VMs. The files' contents are
 * left out: to read them all would double the time of a cold start. */
void vm_uuid_make(const char *name, const struct cpio_entry *dtb, uint64_t kernel_size,
	uint64_t initrd_size, uint8_t uuid[16]);

#endif
