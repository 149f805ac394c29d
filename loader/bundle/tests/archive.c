/* SPDX-License-Identifier: Apache-2.0 */
#include "archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends bytes and zeroes up to a multiple of 4. */
static void append(struct archive *archive, const void *data, size_t size)
{
	size_t end = (archive->size + size + 3) & ~(size_t)3;

	archive->bytes = realloc(archive->bytes, end);
	if (archive->bytes == NULL) {
		abort();
	}
	memset(archive->bytes + archive->size, 0, end - archive->size);
	if (size != 0) {
		memcpy(archive->bytes + archive->size, data, size);
	}
	archive->size = end;
}

void archive_put(struct archive *archive, struct archive_item item)
{
	size_t name_size = strlen(item.name) + 1 + item.name_pad;
	char *header = calloc(1, 111 + name_size);

	if (header == NULL) {
		abort();
	}
	snprintf(header, 111, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		item.inode, item.mode, 0U, 0U, item.links, 0U, (unsigned)item.size, 8U, 1U, 0U, 0U,
		(unsigned)name_size, 0U);
	memcpy(header + 110, item.name, strlen(item.name));
	append(archive, header, 110 + name_size);
	append(archive, item.data, item.size);
	free(header);
}

void archive_add(struct archive *archive, const char *name, unsigned mode, const char *text)
{
	archive_put(archive,
		(struct archive_item){name, text, text == NULL ? 0 : strlen(text), mode, 0, 1, 0});
}

void archive_add_file(struct archive *archive, const char *name, const void *data, size_t size)
{
	archive_put(archive, (struct archive_item){name, data, size, ARCHIVE_REGULAR, 0, 1, 0});
}

void archive_finish(struct archive *archive)
{
	archive_add(archive, "TRAILER!!!", 0, NULL);
}

struct archive archive_prefix(const struct archive *archive, size_t size)
{
	struct archive copy = {.bytes = malloc(size + (size == 0)), .size = size};

	if (copy.bytes == NULL) {
		abort();
	}
	if (size != 0) {
		memcpy(copy.bytes, archive->bytes, size);
	}
	return copy;
}

void archive_free(struct archive *archive)
{
	free(archive->bytes);
	*archive = (struct archive){.bytes = NULL};
}
