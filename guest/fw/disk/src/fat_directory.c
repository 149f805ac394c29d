/* SPDX-License-Identifier: Apache-2.0 */
/* Directories: short entries, and the long names before them (chapters 6 and 7). */
#include "fat_private.h"
#include "fw/text.h"

#define ENTRY_SIZE	   32U
#define ENTRY_END	   0x00U
#define ENTRY_DELETED	   0xe5U
#define ENTRY_KANJI	   0x05U /* stands for 0xe5 as a first character */
#define DIRECTORY_SIZE_MAX (65536U * ENTRY_SIZE)

#define DIR_ATTRIBUTES	     11U
#define DIR_CASE	     12U
#define DIR_CREATED_TIME     14U
#define DIR_CREATED_DATE     16U
#define DIR_ACCESSED_DATE    18U
#define DIR_CLUSTER_HIGH     20U
#define DIR_TIME	     22U
#define DIR_DATE	     24U
#define DIR_CLUSTER_LOW	     26U
#define DIR_SIZE	     28U
#define CASE_LOWER_BASE	     0x08U
#define CASE_LOWER_EXTENSION 0x10U

#define LONG_ATTRIBUTES	    0x0fU
#define LONG_ATTRIBUTE_MASK 0x3fU
#define LONG_LAST	    0x40U
#define LONG_ORDER	    0x3fU
#define LONG_CHECKSUM	    13U
#define LONG_CHARS	    13U
#define LONG_ENTRIES_MAX    20U

/* A long name as it comes together: its parts are stored last to first. */
struct long_name {
	uint16_t text[LONG_ENTRIES_MAX * LONG_CHARS + 1U];
	uint8_t next; /* the number of the part that must come now; 0: the short entry */
	uint8_t checksum;
	bool begun;
};

/* 32 bytes at the position; NULL: the directory's end. */
static const uint8_t *entry_at(
	const struct fat *fat, struct fat_cursor *cursor, uint32_t position, bool *broken)
{
	*broken = false;
	if (position >= DIRECTORY_SIZE_MAX) {
		return NULL;
	}
	if (cursor->first == 0U && fat->bits != 32U) {
		return position + ENTRY_SIZE <= fat->root_size ? fat->bytes + fat->root + position
							       : NULL;
	}
	if (cursor->first == 0U) {
		cursor->first = fat->root_cluster;
		cursor->cluster = 0;
	}
	if (!fat_seek(fat, cursor, position / fat->cluster_size)) {
		*broken = position == 0U; /* not even one cluster */
		return NULL;
	}
	return fat_cluster(fat, cursor->cluster) + position % fat->cluster_size;
}

static uint8_t checksum_of(const uint8_t *short_name)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < 11U; i++) {
		sum = (uint8_t)((sum >> 1 | (sum & 1U) << 7) + short_name[i]);
	}
	return sum;
}

