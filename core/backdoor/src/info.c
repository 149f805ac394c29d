/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guestinfo: values by key, that the owner gives and the guest reads, and the other way round.
 */
#include "backdoor_private.h"
#include "base/string.h"

static bool is_key(const char *key, size_t size)
{
	if (size == 0U || size >= BACKDOOR_KEY_SIZE) {
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		if (key[i] <= ' ' || key[i] > '~') {
			return false;
		}
	}
	return true;
}

static struct info *find(struct backdoor_vm *vm, const char *key, size_t key_size, bool preset_only)
{
	if (!is_key(key, key_size)) {
		return NULL;
	}
	for (size_t i = 0; i < BACKDOOR_INFO_MAX; i++) {
		struct info *info = &vm->state->info[i];

		if (preset_only && info->preset == NULL) {
			continue;
		}
		if (memcmp(info->key, key, key_size) == 0 && info->key[key_size] == '\0') {
			return info;
		}
	}
	return NULL;
}

struct info *info_find(struct backdoor_vm *vm, const char *key, size_t key_size)
{
	return find(vm, key, key_size, false);
}

const struct info *info_find_preset(struct backdoor_vm *vm, const char *key, size_t key_size)
{
	return find(vm, key, key_size, true);
}

/* A slot with that key: the one that is there, or a free one. */
static struct info *slot_for(struct backdoor_vm *vm, const char *key, size_t key_size)
{
	struct info *info = info_find(vm, key, key_size);

	for (size_t i = 0; i < BACKDOOR_INFO_MAX && info == NULL; i++) {
		if (vm->state->info[i].key[0] == '\0') {
			info = &vm->state->info[i];
		}
	}
	return info;
}

/* All of it: it is copied out whole. */
static void name(struct info *info, const char *key, size_t key_size)
{
	memset(info->key, 0, sizeof(info->key));
	memcpy(info->key, key, key_size);
}

const uint8_t *info_value(const struct info *info, uint32_t *size)
{
	*size = info->set != NULL ? info->set_size : info->preset_size;
	return info->set != NULL ? info->set : info->preset;
}

static void free_set(struct backdoor_vm *vm, struct info *info)
{
	block_free(vm, (struct block){.data = info->set, .order = info->set_order});
	info->set = NULL;
}

enum plinth_status info_store(
	struct backdoor_vm *vm, const char *key, size_t key_size, const void *value, size_t size)
{
	struct info *info = slot_for(vm, key, key_size);
	struct block block;

	if (!is_key(key, key_size) || size > BACKDOOR_MESSAGE_MAX) {
		return PLINTH_EINVAL;
	}
	if (info == NULL) {
		return PLINTH_ENOMEM;
	}
	if (info->set == NULL || size > (PAGE_SIZE << info->set_order)) {
		enum plinth_status status = block_alloc(vm, (uint32_t)size, &block);

		if (status != PLINTH_OK) {
			return status;
		}
		free_set(vm, info);
		info->set = block.data;
		info->set_order = block.order;
	}
	block_copy(info->set, value, (uint32_t)size);
	info->set_size = (uint32_t)size;
	name(info, key, key_size);
	return PLINTH_OK;
}

void info_forget(struct backdoor_vm *vm)
{
	for (size_t i = 0; i < BACKDOOR_INFO_MAX; i++) {
		struct info *info = &vm->state->info[i];

		free_set(vm, info);
		if (info->preset == NULL) {
			info->key[0] = '\0';
		}
	}
}

enum plinth_status backdoor_info_preset(
	struct backdoor_vm *vm, const char *key, size_t key_size, const void *value, size_t size)
{
	struct info *info;

	if (vm->state == NULL) {
		return PLINTH_ENOTSUP;
	}
	if (!is_key(key, key_size) || size > BACKDOOR_MESSAGE_MAX) {
		return PLINTH_EINVAL;
	}
	info = slot_for(vm, key, key_size);
	if (info == NULL) {
		return PLINTH_ENOMEM;
	}
	if (info->key[0] != '\0') {
		return PLINTH_EEXIST;
	}
	name(info, key, key_size);
	info->preset = value;
	info->preset_size = (uint32_t)size;
	return PLINTH_OK;
}

enum plinth_status backdoor_info_set(
	struct backdoor_vm *vm, const char *key, const void *value, size_t size)
{
	if (vm->state == NULL) {
		return PLINTH_ENOTSUP;
	}
	lock_take(&vm->lock);
	enum plinth_status status = info_store(vm, key, strlen(key), value, size);

	lock_drop(&vm->lock);
	return status;
}

enum plinth_status backdoor_info_get(
	struct backdoor_vm *vm, const char *key, size_t offset, void *buf, size_t max, size_t *size)
{
	uint32_t whole;

	if (vm->state == NULL) {
		return PLINTH_ENOENT;
	}
	lock_take(&vm->lock);
	const struct info *info = info_find(vm, key, strlen(key));

	if (info != NULL) {
		const uint8_t *value = info_value(info, &whole);

		*size = whole;
		if (offset < whole) {
			memcpy(buf, value + offset, whole - offset < max ? whole - offset : max);
		}
	}
	lock_drop(&vm->lock);
	return info != NULL ? PLINTH_OK : PLINTH_ENOENT;
}

enum plinth_status backdoor_info_key(struct backdoor_vm *vm, size_t index, char *key)
{
	enum plinth_status status = PLINTH_ENOENT;

	if (vm->state == NULL) {
		return status;
	}
	lock_take(&vm->lock);
	for (size_t i = 0; i < BACKDOOR_INFO_MAX && status != PLINTH_OK; i++) {
		const struct info *info = &vm->state->info[i];

		if (info->key[0] != '\0' && index-- == 0U) {
			memcpy(key, info->key, BACKDOOR_KEY_SIZE);
			status = PLINTH_OK;
		}
	}
	lock_drop(&vm->lock);
	return status;
}
