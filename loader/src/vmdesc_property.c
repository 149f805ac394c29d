/* SPDX-License-Identifier: Apache-2.0 */
#include "vmdesc_property.h"

#include <libfdt.h>
#include <string.h>

#define CELL_SIZE 4U

struct property property_at(const void *fdt, int offset)
{
	struct property property = {.name = "?"};
	int size = 0;
	const void *value = fdt_getprop_by_offset(fdt, offset, &property.name, &size);

	property.value = value;
	property.size = value == NULL ? 0 : (size_t)size;
	return property;
}

uint32_t property_cell(const struct property *property, size_t index)
{
	const uint8_t *cell = property->value + index * CELL_SIZE;

	return (uint32_t)cell[0] << 24 | (uint32_t)cell[1] << 16 | (uint32_t)cell[2] << 8 | cell[3];
}

enum plinth_status property_u32(
	const struct property *property, uint32_t *value, struct loader_error *error)
{
	if (property->size != CELL_SIZE) {
		return loader_fail(error, "%s: is %zu bytes long, not one number of 4 bytes",
			property->name, property->size);
	}
	*value = property_cell(property, 0);
	return PLINTH_OK;
}

enum plinth_status property_u64(
	const struct property *property, uint64_t *value, struct loader_error *error)
{
	if (property->size != 2 * CELL_SIZE) {
		return loader_fail(error,
			"%s: is %zu bytes long, not one number of 8 bytes: write /bits/ 64 <...>",
			property->name, property->size);
	}
	*value = (uint64_t)property_cell(property, 0) << 32 | property_cell(property, 1);
	return PLINTH_OK;
}

enum plinth_status property_string(
	const struct property *property, size_t max, const char **value, struct loader_error *error)
{
	const char *string = (const char *)property->value;

	if (property->size == 0 || strnlen(string, property->size) != property->size - 1) {
		return loader_fail(error, "%s: is not one string", property->name);
	}
	if (property->size - 1 > max) {
		return loader_fail(error, "%s: is %zu characters long, more than %zu",
			property->name, property->size - 1, max);
	}
	*value = string;
	return PLINTH_OK;
}

enum plinth_status property_size(
	const struct property *property, uint64_t *value, struct loader_error *error)
{
	if (property->size == CELL_SIZE) {
		*value = property_cell(property, 0);
		return PLINTH_OK;
	}
	return property_u64(property, value, error);
}

enum plinth_status property_file_name(
	const struct property *property, const char **value, struct loader_error *error)
{
	enum plinth_status status = property_string(property, PROPERTY_FILE_NAME_MAX, value, error);

	if (status == PLINTH_OK && (*value)[0] == '\0') {
		return loader_fail(error, "%s: is empty", property->name);
	}
	return status;
}

enum plinth_status property_flag(const struct property *property, struct loader_error *error)
{
	if (property->size != 0) {
		return loader_fail(error, "%s: takes no value", property->name);
	}
	return PLINTH_OK;
}

bool property_next_string(const struct property *property, size_t *offset, const char **string)
{
	const char *start = (const char *)property->value + *offset;
	size_t left = property->size - *offset;
	size_t length = strnlen(start, left);

	if (length == left) {
		return false;
	}
	*string = start;
	*offset += length + 1;
	return true;
}