static void take_long(struct long_name *name, const uint8_t *entry)
{
	static const uint8_t places[LONG_CHARS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	uint8_t order = entry[0] & LONG_ORDER;

	if ((entry[0] & LONG_LAST) != 0U) {
		name->begun = order >= 1U && order <= LONG_ENTRIES_MAX;
		name->next = order;
		name->checksum = entry[LONG_CHECKSUM];
		name->text[order <= LONG_ENTRIES_MAX ? order * LONG_CHARS : 0U] = 0;
	}
	if (!name->begun || order != name->next || order == 0U ||
		entry[LONG_CHECKSUM] != name->checksum) {
		name->begun = false;
		return;
	}
	name->next--;
	for (uint32_t i = 0; i < LONG_CHARS; i++) {
		name->text[name->next * LONG_CHARS + i] = fat_get16(entry + places[i]);
	}
}

static bool use_long(const struct long_name *name, const uint8_t *entry, uint16_t *out)
{
	uint64_t length;

	if (!name->begun || name->next != 0U || name->checksum != checksum_of(entry)) {
		return false;
	}
	length = text_length_max(name->text, FAT_NAME_MAX - 1U);
	memcpy(out, name->text, length * sizeof(*out));
	out[length] = 0;
	return length > 0U;
}

/* What is not ASCII in a short name is in the code page of whoever wrote it. */
static uint16_t short_char(uint8_t c, bool lower)
{
	if (c < ' ' || c >= 0x7fU) {
		return '_';
	}
	return lower && c >= 'A' && c <= 'Z' ? (uint16_t)(c - 'A' + 'a') : c;
}

static void use_short(const uint8_t *entry, uint16_t *out)
{
	uint32_t length = 0;

	for (uint32_t i = 0; i < 8U && entry[i] != ' '; i++) {
		bool kanji = i == 0U && entry[0] == ENTRY_KANJI;

		out[length++] =
			kanji ? '_'
			      : short_char(entry[i], (entry[DIR_CASE] & CASE_LOWER_BASE) != 0U);
	}
	for (uint32_t i = 8; i < 11U && entry[i] != ' '; i++) {
		if (i == 8U) {
			out[length++] = '.';
		}
		out[length++] =
			short_char(entry[i], (entry[DIR_CASE] & CASE_LOWER_EXTENSION) != 0U);
	}
	out[length] = 0;
}

static void fill(const struct fat *fat, const uint8_t *from, struct fat_entry *entry)
{
	entry->attributes = from[DIR_ATTRIBUTES];
	entry->cluster = fat_get16(from + DIR_CLUSTER_LOW);
	if (fat->bits == 32U) {
		entry->cluster |= (fat_get16(from + DIR_CLUSTER_HIGH) & 0x0fffU) << 16;
		if (entry->cluster == fat->root_cluster) {
			entry->cluster = 0;
		}
	}
	entry->size = (entry->attributes & FAT_DIRECTORY) != 0U ? 0U : fat_get32(from + DIR_SIZE);
	entry->date = fat_get16(from + DIR_DATE);
	entry->time = fat_get16(from + DIR_TIME);
	entry->created_date = fat_get16(from + DIR_CREATED_DATE);
	entry->created_time = fat_get16(from + DIR_CREATED_TIME);
	entry->accessed_date = fat_get16(from + DIR_ACCESSED_DATE);
}

void fat_root(const struct fat *fat, struct fat_entry *entry)
{
	(void)fat;
	memset(entry, 0, sizeof(*entry));
	entry->attributes = FAT_DIRECTORY;
}

enum plinth_status fat_next(const struct fat *fat, struct fat_cursor *cursor, uint32_t *position,
	struct fat_entry *entry)
{
	struct long_name name = {.begun = false};

	for (;;) {
		bool broken;
		const uint8_t *at = entry_at(fat, cursor, *position, &broken);

		if (at == NULL || at[0] == ENTRY_END) {
			return broken ? PLINTH_EINVAL : PLINTH_ENOENT;
		}
		*position += ENTRY_SIZE;
		if (at[0] == ENTRY_DELETED) {
			name.begun = false;
		} else if ((at[DIR_ATTRIBUTES] & LONG_ATTRIBUTE_MASK) == LONG_ATTRIBUTES) {
			take_long(&name, at);
		} else if ((at[DIR_ATTRIBUTES] & FAT_LABEL) != 0U) {
			name.begun = false;
		} else {
			if (!use_long(&name, at, entry->name)) {
				use_short(at, entry->name);
			}
			fill(fat, at, entry);
			return PLINTH_OK;
		}
	}
}

static bool is_name(const uint16_t *wanted, size_t length, const uint16_t *name)
{
	for (size_t i = 0; i < length; i++) {
		if (name[i] == 0U || text_upper(wanted[i]) != text_upper(name[i])) {
			return false;
		}
	}
	return name[length] == 0U;
}

enum plinth_status fat_find(const struct fat *fat, const struct fat_entry *directory,
	const uint16_t *name, size_t length, struct fat_entry *entry)
{
	struct fat_cursor cursor = fat_cursor(directory);
	uint32_t position = 0;
	enum plinth_status status;

	if (length == 0U || length >= FAT_NAME_MAX) {
		return PLINTH_ENOENT;
	}
	do {
		status = fat_next(fat, &cursor, &position, entry);
	} while (status == PLINTH_OK && !is_name(name, length, entry->name));
	return status;
}
