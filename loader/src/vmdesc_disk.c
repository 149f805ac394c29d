/* SPDX-License-Identifier: Apache-2.0 */
#include "vmdesc_disk.h"

#include <libfdt.h>
#include <string.h>

#include "base/bits.h"
#include "vmdesc_property.h"

#define NUMBER_DIGITS_MAX 8U

/* A hexadecimal number as dtc writes unit addresses: no capitals, no zeroes in front. */
static bool parse_number(const char *text, uint32_t *number)
{
	size_t length = strlen(text);

	*number = 0;
	if (length == 0 || length > NUMBER_DIGITS_MAX || (text[0] == '0' && length != 1)) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
			return false;
		}
		*number = *number << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return true;
}

static enum plinth_status parse_image(
	struct vmdesc_disk *disk, const struct property *property, struct loader_error *error)
{
	return property_file_name(property, &disk->image, error);
}

static enum plinth_status parse_size(
	struct vmdesc_disk *disk, const struct property *property, struct loader_error *error)
{
	enum plinth_status status = property_size(property, &disk->size, error);

	if (status != PLINTH_OK) {
		return status;
	}
	if (disk->size == 0 || !is_aligned(disk->size, BLOCK_2M)) {
		return loader_fail(error, "size: 0x%llx is not a multiple of 2 MiB",
			(unsigned long long)disk->size);
	}
	return PLINTH_OK;
}

static enum plinth_status parse_read_only(
	struct vmdesc_disk *disk, const struct property *property, struct loader_error *error)
{
	disk->is_read_only = true;
	return property_flag(property, error);
}

static enum plinth_status parse_property(
	struct vmdesc_disk *disk, const struct property *property, struct loader_error *error)
{
	static const struct {
		const char *name;
		enum plinth_status (*parse)(struct vmdesc_disk *disk,
			const struct property *property, struct loader_error *error);
	} rules[] = {
		{"image", parse_image},
		{"read-only", parse_read_only},
		{"size", parse_size},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (strcmp(property->name, rules[i].name) == 0) {
			return rules[i].parse(disk, property, error);
		}
	}
	return loader_fail(error, "unknown property \"%s\"", property->name);
}

static enum plinth_status parse_properties(
	struct vmdesc_disk *disk, const void *fdt, int node, struct loader_error *error)
{
	int offset;

	fdt_for_each_property_offset(offset, fdt, node)
	{
		struct property property = property_at(fdt, offset);
		enum plinth_status status = parse_property(disk, &property, error);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	if (fdt_first_subnode(fdt, node) >= 0) {
		return loader_fail(error, "has a node in it");
	}
	if (disk->image == NULL && disk->size == 0) {
		return loader_fail(error, "has neither image nor size");
	}
	if (disk->image == NULL && disk->is_read_only) {
		return loader_fail(error, "read-only: needs image");
	}
	return PLINTH_OK;
}

/* Into its place by number. */
static enum plinth_status insert(
	struct vmdesc *desc, const struct vmdesc_disk *disk, struct loader_error *error)
{
	uint32_t at = desc->disk_count;

	if (desc->disk_count == VMDESC_DISK_MAX) {
		return loader_fail(
			error, "is one more than the %u disks that a VM can have", VMDESC_DISK_MAX);
	}
	while (at != 0 && desc->disks[at - 1].number > disk->number) {
		at--;
	}
	if (at != 0 && desc->disks[at - 1].number == disk->number) {
		return loader_fail(error, "is there twice");
	}
	memmove(&desc->disks[at + 1], &desc->disks[at], (desc->disk_count - at) * sizeof(*disk));
	desc->disks[at] = *disk;
	desc->disk_count++;
	return PLINTH_OK;
}

enum plinth_status vmdesc_disk_parse(struct vmdesc_parser *parser, const void *fdt, int node)
{
	const char *name = fdt_get_name(fdt, node, NULL);
	struct vmdesc_disk disk = {.image = NULL};
	struct loader_error cause;
	enum plinth_status status;

	if (!parse_number(name + strlen(VMDESC_DISK_PREFIX), &disk.number)) {
		return loader_fail(parser->error,
			"vm.dtb: node \"%s\": a disk is disk@ and a hexadecimal number", name);
	}
	memcpy(disk.name, name, strlen(name) + 1);
	status = parse_properties(&disk, fdt, node, &cause);
	if (status == PLINTH_OK) {
		status = insert(parser->desc, &disk, &cause);
	}
	if (status != PLINTH_OK) {
		return loader_fail(parser->error, "%s: %s", disk.name, cause.text);
	}
	return PLINTH_OK;
}
