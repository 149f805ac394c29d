/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node `guestinfo` of a vm.dtb: what the guest's tools find when the VM starts.
 */
#ifndef LOADER_VMDESC_GUESTINFO_H
#define LOADER_VMDESC_GUESTINFO_H

#include "vmdesc_rules.h"

/* Reads the node into parser->desc. A valid devicetree, as fdtcheck_full() says.
 * PLINTH_EINVAL: error written. */
enum plinth_status vmdesc_guestinfo_parse(struct vmdesc_parser *parser, const void *fdt, int node);

#endif
