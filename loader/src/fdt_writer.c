/* SPDX-License-Identifier: Apache-2.0 */
#include "fdt_writer.h"

#include <libfdt.h>
#include <string.h>

#include "base/fmt.h"

#define NODE_NAME_SIZE 48U

static void note(struct fdt_writer *writer, int error)
{
	if (writer->error == 0) {
		writer->error = error;
	}
}

void fdt_writer_init(
	struct fdt_writer *writer, void *buf, size_t size, const struct fdt_writer_range *reserved)
{
	*writer = (struct fdt_writer){.fdt = buf};
	/* Looking for each name among those before is most of the work, for a KiB or two. */
	note(writer, fdt_create_with_flags(buf, (int)size, FDT_CREATE_FLAG_NO_NAME_DEDUP));
	if (reserved->size != 0) {
		note(writer, fdt_add_reservemap_entry(buf, reserved->base, reserved->size));
	}
	note(writer, fdt_finish_reservemap(buf));
}

void fdt_writer_begin(struct fdt_writer *writer, const char *name)
{
	note(writer, fdt_begin_node(writer->fdt, name));
}

void fdt_writer_begin_at(struct fdt_writer *writer, const char *name, uint64_t unit_address)
{
	char full[NODE_NAME_SIZE];

	(void)fmt_buf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit_address);
	fdt_writer_begin(writer, full);
}

void fdt_writer_end(struct fdt_writer *writer)
{
	note(writer, fdt_end_node(writer->fdt));
}

void fdt_writer_flag(struct fdt_writer *writer, const char *name)
{
	note(writer, fdt_property(writer->fdt, name, "", 0));
}

void fdt_writer_u32(struct fdt_writer *writer, const char *name, uint32_t value)
{
	note(writer, fdt_property_u32(writer->fdt, name, value));
}

void fdt_writer_u64(struct fdt_writer *writer, const char *name, uint64_t value)
{
	note(writer, fdt_property_u64(writer->fdt, name, value));
}

/* Room for a value; NULL: there is none. */
static uint8_t *make_room(struct fdt_writer *writer, const char *name, size_t size)
{
	void *place = NULL;
	int error = fdt_property_placeholder(writer->fdt, name, (int)size, &place);

	note(writer, error);
	return error == 0 ? place : NULL;
}

void fdt_writer_cells(
	struct fdt_writer *writer, const char *name, const uint32_t *cells, size_t count)
{
	uint8_t *place = make_room(writer, name, count * sizeof(fdt32_t));

	for (size_t i = 0; place != NULL && i < count; i++) {
		fdt32_st(place + i * sizeof(fdt32_t), cells[i]);
	}
}

void fdt_writer_string(struct fdt_writer *writer, const char *name, const char *string)
{
	fdt_writer_strings(writer, name, string, strlen(string) + 1);
}

void fdt_writer_strings(
	struct fdt_writer *writer, const char *name, const char *strings, size_t size)
{
	note(writer, fdt_property(writer->fdt, name, strings, (int)size));
}

size_t fdt_writer_zeroes(struct fdt_writer *writer, const char *name, size_t size)
{
	uint8_t *place = make_room(writer, name, size);

	/* fdt_create() has cleared all of the buffer. What is written stays where it is:
	 * fdt_finish() moves the names alone. */
	return place != NULL ? (size_t)(place - (const uint8_t *)writer->fdt) : 0U;
}

size_t fdt_writer_finish(struct fdt_writer *writer)
{
	note(writer, fdt_finish(writer->fdt));
	return writer->error == 0 ? fdt_totalsize(writer->fdt) : 0;
}
