/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One VM: from its folder in the bundle to its vm_config.
 */
#ifndef LOADER_VM_BUILD_H
#define LOADER_VM_BUILD_H

#include "bundle/cpio.h"
#include "error.h"
#include "loader/loader.h"

struct vm_build_input {
	const struct loader *loader;
	const struct cpio *archive;
	const char *name;		/* of the folder; NUL-terminated */
	const struct vm_config *others; /* the VMs before it */
	size_t other_count;
};

/* Builds the VM. *free_memory is what is left for VMs; on success it is less by what this one
 * takes. PLINTH_EINVAL: error says why not; nothing is left allocated and *free_memory is as it
 * was. *config is undefined then. */
enum plinth_status vm_build(const struct vm_build_input *input, uint64_t *free_memory,
	struct vm_config *config, struct loader_error *error);

#endif
