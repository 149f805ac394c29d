/* SPDX-License-Identifier: Apache-2.0 */
#include "vmdesc_guestinfo.h"

#include <libfdt.h>
#include <string.h>

/* A message of the backdoor has 64 KiB; this much of it is "1 " before the value. */
#define REPLY_PREFIX 2U
#define VALUE_MAX    (KIB(64) - REPLY_PREFIX)

/* The guest's tools ask for one word. */
static bool is_key(const char *key, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (key[i] <= ' ' || key[i] > '~') {
			return false;
		}
	}
	return length != 0;
}

static enum plinth_status parse_entry(struct vmdesc_parser *parser, const struct property *property)
{
	struct vmdesc *desc = parser->desc;
	size_t length = strnlen(property->name, VMDESC_GUESTINFO_KEY_MAX + 1U);
	const char *value;
	enum plinth_status status = property_string(property, VALUE_MAX, &value, parser->error);

	if (status != PLINTH_OK) {
		return status;
	}
	if (length > VMDESC_GUESTINFO_KEY_MAX) {
		return loader_fail(parser->error, "guestinfo: a key is longer than %u characters",
			VMDESC_GUESTINFO_KEY_MAX);
	}
	if (!is_key(property->name, length)) {
		return loader_fail(parser->error, "guestinfo: a key is not one printable word");
	}
	if (desc->guestinfo_count == VM_GUESTINFO_MAX) {
		return loader_fail(
			parser->error, "guestinfo: has more than %u entries", VM_GUESTINFO_MAX);
	}
	desc->guestinfo_count++;
	return PLINTH_OK;
}

enum plinth_status vmdesc_guestinfo_parse(struct vmdesc_parser *parser, const void *fdt, int node)
{
	int offset;

	parser->desc->guestinfo_node = node;
	fdt_for_each_property_offset(offset, fdt, node)
	{
		struct property property = property_at(fdt, offset);
		enum plinth_status status = parse_entry(parser, &property);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	if (fdt_first_subnode(fdt, node) >= 0) {
		return loader_fail(parser->error, "vm.dtb: unknown node in /guestinfo");
	}
	return PLINTH_OK;
}
