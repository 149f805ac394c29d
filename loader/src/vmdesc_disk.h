/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes disk@N of a vm.dtb: memory that the guest finds as a disk.
 */
#ifndef LOADER_VMDESC_DISK_H
#define LOADER_VMDESC_DISK_H

#include "vmdesc_rules.h"

#define VMDESC_DISK_PREFIX "disk@"

/* Adds the node's disk to the description. Wants fdtcheck_full() passed. PLINTH_EINVAL: the error
 * says why not, and begins with the node's name. */
enum plinth_status vmdesc_disk_parse(struct vmdesc_parser *parser, const void *fdt, int node);

#endif
