/* SPDX-License-Identifier: Apache-2.0 */
#include "nvstore/nvstore.h"

#include "base/bits.h"
#include "base/string.h"

#define HEAD	 ((uint32_t)sizeof(struct nvstore_record))
#define WORD	 8U
#define CHAR	 2U
#define NAME_MIN 4U /* one character and the zero */

uint32_t nvstore_record_size(uint32_t name_size, uint32_t data_size)
{
	return (uint32_t)align_up((uint64_t)HEAD + name_size + data_size, NVSTORE_ALIGN);
}

static uint32_t size_of(const struct nvstore_record *record)
{
	return nvstore_record_size(record->name_size, record->data_size);
}

/* Records are aligned in their buffer. */
static const struct nvstore_record *record_at(const uint8_t *bytes, uint32_t offset)
{
	return (const struct nvstore_record *)(const void *)(bytes + offset);
}

const uint8_t *nvstore_name(const struct nvstore_record *record)
{
	return (const uint8_t *)record + HEAD;
}

const uint8_t *nvstore_data(const struct nvstore_record *record)
{
	return (const uint8_t *)record + HEAD + record->name_size;
}

void nvstore_init(struct nvstore *store, void *buf, uint32_t limit_kept, uint32_t limit_lost)
{
	*store = (struct nvstore){.bytes = buf, .limit_kept = limit_kept, .limit_lost = limit_lost};
}

/* Any order will do: by words, as long as there are whole ones. Names are aligned, and of whole
 * characters. */
static inline int compare_names(const uint8_t *a, const uint8_t *b, uint32_t size)
{
	uint32_t words = size / WORD * WORD;
	uint32_t i = 0;

	for (; i < words; i += WORD) {
		uint64_t x = *(const uint64_t *)(const void *)(a + i);
		uint64_t y = *(const uint64_t *)(const void *)(b + i);

		if (x != y) {
			return x < y ? -1 : 1;
		}
	}
	for (; i < size; i += CHAR) {
		uint16_t x = *(const uint16_t *)(const void *)(a + i);
		uint16_t y = *(const uint16_t *)(const void *)(b + i);

		if (x != y) {
			return x < y ? -1 : 1;
		}
	}
	return 0;
}

/* Below 0: the record stands before the key, above 0: behind it. */
static inline int compare(const struct nvstore_record *record, const struct nvstore_key *key)
{
	if (record->guid[0] != key->guid[0]) {
		return record->guid[0] < key->guid[0] ? -1 : 1;
	}
	if (record->guid[1] != key->guid[1]) {
		return record->guid[1] < key->guid[1] ? -1 : 1;
	}
	if (record->name_size != key->name_size) {
		return record->name_size < key->name_size ? -1 : 1;
	}
	return compare_names(nvstore_name(record), key->name, key->name_size);
}

/* Offset of the first record that does not stand before the key; *equal: it is the key's own. */
static uint32_t lower_bound(const struct nvstore *store, const struct nvstore_key *key, bool *equal)
{
	const struct nvstore_key wanted = *key; /* in registers */
	const uint8_t *bytes = store->bytes;
	const uint32_t used = store->used;
	uint32_t at = 0;
	int order = 1;

	while (at < used) {
		const struct nvstore_record *record = record_at(bytes, at);

		order = compare(record, &wanted);
		if (order >= 0) {
			break;
		}
		at += size_of(record);
	}
	*equal = order == 0;
	return at;
}

const struct nvstore_record *nvstore_find(
	const struct nvstore *store, const struct nvstore_key *key)
{
	bool equal;
	uint32_t at = lower_bound(store, key, &equal);

	return equal ? record_at(store->bytes, at) : NULL;
}

static const struct nvstore_record *record_or_null(const struct nvstore *store, uint32_t at)
{
	return at < store->used ? record_at(store->bytes, at) : NULL;
}

const struct nvstore_record *nvstore_first(const struct nvstore *store)
{
	return record_or_null(store, 0);
}

static uint32_t offset_of(const struct nvstore *store, const struct nvstore_record *record)
{
	return (uint32_t)((const uint8_t *)record - store->bytes);
}

const struct nvstore_record *nvstore_next(
	const struct nvstore *store, const struct nvstore_record *record)
{
	return record_or_null(store, offset_of(store, record) + size_of(record));
}

const struct nvstore_record *nvstore_behind(
	const struct nvstore *store, const struct nvstore_key *key)
{
	bool equal;
	uint32_t at = lower_bound(store, key, &equal);

	return equal ? nvstore_next(store, record_at(store->bytes, at)) : record_or_null(store, at);
}

static bool is_kept(uint32_t attributes)
{
	return (attributes & NVSTORE_NON_VOLATILE) != 0U;
}

static uint32_t left_for(const struct nvstore *store, bool kept)
{
	return kept ? store->limit_kept - store->used_kept
		    : store->limit_lost - (store->used - store->used_kept);
}

