/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/cpio.h"

#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"

#define HEADER_SIZE  110U
#define MAGIC_SIZE   6U
#define FIELD_DIGITS 8U

#define MODE_TYPE      0170000U
#define MODE_REGULAR   0100000U
#define MODE_DIRECTORY 0040000U

#define TRAILER "TRAILER!!!"

/* The header's fields, eight hexadecimal digits each, in their order behind the magic. */
enum field {
	FIELD_INODE = 0,
	FIELD_MODE = 1,
	FIELD_LINKS = 4,
	FIELD_FILE_SIZE = 6,
	FIELD_DEVICE_MAJOR = 7,
	FIELD_DEVICE_MINOR = 8,
	FIELD_NAME_SIZE = 11,
	FIELD_COUNT = 13,
};

static bool digit_value(uint8_t c, uint32_t *value)
{
	if (c >= '0' && c <= '9') {
		*value = (uint32_t)c - '0';
		return true;
	}
	if (c >= 'a' && c <= 'f') {
		*value = (uint32_t)c - 'a' + 10U;
		return true;
	}
	if (c >= 'A' && c <= 'F') {
		*value = (uint32_t)c - 'A' + 10U;
		return true;
	}
	return false;
}

static bool parse_fields(const uint8_t *header, uint32_t fields[FIELD_COUNT])
{
	const uint8_t *digits = header + MAGIC_SIZE;

	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		fields[i] = 0;
		for (unsigned n = 0; n < FIELD_DIGITS; n++) {
			uint32_t value;

			if (!digit_value(*digits++, &value)) {
				return false;
			}
			fields[i] = fields[i] << 4 | value;
		}
	}
	return true;
}

bool cpio_is_archive(const void *bytes, size_t size)
{
	if (size < MAGIC_SIZE) {
		return false;
	}
	return memcmp(bytes, "070701", MAGIC_SIZE) == 0 || memcmp(bytes, "070702", MAGIC_SIZE) == 0;
}

void cpio_init(struct cpio *cpio, const void *bytes, size_t size)
{
	*cpio = (struct cpio){.bytes = bytes, .size = size};
}

/* "./a/b" and "/a/b" are "a/b"; "." is "". */
static const char *skip_leading(const char *name)
{
	for (;;) {
		if (name[0] == '/') {
			name += 1;
		} else if (name[0] == '.' && (name[1] == '/' || name[1] == '\0')) {
			name += 1;
		} else {
			return name;
		}
	}
}

static enum cpio_kind kind_of(uint32_t mode)
{
	switch (mode & MODE_TYPE) {
	case MODE_REGULAR:
		return CPIO_FILE;
	case MODE_DIRECTORY:
		return CPIO_DIRECTORY;
	default:
		return CPIO_OTHER;
	}
}

/* Where the name's padding ends is where the data starts, and likewise behind the data. All sums
 * are of 32-bit values in 64 bits. */
static enum plinth_status parse_entry(
	const struct cpio *cpio, struct cpio_entry *entry, uint64_t *next)
{
	const uint8_t *header = cpio->bytes + cpio->offset;
	uint64_t left = cpio->size - cpio->offset;
	uint32_t fields[FIELD_COUNT];

	if (left < HEADER_SIZE) {
		return PLINTH_ERANGE;
	}
	if (!cpio_is_archive(header, left) || !parse_fields(header, fields)) {
		return PLINTH_EINVAL;
	}

	uint64_t name_size = fields[FIELD_NAME_SIZE];
	uint64_t data_start = align_up(cpio->offset + HEADER_SIZE + name_size, 4) - cpio->offset;

	if (!range_contains(0, left, HEADER_SIZE, name_size)) {
		return PLINTH_ERANGE;
	}

	const char *name = (const char *)header + HEADER_SIZE;
	size_t name_length = strnlen(name, name_size);

	/* Archivers that align their data may pad the name with NULs. */
	if (name_length == name_size || name_length > CPIO_NAME_MAX) {
		return PLINTH_EINVAL;
	}
	if (!range_contains(0, left, data_start, fields[FIELD_FILE_SIZE])) {
		/* Nothing need follow the trailer's name, not even its padding. */
		if (strcmp(name, TRAILER) != 0) {
			return PLINTH_ERANGE;
		}
		data_start = HEADER_SIZE + name_size;
		fields[FIELD_FILE_SIZE] = 0;
	}
	*entry = (struct cpio_entry){
		.name = strcmp(name, TRAILER) == 0 ? name : skip_leading(name),
		.data = header + data_start,
		.size = fields[FIELD_FILE_SIZE],
		.kind = kind_of(fields[FIELD_MODE]),
		.inode = fields[FIELD_INODE],
		.links = fields[FIELD_LINKS],
		.device = {fields[FIELD_DEVICE_MAJOR], fields[FIELD_DEVICE_MINOR]},
	};
	*next = min_u64(align_up(cpio->offset + data_start + entry->size, 4), cpio->size);
	return PLINTH_OK;
}

