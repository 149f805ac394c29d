/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule per property that a vm.dtb may have in its root.
 */
#ifndef LOADER_VMDESC_RULES_H
#define LOADER_VMDESC_RULES_H

#include <stdint.h>

#include "vmdesc.h"
#include "vmdesc_property.h"

/* Properties that a VM must have. */
#define VMDESC_SEEN_COMPATIBLE 0x1U
#define VMDESC_SEEN_VCPUS      0x2U
#define VMDESC_SEEN_MEMORY     0x4U
#define VMDESC_SEEN_KERNEL     0x8U

struct vmdesc_parser {
	const struct loader_host *host;
	struct vmdesc *desc;
	struct loader_error *error;
	uint32_t seen; /* VMDESC_SEEN_* */
};

struct vmdesc_rule {
	const char *name;
	enum plinth_status (*parse)(struct vmdesc_parser *parser, const struct property *property);
	uint32_t seen;
};

/* NULL: no property has this name. */
const struct vmdesc_rule *vmdesc_rule_find(const char *name);

/* PLINTH_EINVAL, with the error written, where a property is missing that a VM must have. */
enum plinth_status vmdesc_check_complete(const struct vmdesc_parser *parser);

/* PLINTH_EINVAL, with the error written, where two values cannot be had together. */
enum plinth_status vmdesc_check_together(const struct vmdesc_parser *parser);

#endif
