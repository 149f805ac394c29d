/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfdt's sequential writer with an error that sticks: write on, ask once at the end.
 */
#ifndef LOADER_FDT_WRITER_H
#define LOADER_FDT_WRITER_H

#include <stddef.h>
#include <stdint.h>

struct fdt_writer {
	void *fdt;
	int error; /* the first of libfdt, or 0 */
};

/* Memory for the header's list of reservations (devicetree specification 0.4, 5.3). */
struct fdt_writer_range {
	uint64_t base;
	uint64_t size; /* 0: none */
};

/* Starts a tree in the `size` bytes at buf, aligned to 8. */
void fdt_writer_init(
	struct fdt_writer *writer, void *buf, size_t size, const struct fdt_writer_range *reserved);

/* Node names and property names must outlive no call; strings and bytes are copied. */
void fdt_writer_begin(struct fdt_writer *writer, const char *name);
void fdt_writer_begin_at(struct fdt_writer *writer, const char *name, uint64_t unit_address);
void fdt_writer_end(struct fdt_writer *writer);

void fdt_writer_flag(struct fdt_writer *writer, const char *name);
void fdt_writer_u32(struct fdt_writer *writer, const char *name, uint32_t value);
void fdt_writer_u64(struct fdt_writer *writer, const char *name, uint64_t value);
void fdt_writer_cells(
	struct fdt_writer *writer, const char *name, const uint32_t *cells, size_t count);
void fdt_writer_string(struct fdt_writer *writer, const char *name, const char *string);
/* `size` bytes with NULs between and at the end: sizeof() of a string literal. */
void fdt_writer_strings(
	struct fdt_writer *writer, const char *name, const char *strings, size_t size);
/* `size` zero bytes. Returns where they lie in the finished tree, an offset from its first byte. */
size_t fdt_writer_zeroes(struct fdt_writer *writer, const char *name, size_t size);

/* Ends the tree. Returns its bytes, or 0 where it did not fit or was not well-formed. */
size_t fdt_writer_finish(struct fdt_writer *writer);

#endif
