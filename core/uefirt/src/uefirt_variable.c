/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables (UEFI 2.10, 8.2). All that a call brings is copied before any of it is looked at.
 */
#include "base/bits.h"
#include "base/string.h"

#include "uefirt_private.h"

#define CHAR_SIZE  2U
#define WORD	   8U
#define NAME_STEP  32U /* most names end within it */
#define STORED	   (UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT | UEFI_VAR_RUNTIME)
#define EMPTY_SIZE CHAR_SIZE

/* Which of the four characters in the word are zero: the top bits of those; what is set above the
 * first of them has no meaning. */
static uint64_t zeroes(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0001000100010001);

	return (word - ones) & ~word & ones << 15U;
}

/* Bytes of the name's characters in state->name, of which `size` are there and the first `from`
 * have been looked at, with its zero; 0: it does not end there. */
static uint32_t end_of_name(const struct uefirt_state *state, uint32_t from, uint32_t size)
{
	const uint64_t *words = (const uint64_t *)(const void *)state->name;

	for (uint32_t i = (uint32_t)align_down(from, WORD); i < size; i += WORD) {
		uint64_t found = zeroes(words[i / WORD]);

		if (found != 0U) {
			uint32_t end = i + ((uint32_t)bit_lowest(found) + 1U) / 8U;

			return end <= size ? end : 0U; /* what is behind `size` is older */
		}
	}
	return 0;
}

/* How much of a name that goes on at `va` to read next: the rest of it need not be there. */
static uint32_t name_step(uint64_t va, uint64_t left)
{
	return (uint32_t)min_u64(min_u64(NAME_STEP, left), PAGE_SIZE - (va & (PAGE_SIZE - 1U)));
}

/* The name at `va` of at most `max` bytes with its zero, of which `have` are in state->name: the
 * rest of it. Returns its size; 0: it is bad. */
static uint32_t read_name(const struct call *call, uint64_t va, uint32_t have, uint64_t max)
{
	uint8_t *name = call->state->name;
	uint32_t size = end_of_name(call->state, 0, have);

	while (size == 0U && have < max) {
		uint32_t step = name_step(va + have, max - have);

		if (!call_read(call, va + have, name + have, step)) {
			return 0;
		}
		size = end_of_name(call->state, have, have + step);
		have += step;
	}
	return size;
}

/* The name of at most `max` bytes at va[0] and the GUID at va[1]; where `size` is not NULL, also
 * what stands at va[2]. False: bad pointers, or a name without an end. Most calls are done with one
 * reading. */
static bool read_key(const struct call *call, const uint64_t va[], uint64_t max,
	struct nvstore_key *key, uint64_t *size)
{
	struct gmem_part parts[3];

	max = min_u64(max, UEFI_VAR_NAME_MAX);
	parts[0].to = call->state->name;
	parts[0].size = name_step(va[0], max);
	parts[1].to = key->guid;
	parts[1].size = sizeof(key->guid);
	parts[2].to = size;
	parts[2].size = sizeof(*size);
	if (max == 0U || !call_copy(call, va, parts, size != NULL ? 3 : 2, false)) {
		return false;
	}
	key->name = call->state->name;
	key->name_size = read_name(call, va[0], (uint32_t)parts[0].size, max);
	return key->name_size != 0U;
}

static bool is_visible(const struct uefirt_state *state, const struct nvstore_record *record)
{
	return !state->at_runtime || (record->attributes & UEFI_VAR_RUNTIME) != 0U;
}

/* NULL: there is no such variable for the caller. */
static const struct nvstore_record *find(
	const struct uefirt_state *state, const struct nvstore_key *key)
{
	const struct nvstore_record *record = nvstore_find(&state->store, key);

	return record != NULL && is_visible(state, record) ? record : NULL;
}

/* GetVariable's results. */
static uint64_t give(const struct call *call, const struct nvstore_record *record, uint64_t room)
{
	uint32_t attributes = record->attributes;
	uint64_t size = record->data_size;
	const uint64_t va[] = {call->x[4], call->x[3], call->x[2]};
	struct gmem_part parts[3];
	unsigned first = room >= size ? 0 : 1;
	unsigned end = va[2] != 0U ? 3 : 2;

	parts[0].from = nvstore_data(record);
	parts[0].size = size;
	parts[1].from = &size;
	parts[1].size = sizeof(size);
	parts[2].from = &attributes;
	parts[2].size = sizeof(attributes);
	if (!call_copy(call, &va[first], &parts[first], end - first, true)) {
		return UEFI_INVALID_PARAMETER;
	}
	return first == 0U ? UEFI_SUCCESS : UEFI_BUFFER_TOO_SMALL;
}

