/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds newc archives for tests, in a heap block of their exact size, so that ASan sees each
 * read beyond them.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_REGULAR	  0100644U
#define ARCHIVE_DIRECTORY 0040755U
#define ARCHIVE_SYMLINK	  0120777U

struct archive {
	uint8_t *bytes;
	size_t size;
};

struct archive_item {
	const char *name;
	const void *data;
	size_t size;
	unsigned mode, inode, links, name_pad;
};

void archive_put(struct archive *archive, struct archive_item item);
void archive_add(struct archive *archive, const char *name, unsigned mode, const char *text);
void archive_add_file(struct archive *archive, const char *name, const void *data, size_t size);
void archive_finish(struct archive *archive); /* adds the trailer */
struct archive archive_prefix(const struct archive *archive, size_t size);
void archive_free(struct archive *archive);

#endif
