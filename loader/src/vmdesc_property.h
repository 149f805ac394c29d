/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of vm.dtb's properties, with their type and length checked. All return PLINTH_OK, or
 * PLINTH_EINVAL with error written; the error starts with the property's name.
 */
#ifndef LOADER_VMDESC_PROPERTY_H
#define LOADER_VMDESC_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define PROPERTY_FILE_NAME_MAX 200U

struct property {
	const char *name;
	const uint8_t *value;
	size_t size;
};

/* The property at an offset that libfdt gave; fdtcheck_full() has seen it, so it is there. */
struct property property_at(const void *fdt, int offset);

/* One cell. */
enum plinth_status property_u32(
	const struct property *property, uint32_t *value, struct loader_error *error);

/* One 64-bit number: /bits/ 64 <...>, or two cells. */
enum plinth_status property_u64(
	const struct property *property, uint64_t *value, struct loader_error *error);

/* A number of bytes: one cell, or 64 bits. */
enum plinth_status property_size(
	const struct property *property, uint64_t *value, struct loader_error *error);

/* The name of a file: one string that is not empty. */
enum plinth_status property_file_name(
	const struct property *property, const char **value, struct loader_error *error);

/* One string of at most max characters; "" is allowed. */
enum plinth_status property_string(const struct property *property, size_t max, const char **value,
	struct loader_error *error);

/* A name without value. */
enum plinth_status property_flag(const struct property *property, struct loader_error *error);

/* The string at *offset of a list of strings; advances *offset. False: the list is at its end, or
 * (*offset < size) ends without a NUL. */
bool property_next_string(const struct property *property, size_t *offset, const char **string);

/* Cell `index`; index must be below size / 4. */
uint32_t property_cell(const struct property *property, size_t index);

#endif