uint64_t uefirt_get_variable(struct call *call)
{
	const uint64_t va[] = {call->x[0], call->x[1], call->x[3]};
	const struct nvstore_record *record;
	struct nvstore_key key;
	uint64_t room;

	if (!read_key(call, va, UEFI_VAR_NAME_MAX, &key, &room)) {
		return UEFI_INVALID_PARAMETER;
	}
	record = find(call->state, &key);
	return record != NULL ? give(call, record, room) : UEFI_NOT_FOUND;
}

static bool is_last(const struct uefirt_state *state, const struct nvstore_key *key)
{
	return state->last_size == key->name_size && state->last_guid[0] == key->guid[0] &&
	       state->last_guid[1] == key->guid[1] &&
	       memcmp(state->last_name, key->name, key->name_size) == 0;
}

/* Gives the name of a variable that is next, and remembers it. */
static uint64_t give_name(struct call *call, const struct nvstore_record *record, uint64_t room)
{
	struct uefirt_state *state = call->state;
	uint64_t size = record->name_size;

	if (room < size) {
		return call_write(call, call->x[0], &size, sizeof(size)) ? UEFI_BUFFER_TOO_SMALL
									 : UEFI_INVALID_PARAMETER;
	}
	const uint64_t va[] = {call->x[1], call->x[2], call->x[0]};
	struct gmem_part parts[] = {
		{.from = nvstore_name(record), .size = size},
		{.from = record->guid, .size = sizeof(record->guid)},
		{.from = &size, .size = sizeof(size)},
	};

	if (!call_copy(call, va, parts, 3, true)) {
		return UEFI_INVALID_PARAMETER;
	}
	state->last_guid[0] = record->guid[0];
	state->last_guid[1] = record->guid[1];
	state->last_size = record->name_size;
	memcpy(state->last_name, nvstore_name(record), record->name_size);
	return UEFI_SUCCESS;
}

uint64_t uefirt_get_next_variable_name(struct call *call)
{
	struct uefirt_state *state = call->state;
	const struct nvstore_record *record;
	struct nvstore_key key;
	uint64_t room;

	if (!call_read(call, call->x[0], &room, sizeof(room)) ||
		!read_key(call, &call->x[1], room, &key, NULL)) {
		return UEFI_INVALID_PARAMETER;
	}
	uint32_t needed = state->at_runtime ? UEFI_VAR_RUNTIME : 0U;

	if (key.name_size == EMPTY_SIZE) {
		record = nvstore_first(&state->store, needed);
	} else if (find(state, &key) != NULL || is_last(state, &key)) {
		record = nvstore_behind(&state->store, &key, needed);
	} else {
		return UEFI_INVALID_PARAMETER;
	}
	return record != NULL ? give_name(call, record, room) : UEFI_NOT_FOUND;
}

/* Attributes of a variable, or of a kind of them. */
static uint64_t check_attributes(const struct uefirt_state *state, uint32_t attributes)
{
	if ((attributes & UEFI_VAR_RUNTIME) != 0U && (attributes & UEFI_VAR_BOOT) == 0U) {
		return UEFI_INVALID_PARAMETER;
	}
	if (state->at_runtime && (attributes & UEFI_VAR_RUNTIME) == 0U) {
		return UEFI_INVALID_PARAMETER;
	}
	return (attributes & UEFI_VAR_BOOT) != 0U ? UEFI_SUCCESS : UEFI_INVALID_PARAMETER;
}

static void changed(const struct call *call, uint32_t attributes)
{
	const struct uefirt_config *config = &call->vm->config;

	if ((attributes & UEFI_VAR_NON_VOLATILE) != 0U) {
		config->ops->changed(config->ctx);
	}
}

