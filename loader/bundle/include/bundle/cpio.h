/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of newc cpio archives ("070701", or "070702" whose checksums are not looked at) in
 * memory. Pure; no byte outside the archive is read whatever its headers say. Names are given
 * without leading "./" and "/".
 */
#ifndef BUNDLE_CPIO_H
#define BUNDLE_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define CPIO_NAME_MAX  255U  /* a longer name is malformed */
#define CPIO_ENTRY_MAX 4096U /* cpio_next refuses more: look-ups are linear */

enum cpio_kind {
	CPIO_FILE,
	CPIO_DIRECTORY,
	CPIO_OTHER, /* a link, a device: present, but of no use here */
};

struct cpio_entry {
	const char *name; /* NUL-terminated, inside the archive; "" is the top folder */
	const uint8_t *data;
	uint32_t size;
	enum cpio_kind kind;
	uint32_t inode, links, device[2]; /* hard links: see cpio_find */
};

struct cpio {
	const uint8_t *bytes;
	size_t size;
	size_t offset;	/* of the next header to be read */
	uint32_t count; /* of entries passed */
	const struct cpio_entry
		*entries; /* all that there are, read by cpio_read(); NULL: not yet */
	uint32_t entry_count;
	enum plinth_status end; /* what came behind them */
};

/* Does a newc header start here? Never reads beyond size. */
bool cpio_is_archive(const void *bytes, size_t size);

/* Starts at the first entry. */
void cpio_init(struct cpio *cpio, const void *bytes, size_t size);

/* The next entry. PLINTH_ENOENT: the trailer was reached. PLINTH_EINVAL: a malformed header at
 * cpio->offset. PLINTH_ERANGE: the archive ends inside the entry at cpio->offset, or without a
 * trailer. PLINTH_ENOMEM: more than CPIO_ENTRY_MAX entries. After any of these the iteration
 * stays where it is. */
enum plinth_status cpio_next(struct cpio *cpio, struct cpio_entry *entry);

/* Reads all entries into `entries`, which has room for CPIO_ENTRY_MAX and must stay: from here on
 * looking for files parses no header. Returns what cpio_next() says behind the last one, and leaves
 * cpio->offset there; the iteration starts at the first entry. */
enum plinth_status cpio_read(struct cpio *cpio, struct cpio_entry *entries);

/* The file `folder`/`name`, or `name` itself where folder is "", wherever the iteration is. Where
 * several entries have that name the last one is taken, as cpio does when it unpacks. Of hard links
 * only one carries the data: it is found. PLINTH_ENOENT: there is none before the place where the
 * archive ends or breaks off. PLINTH_EINVAL: it is no regular file. */
enum plinth_status cpio_find(
	const struct cpio *cpio, const char *folder, const char *name, struct cpio_entry *entry);

#endif
