/* SPDX-License-Identifier: Apache-2.0 */
#include "vmdesc.h"

#include <libfdt.h>
#include <string.h>

#include "base/bits.h"
#include "fdtcheck/fdtcheck.h"
#include "vmdesc_disk.h"
#include "vmdesc_guestinfo.h"
#include "vmdesc_property.h"
#include "vmdesc_rules.h"

/* What dtc has made since 2007. In older ones properties lie otherwise, and libfdt 1.6.1 may
 * follow a null pointer. */
#define FDT_VERSION_MIN 17U

static enum plinth_status parse_property(
	struct vmdesc_parser *parser, const struct property *property)
{
	const struct vmdesc_rule *rule = vmdesc_rule_find(property->name);

	if (rule == NULL) {
		return loader_fail(
			parser->error, "vm.dtb: unknown property \"%s\" in /", property->name);
	}
	parser->seen |= rule->seen;
	return rule->parse(parser, property);
}

static enum plinth_status parse_root(struct vmdesc_parser *parser, const void *fdt)
{
	int offset;

	fdt_for_each_property_offset(offset, fdt, 0)
	{
		struct property property = property_at(fdt, offset);
		enum plinth_status status = parse_property(parser, &property);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	return PLINTH_OK;
}

static enum plinth_status parse_node(struct vmdesc_parser *parser, const void *fdt, int node)
{
	const char *name = fdt_get_name(fdt, node, NULL);

	if (name != NULL && strcmp(name, "guestinfo") == 0) {
		return vmdesc_guestinfo_parse(parser, fdt, node);
	}
	if (name != NULL && strncmp(name, VMDESC_DISK_PREFIX, strlen(VMDESC_DISK_PREFIX)) == 0) {
		return vmdesc_disk_parse(parser, fdt, node);
	}
	return loader_fail(
		parser->error, "vm.dtb: unknown node \"%s\" in /", name == NULL ? "" : name);
}

static enum plinth_status parse_nodes(struct vmdesc_parser *parser, const void *fdt)
{
	int node;

	fdt_for_each_subnode(node, fdt, 0)
	{
		enum plinth_status status = parse_node(parser, fdt, node);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	return PLINTH_OK;
}

static enum plinth_status check_format(const void *dtb, size_t size, struct loader_error *error)
{
	int fault = size < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : 0;

	if (fault == 0 && fdt_magic(dtb) == FDT_MAGIC && fdt_version(dtb) < FDT_VERSION_MIN) {
		return loader_fail(
			error, "vm.dtb: has devicetree version %u, too old", fdt_version(dtb));
	}
	if (fault == 0) {
		fault = fdtcheck_full(dtb, size);
	}
	if (fault != 0) {
		return loader_fail(
			error, "vm.dtb: is no valid devicetree (%s)", fdt_strerror(fault));
	}
	return PLINTH_OK;
}

enum plinth_status vmdesc_parse(const void *dtb, size_t size, const struct loader_host *host,
	struct vmdesc *desc, struct loader_error *error)
{
	struct vmdesc_parser parser = {.host = host, .desc = desc, .error = error};
	enum plinth_status status = check_format(dtb, size, error);

	*desc = (struct vmdesc){
		.weight = VM_WEIGHT_DEFAULT,
		.overhead = VM_OVERHEAD_DEFAULT,
		.ram_base = VM_RAM_BASE,
		.flags = host->gic_version == 2 ? VM_FLAG_GICV2 : 0,
		.bootargs = "",
	};
	if (status == PLINTH_OK) {
		status = parse_root(&parser, dtb);
	}
	if (status == PLINTH_OK) {
		status = parse_nodes(&parser, dtb);
	}
	if (status == PLINTH_OK) {
		status = vmdesc_check_complete(&parser);
	}
	if (status == PLINTH_OK) {
		status = vmdesc_check_together(&parser);
	}
	return status;
}