/* SetVariable without data, or without attributes that a variable has. */
static uint64_t erase(struct call *call, const struct nvstore_key *key, uint32_t attributes)
{
	struct uefirt_state *state = call->state;
	const struct nvstore_record *record = find(state, key);

	if (record == NULL) {
		return UEFI_NOT_FOUND;
	}
	uint32_t kind = record->attributes;

	if (attributes != 0U && attributes != kind) {
		return UEFI_INVALID_PARAMETER;
	}
	if (state->at_runtime && (kind & UEFI_VAR_NON_VOLATILE) == 0U) {
		return UEFI_WRITE_PROTECTED;
	}
	nvstore_delete(&state->store, record);
	changed(call, kind);
	return UEFI_SUCCESS;
}

static bool is_as_before(const struct nvstore_record *record, const void *data, uint32_t size)
{
	return record != NULL && record->data_size == size &&
	       memcmp(data, nvstore_data(record), size) == 0;
}

/* SetVariable with all that it was given in state->name and state->data. */
static uint64_t set(struct call *call, const struct nvstore_key *key, uint32_t attributes,
	uint32_t size, bool append)
{
	struct uefirt_state *state = call->state;
	/* Also one that the caller does not see: no second one of its name. */
	const struct nvstore_record *record = nvstore_find(&state->store, key);
	bool is_kept = (attributes & UEFI_VAR_NON_VOLATILE) != 0U;
	uint64_t status = check_attributes(state, attributes);

	if (status != UEFI_SUCCESS) {
		return status;
	}
	if (record != NULL && record->attributes != attributes) {
		return UEFI_INVALID_PARAMETER;
	}
	if (is_kept ? !uefirt_keeps(call->vm) : state->at_runtime) {
		return UEFI_WRITE_PROTECTED;
	}
	if (size == 0U || (!append && is_as_before(record, state->data, size))) {
		return UEFI_SUCCESS;
	}
	if (nvstore_set(&state->store, key, attributes, state->data, size, append) != PLINTH_OK) {
		return UEFI_OUT_OF_RESOURCES;
	}
	changed(call, attributes);
	return UEFI_SUCCESS;
}

uint64_t uefirt_set_variable(struct call *call)
{
	uint32_t attributes = (uint32_t)call->x[2];
	bool append = (attributes & UEFI_VAR_APPEND) != 0U;
	uint64_t size = call->x[3];
	struct nvstore_key key;

	if (!read_key(call, call->x, UEFI_VAR_NAME_MAX, &key, NULL) ||
		key.name_size == EMPTY_SIZE) {
		return UEFI_INVALID_PARAMETER;
	}
	if ((attributes & ~(uint32_t)(STORED | UEFI_VAR_APPEND)) != 0U) {
		return UEFI_UNSUPPORTED;
	}
	attributes &= STORED;
	if (attributes == 0U || (size == 0U && !append)) {
		return erase(call, &key, attributes);
	}
	if (size > UEFI_VAR_DATA_MAX ||
		(size != 0U && !call_read(call, call->x[4], call->state->data, (uint32_t)size))) {
		return UEFI_INVALID_PARAMETER;
	}
	return set(call, &key, attributes, (uint32_t)size, append);
}

uint64_t uefirt_query_variable_info(struct call *call)
{
	const struct nvstore *store = &call->state->store;
	uint32_t attributes = (uint32_t)call->x[0];
	bool is_kept = (attributes & UEFI_VAR_NON_VOLATILE) != 0U;
	const struct nvstore_kind *kind = is_kept ? &store->kept : &store->lost;
	uint64_t all = kind->limit;
	uint64_t left = all - kind->used;
	uint64_t largest = nvstore_room(store, is_kept);

	if ((attributes & ~(uint32_t)(STORED | UEFI_VAR_APPEND)) != 0U) {
		return UEFI_UNSUPPORTED;
	}
	if (check_attributes(call->state, attributes) != UEFI_SUCCESS) {
		return UEFI_INVALID_PARAMETER;
	}
	if (is_kept && !uefirt_keeps(call->vm)) {
		all = 0;
		left = 0;
		largest = 0;
	}
	struct gmem_part parts[] = {
		{.from = &all, .size = sizeof(all)},
		{.from = &left, .size = sizeof(left)},
		{.from = &largest, .size = sizeof(largest)},
	};

	return call_copy(call, &call->x[1], parts, 3, true) ? UEFI_SUCCESS : UEFI_INVALID_PARAMETER;
}
