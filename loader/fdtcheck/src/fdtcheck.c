/* SPDX-License-Identifier: Apache-2.0 */
#include "fdtcheck/fdtcheck.h"

#include <libfdt.h>
#include <stdbool.h>

/* Is what this tag begins in its place? fdt_next_tag() has seen that it is whole. */
static int check_tag(const void *fdt, uint32_t tag, int at, int depth)
{
	int error = 0;

	if (tag == FDT_PROP && depth != 0) {
		const struct fdt_property *property =
			fdt_offset_ptr(fdt, at, (unsigned)sizeof(*property));

		return fdt_get_string(fdt, (int)fdt32_ld(&property->nameoff), &error) == NULL
			       ? error
			       : 0;
	}
	if (tag == FDT_BEGIN_NODE && depth == 0) {
		const char *name = fdt_offset_ptr(fdt, at + (int)FDT_TAGSIZE, 1);

		return *name != '\0' ? -FDT_ERR_BADSTRUCTURE : 0;
	}
	return depth == 0 && tag != FDT_NOP ? -FDT_ERR_BADSTRUCTURE : 0;
}

/* Each tag once, as libfdt reads it: one root without a name, nodes that end, nothing behind it. */
static int check_structure(const void *fdt)
{
	bool has_root = false;
	int depth = 0;
	int at = 0;

	for (;;) {
		int next;
		uint32_t tag = fdt_next_tag(fdt, at, &next);
		int error;

		if (tag == FDT_END) {
			error = has_root && depth == 0 ? 0 : -FDT_ERR_BADSTRUCTURE;
			return next < 0 ? next : error;
		}
		if (next <= at || (has_root && depth == 0)) {
			return -FDT_ERR_BADSTRUCTURE;
		}
		error = check_tag(fdt, tag, at, depth);
		if (error != 0) {
			return error;
		}
		depth += tag == FDT_BEGIN_NODE ? 1 : tag == FDT_END_NODE ? -1 : 0;
		has_root = has_root || depth != 0;
		at = next;
	}
}

int fdtcheck_full(const void *fdt, size_t size)
{
	int error;

	if (size < sizeof(struct fdt_header)) {
		return -FDT_ERR_TRUNCATED;
	}
	error = fdt_check_header(fdt);
	if (error == 0 && fdt_totalsize(fdt) > size) {
		error = -FDT_ERR_TRUNCATED;
	}
	/* Tags and properties are read in place (Devicetree Specification, 5.6). */
	if (error == 0 && fdt_off_dt_struct(fdt) % FDT_TAGSIZE != 0) {
		error = -FDT_ERR_BADOFFSET;
	}
	if (error == 0) {
		error = fdt_num_mem_rsv(fdt);
	}
	return error < 0 ? error : check_structure(fdt);
}