enum plinth_status cpio_next(struct cpio *cpio, struct cpio_entry *entry)
{
	struct cpio_entry found;
	uint64_t next;
	enum plinth_status status;

	if (cpio->entries != NULL) {
		if (cpio->count == cpio->entry_count) {
			return cpio->end;
		}
		*entry = cpio->entries[cpio->count++];
		return PLINTH_OK;
	}
	status = parse_entry(cpio, &found, &next);
	if (status != PLINTH_OK) {
		return status;
	}
	if (strcmp(found.name, TRAILER) == 0) {
		return PLINTH_ENOENT;
	}
	if (cpio->count == CPIO_ENTRY_MAX) {
		return PLINTH_ENOMEM;
	}
	cpio->count++;
	cpio->offset = next;
	*entry = found;
	return PLINTH_OK;
}

enum plinth_status cpio_read(struct cpio *cpio, struct cpio_entry *entries)
{
	uint32_t count = 0;
	enum plinth_status status = PLINTH_OK;

	while (status == PLINTH_OK) {
		struct cpio_entry entry;

		status = cpio_next(cpio, &entry);
		if (status == PLINTH_OK) {
			entries[count++] = entry;
		}
	}
	cpio->count = 0;
	cpio->entries = entries;
	cpio->entry_count = count;
	cpio->end = status;
	return status;
}

/* The same archive, from its first entry on. */
static struct cpio from_start(const struct cpio *cpio)
{
	struct cpio start = *cpio;

	start.offset = 0;
	start.count = 0;
	return start;
}

static bool is_same_inode(const struct cpio_entry *a, const struct cpio_entry *b)
{
	return a->inode == b->inode && a->device[0] == b->device[0] && a->device[1] == b->device[1];
}

/* newc writes the data of hard links once, with the last of them. */
static void find_linked_data(const struct cpio *archive, struct cpio_entry *entry)
{
	struct cpio cpio = from_start(archive);
	struct cpio_entry other;

	while (cpio_next(&cpio, &other) == PLINTH_OK) {
		if (other.kind == CPIO_FILE && other.size != 0 && is_same_inode(&other, entry)) {
			entry->data = other.data;
			entry->size = other.size;
			return;
		}
	}
}

enum plinth_status cpio_find(
	const struct cpio *archive, const char *folder, const char *name, struct cpio_entry *entry)
{
	struct cpio cpio = from_start(archive);
	struct cpio_entry each = {.name = ""};
	struct cpio_entry found = {.name = NULL};
	size_t length = strlen(folder);
	size_t start = length != 0 ? length + 1 : 0; /* of the name, behind the slash */

	while (cpio_next(&cpio, &each) == PLINTH_OK) {
		if (strncmp(each.name, folder, length) == 0 &&
			(length == 0 || each.name[length] == '/') &&
			strcmp(each.name + start, name) == 0) {
			found = each;
		}
	}
	if (found.name == NULL) {
		return PLINTH_ENOENT;
	}
	if (found.kind != CPIO_FILE) {
		return PLINTH_EINVAL;
	}
	if (found.size == 0 && found.links > 1) {
		find_linked_data(archive, &found);
	}
	*entry = found;
	return PLINTH_OK;
}
