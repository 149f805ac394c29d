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

static uint16_t *init_kind(
	struct nvstore_kind *kind, uint8_t *bytes, uint16_t *place, uint32_t limit)
{
	*kind = (struct nvstore_kind){.bytes = bytes, .place = place, .limit = limit};
	return place + limit / NVSTORE_LEAST;
}

void nvstore_init(struct nvstore *store, uint64_t *buf, uint32_t limit_kept, uint32_t limit_lost)
{
	uint8_t *bytes = (uint8_t *)buf;
	uint16_t *place = (uint16_t *)(void *)(bytes + limit_kept + limit_lost);

	place = init_kind(&store->kept, bytes, place, limit_kept);
	(void)init_kind(&store->lost, bytes + limit_kept, place, limit_lost);
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

static struct nvstore_key key_of(const struct nvstore_record *record)
{
	return (struct nvstore_key){
		.guid = {record->guid[0], record->guid[1]},
		.name = nvstore_name(record),
		.name_size = record->name_size,
	};
}

static const struct nvstore_record *record_of(const struct nvstore_kind *kind, uint32_t i)
{
	return record_at(kind->bytes, kind->place[i] * NVSTORE_ALIGN);
}

/* The number of the first record that does not stand before the key; *equal: it is the key's own.
 */
static uint32_t lower_bound(
	const struct nvstore_kind *kind, const struct nvstore_key *key, bool *equal)
{
	uint32_t low = 0;
	uint32_t high = kind->count;

	*equal = false;
	while (low < high) {
		uint32_t middle = (low + high) / 2U;
		int order = compare(record_of(kind, middle), key);

		if (order < 0) {
			low = middle + 1U;
			continue;
		}
		*equal = *equal || order == 0;
		high = middle;
	}
	return low;
}

static const struct nvstore_record *find_in(
	const struct nvstore_kind *kind, const struct nvstore_key *key)
{
	bool equal;
	uint32_t i = lower_bound(kind, key, &equal);

	return equal ? record_of(kind, i) : NULL;
}

const struct nvstore_record *nvstore_find(
	const struct nvstore *store, const struct nvstore_key *key)
{
	const struct nvstore_record *record = find_in(&store->kept, key);

	return record != NULL ? record : find_in(&store->lost, key);
}

const struct nvstore_record *nvstore_at(const struct nvstore *store, uint32_t index)
{
	if (index < store->kept.count) {
		return record_of(&store->kept, index);
	}
	index -= store->kept.count;
	return index < store->lost.count ? record_of(&store->lost, index) : NULL;
}

/* The first from number i on that has them. Many may have not: a few instructions for each. */
static const struct nvstore_record *first_from(
	const struct nvstore_kind *kind, uint32_t i, uint32_t attributes)
{
	for (; i < kind->count; i++) {
		const struct nvstore_record *record = record_of(kind, i);

		if ((attributes & ~(uint32_t)record->attributes) == 0U) {
			return record;
		}
	}
	return NULL;
}

static const struct nvstore_record *first_of(
	const struct nvstore_record *a, const struct nvstore_record *b)
{
	if (a == NULL || b == NULL) {
		return a != NULL ? a : b;
	}
	const struct nvstore_key key = key_of(b);

	return compare(a, &key) < 0 ? a : b;
}

const struct nvstore_record *nvstore_first(const struct nvstore *store, uint32_t attributes)
{
	return first_of(
		first_from(&store->kept, 0, attributes), first_from(&store->lost, 0, attributes));
}

static const struct nvstore_record *behind_in(
	const struct nvstore_kind *kind, const struct nvstore_key *key, uint32_t attributes)
{
	bool equal;
	uint32_t i = lower_bound(kind, key, &equal);

	return first_from(kind, equal ? i + 1U : i, attributes);
}

const struct nvstore_record *nvstore_behind(
	const struct nvstore *store, const struct nvstore_key *key, uint32_t attributes)
{
	return first_of(
		behind_in(&store->kept, key, attributes), behind_in(&store->lost, key, attributes));
}

static struct nvstore_kind *kind_of(struct nvstore *store, uint32_t attributes)
{
	return (attributes & NVSTORE_NON_VOLATILE) != 0U ? &store->kept : &store->lost;
}

uint32_t nvstore_room(const struct nvstore *store, bool kept)
{
	const struct nvstore_kind *kind = kept ? &store->kept : &store->lost;
	uint32_t left = kind->limit - kind->used;

	return left <= HEAD ? 0U : (uint32_t)min_u64(left - HEAD, NVSTORE_DATA_MAX);
}

/* Makes record i take new_size, of which the first min(old_size, new_size) stay. There is room. */
static void resize(struct nvstore_kind *kind, uint32_t i, uint32_t old_size, uint32_t new_size)
{
	uint32_t at = kind->place[i] * NVSTORE_ALIGN;
	uint16_t units = (uint16_t)((new_size - old_size) / NVSTORE_ALIGN); /* perhaps below 0 */

	if (units == 0U) {
		return;
	}
	memmove(kind->bytes + at + new_size, kind->bytes + at + old_size,
		kind->used - at - old_size);
	kind->used += new_size - old_size;
	for (uint32_t next = i + 1U; next < kind->count; next++) {
		kind->place[next] = (uint16_t)(kind->place[next] + units);
	}
}

/* Room for a record i, of no bytes yet. */
static void open_place(struct nvstore_kind *kind, uint32_t i)
{
	uint32_t at = kind->count++;

	for (; at > i; at--) {
		kind->place[at] = kind->place[at - 1U];
	}
	if (at + 1U == kind->count) {
		kind->place[at] = (uint16_t)(kind->used / NVSTORE_ALIGN);
	}
}

enum plinth_status nvstore_set(struct nvstore *store, const struct nvstore_key *key,
	uint32_t attributes, const void *data, uint32_t size, bool append)
{
	struct nvstore_kind *kind = kind_of(store, attributes);
	bool equal;
	uint32_t i = lower_bound(kind, key, &equal);
	uint32_t old_size = equal ? size_of(record_of(kind, i)) : 0U;
	uint32_t before = equal && append ? record_of(kind, i)->data_size : 0U;
	uint32_t new_size = nvstore_record_size(key->name_size, before + size);

	if (size > NVSTORE_DATA_MAX - before || new_size > kind->limit - kind->used + old_size) {
		return PLINTH_ENOMEM;
	}
	if (!equal) {
		open_place(kind, i);
	}
	resize(kind, i, old_size, new_size);
	uint8_t *bytes = kind->bytes + kind->place[i] * NVSTORE_ALIGN;
	struct nvstore_record *record = (struct nvstore_record *)(void *)bytes;
	uint32_t end = HEAD + key->name_size + before;

	if (!equal) {
		*record = (struct nvstore_record){
			.guid = {key->guid[0], key->guid[1]},
			.name_size = (uint16_t)key->name_size,
			.attributes = (uint16_t)attributes,
		};
		memcpy(bytes + HEAD, key->name, key->name_size);
	}
	record->data_size = before + size;
	memcpy(bytes + end, data, size);
	memset(bytes + end + size, 0, new_size - end - size);
	return PLINTH_OK;
}

void nvstore_delete(struct nvstore *store, const struct nvstore_record *record)
{
	struct nvstore_kind *kind = kind_of(store, record->attributes);
	const struct nvstore_key key = key_of(record);
	bool equal;
	uint32_t i = lower_bound(kind, &key, &equal);

	resize(kind, i, size_of(record), 0);
	kind->count--;
	for (; i < kind->count; i++) {
		kind->place[i] = kind->place[i + 1U];
	}
}

void nvstore_forget(struct nvstore *store)
{
	store->lost.count = 0;
	store->lost.used = 0;
}

uint32_t nvstore_export(const struct nvstore *store, void *image)
{
	memcpy(image, store->kept.bytes, store->kept.used);
	return store->kept.used;
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

/* The record's size, if its numbers are good and so many bytes are at most `left`; 0: they are not.
 */
static uint32_t check_head(const struct nvstore_record *record, uint32_t left)
{
	const uint32_t kinds = NVSTORE_NON_VOLATILE | NVSTORE_BOOT;

	if (record->data_size == 0U || record->data_size > NVSTORE_DATA_MAX ||
		record->name_size < NAME_MIN || record->name_size > NVSTORE_NAME_MAX ||
		record->name_size % CHAR != 0U ||
		(record->attributes & ~NVSTORE_RUNTIME) != kinds || size_of(record) > left) {
		return 0;
	}
	return size_of(record);
}

/* All of it is there, with a good head. */
static bool is_record(const struct nvstore_record *record)
{
	const uint8_t *bytes = (const uint8_t *)record;
	uint32_t size = size_of(record);

	for (uint32_t i = HEAD + record->name_size + record->data_size; i < size; i++) {
		if (bytes[i] != 0U) {
			return false;
		}
	}
	return is_name(nvstore_name(record), record->name_size);
}

enum plinth_status nvstore_check(
	struct nvstore_check *check, const void *image, uint32_t have, uint32_t size)
{
	while (check->done < have) {
		const struct nvstore_record *record = record_at(image, check->done);
		uint32_t left = have - check->done;
		uint32_t record_size;

		if (left < HEAD) {
			return have < size ? PLINTH_OK : PLINTH_EINVAL;
		}
		record_size = check_head(record, size - check->done);
		if (record_size == 0U) {
			return PLINTH_EINVAL;
		}
		if (record_size > left) {
			return PLINTH_OK; /* the rest of it is to come */
		}
		const struct nvstore_key key = key_of(record);

		if (!is_record(record) ||
			(check->count != 0U && compare(record_at(image, check->last), &key) >= 0)) {
			return PLINTH_EINVAL;
		}
		if (check->place != NULL) {
			check->place[check->count] = (uint16_t)(check->done / NVSTORE_ALIGN);
		}
		check->count++;
		check->last = check->done;
		check->done += record_size;
	}
	return PLINTH_OK;
}

static void put(struct nvstore *store, const void *image, const struct nvstore_check *check)
{
	nvstore_forget(store);
	memcpy(store->kept.bytes, image, check->done);
	store->kept.used = check->done;
	store->kept.count = check->count;
}

enum plinth_status nvstore_take(
	struct nvstore *store, const void *image, const struct nvstore_check *check)
{
	if (check->done > store->kept.limit) {
		return PLINTH_ENOMEM;
	}
	put(store, image, check);
	memcpy(store->kept.place, check->place, check->count * sizeof(check->place[0]));
	return PLINTH_OK;
}

enum plinth_status nvstore_import(struct nvstore *store, const void *image, uint32_t size)
{
	struct nvstore_check check = {.place = NULL};

	if (size > store->kept.limit) {
		return PLINTH_ENOMEM;
	}
	if (nvstore_check(&check, image, size, size) != PLINTH_OK) {
		return PLINTH_EINVAL;
	}
	check = (struct nvstore_check){.place = store->kept.place};
	(void)nvstore_check(&check, image, size, size); /* now that nothing can fail */
	put(store, image, &check);
	return PLINTH_OK;
}