uint32_t nvstore_room(const struct nvstore *store, bool kept)
{
	uint32_t left = (uint32_t)align_down(left_for(store, kept), NVSTORE_ALIGN);

	return left <= HEAD ? 0U : (uint32_t)min_u64(left - HEAD, NVSTORE_DATA_MAX);
}

/* Makes the record at `at` (old_size bytes, 0: a new one) take new_size, of which the first
 * min(old_size, new_size) stay. There is room. */
static void resize(
	struct nvstore *store, uint32_t at, uint32_t old_size, uint32_t new_size, bool kept)
{
	memmove(store->bytes + at + new_size, store->bytes + at + old_size,
		store->used - at - old_size);
	store->used += new_size - old_size;
	if (kept) {
		store->used_kept += new_size - old_size;
	}
}

enum plinth_status nvstore_set(struct nvstore *store, const struct nvstore_key *key,
	uint32_t attributes, const void *data, uint32_t size, bool append)
{
	bool equal;
	uint32_t at = lower_bound(store, key, &equal);
	struct nvstore_record *record = (struct nvstore_record *)(void *)(store->bytes + at);
	uint32_t old_size = equal ? size_of(record) : 0U;
	uint32_t before = equal && append ? record->data_size : 0U;
	uint32_t new_size = nvstore_record_size(key->name_size, before + size);

	if (size > NVSTORE_DATA_MAX - before ||
		new_size > left_for(store, is_kept(attributes)) + old_size) {
		return PLINTH_ENOMEM;
	}
	resize(store, at, old_size, new_size, is_kept(attributes));
	if (!equal) {
		*record = (struct nvstore_record){
			.guid = {key->guid[0], key->guid[1]},
			.name_size = (uint16_t)key->name_size,
			.attributes = (uint16_t)attributes,
		};
		memcpy(store->bytes + at + HEAD, key->name, key->name_size);
	}
	record->data_size = before + size;
	uint32_t end = HEAD + key->name_size + before;

	memcpy(store->bytes + at + end, data, size);
	memset(store->bytes + at + end + size, 0, new_size - end - size);
	return PLINTH_OK;
}

void nvstore_delete(struct nvstore *store, const struct nvstore_record *record)
{
	resize(store, offset_of(store, record), size_of(record), 0, is_kept(record->attributes));
}

void nvstore_forget(struct nvstore *store)
{
	store->used_kept = nvstore_export(store, store->bytes);
	store->used = store->used_kept;
}

/* Downwards at most: image may be where the store is. */
uint32_t nvstore_export(const struct nvstore *store, void *image)
{
	uint32_t done = 0;
	uint32_t size;

	for (uint32_t at = 0; at < store->used; at += size) {
		const struct nvstore_record *record = record_at(store->bytes, at);

		size = size_of(record);
		if (is_kept(record->attributes)) {
			memmove((uint8_t *)image + done, record, size);
			done += size;
		}
	}
	return done;
}

static bool is_name(const uint8_t *name, uint32_t size)
{
	for (uint32_t i = 0; i < size; i += 2U) {
		bool is_end = name[i] == 0U && name[i + 1U] == 0U;

		if (is_end != (i + 2U == size)) {
			return false;
		}
	}
	return true;
}

/* Of the record at the start of `left` bytes; 0: that is none. */
static uint32_t check_record(const uint8_t *bytes, uint32_t left)
{
	const struct nvstore_record *record = record_at(bytes, 0);
	const uint32_t kinds = NVSTORE_NON_VOLATILE | NVSTORE_BOOT;

	if (left < HEAD || record->data_size == 0U || record->data_size > NVSTORE_DATA_MAX ||
		record->name_size < NAME_MIN || record->name_size > NVSTORE_NAME_MAX ||
		record->name_size % 2U != 0U || (record->attributes & ~NVSTORE_RUNTIME) != kinds ||
		size_of(record) > left) {
		return 0;
	}
	uint32_t size = size_of(record);

	for (uint32_t i = HEAD + record->name_size + record->data_size; i < size; i++) {
		if (bytes[i] != 0U) {
			return 0;
		}
	}
	return is_name(nvstore_name(record), record->name_size) ? size : 0U;
}

static bool is_image(const uint8_t *image, uint32_t image_size)
{
	const struct nvstore_record *last = NULL;
	uint32_t size;

	for (uint32_t at = 0; at < image_size; at += size) {
		const struct nvstore_record *record = record_at(image, at);

		size = check_record(image + at, image_size - at);
		if (size == 0U) {
			return false;
		}
		const struct nvstore_key key = {
			.guid = {record->guid[0], record->guid[1]},
			.name = nvstore_name(record),
			.name_size = record->name_size,
		};
		if (last != NULL && compare(last, &key) >= 0) {
			return false;
		}
		last = record;
	}
	return true;
}

enum plinth_status nvstore_import(struct nvstore *store, const void *image, uint32_t size)
{
	if (size > store->limit_kept) {
		return PLINTH_ENOMEM;
	}
	if (!is_image(image, size)) {
		return PLINTH_EINVAL;
	}
	memcpy(store->bytes, image, size);
	store->used = size;
	store->used_kept = size;
	return PLINTH_OK;
}
