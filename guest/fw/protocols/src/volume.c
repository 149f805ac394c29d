/* SPDX-License-Identifier: Apache-2.0 */
/* SimpleFileSystem and its files (UEFI 2.10, 13.4, 13.5) on FAT, for reading: what writes gets
 * EFI_WRITE_PROTECTED, as from any read-only medium. */
#include "volume.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "disk/fat.h"
#include "fw/guid.h"
#include "fw/memory.h"
#include "fw/text.h"

static const struct efi_guid file_info_guid = EFI_FILE_INFO_GUID;
static const struct efi_guid system_info_guid = EFI_FILE_SYSTEM_INFO_GUID;
static const struct efi_guid label_guid = EFI_VOLUME_LABEL_GUID;

struct volume {
	struct efi_file_system protocol;
	struct fat fat;
};

struct file {
	struct efi_file protocol;
	struct volume *volume;
	struct fat_entry entry;
	struct fat_cursor cursor;
	uint64_t position; /* of a directory: in its entries' bytes */
};

static const struct efi_file file_protocol;

static struct file *of(struct efi_file *self)
{
	return CONTAINER_OF(self, struct file, protocol);
}

static bool is_directory(const struct file *file)
{
	return (file->entry.attributes & FAT_DIRECTORY) != 0U;
}

static efi_status_t from_status(enum plinth_status status)
{
	if (status == PLINTH_OK) {
		return EFI_SUCCESS;
	}
	return status == PLINTH_ENOENT ? EFI_NOT_FOUND : EFI_VOLUME_CORRUPTED;
}

static efi_status_t create_file(
	struct volume *volume, const struct fat_entry *entry, struct efi_file **out)
{
	struct file *file = fw_allocate(sizeof(*file));

	if (file == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	file->protocol = file_protocol;
	file->volume = volume;
	file->entry = *entry;
	file->cursor = fat_cursor(entry);
	*out = &file->protocol;
	return EFI_SUCCESS;
}

static bool is_root(const struct fat_entry *entry)
{
	return (entry->attributes & FAT_DIRECTORY) != 0U && entry->cluster == 0U;
}

static bool is_dots(const efi_char_t *name, size_t length)
{
	return (length == 1U && name[0] == '.') ||
	       (length == 2U && name[0] == '.' && name[1] == '.');
}

/* One step of a path; the root has no entries of dots of its own. */
static enum plinth_status step(
	const struct fat *fat, struct fat_entry *at, const efi_char_t *name, size_t length)
{
	struct fat_entry from = *at;

	if ((from.attributes & FAT_DIRECTORY) == 0U) {
		return PLINTH_ENOENT;
	}
	if (is_root(&from) && is_dots(name, length)) {
		return PLINTH_OK;
	}
	return fat_find(fat, &from, name, length, at);
}

static efi_status_t walk(struct volume *volume, struct fat_entry *at, const efi_char_t *name)
{
	if (*name == '\\') {
		fat_root(&volume->fat, at);
	}
	while (*name != 0U) {
		size_t length = 0;
		enum plinth_status status;

		while (*name == '\\') {
			name++;
		}
		while (name[length] != 0U && name[length] != '\\') {
			length++;
		}
		if (length == 0U) {
			break;
		}
		status = step(&volume->fat, at, name, length);
		if (status != PLINTH_OK) {
			return from_status(status);
		}
		name += length;
	}
	return EFI_SUCCESS;
}

static efi_status_t open_file(struct efi_file *self, struct efi_file **out, const efi_char_t *name,
	uint64_t mode, uint64_t attributes)
{
	struct file *file = of(self);
	struct fat_entry *at;
	efi_status_t status;

	(void)attributes;
	if (out == NULL || name == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	at = fw_allocate(sizeof(*at));
	if (at == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	*at = file->entry;
	status = walk(file->volume, at, name);
	if (mode != EFI_FILE_MODE_READ && (status == EFI_SUCCESS || status == EFI_NOT_FOUND)) {
		status = EFI_WRITE_PROTECTED;
	}
	if (status == EFI_SUCCESS) {
		status = create_file(file->volume, at, out);
	}
	fw_free(at);
	return status;
}

static efi_status_t close_file(struct efi_file *self)
{
	fw_free(of(self));
	return EFI_SUCCESS;
}

static efi_status_t delete_file(struct efi_file *self)
{
	(void)close_file(self);
	return UINT64_C(2); /* EFI_WARN_DELETE_FAILURE: it is closed all the same (13.5.6) */
}

/* FAT's years are from 1980, its seconds in twos. */
static struct efi_time time_of(uint16_t date, uint16_t time)
{
	return (struct efi_time){
		.year = (uint16_t)(1980U + (date >> 9)),
		.month = (date >> 5) & 0xfU,
		.day = date & 0x1fU,
		.hour = (uint8_t)(time >> 11),
		.minute = (time >> 5) & 0x3fU,
		.second = (uint8_t)((time & 0x1fU) * 2U),
		.time_zone = 0x7ff,
	};
}

static efi_status_t give_info(
	const struct volume *volume, const struct fat_entry *entry, uint64_t *size, void *buffer)
{
	uint64_t name_size = (text_length(entry->name) + 1U) * sizeof(efi_char_t);
	struct efi_file_info info = {.size = sizeof(info) + name_size,
		.file_size = entry->size,
		.physical_size = align_up(entry->size, volume->fat.cluster_size),
		.create_time = time_of(entry->created_date, entry->created_time),
		.access_time = time_of(entry->accessed_date, 0),
		.modification_time = time_of(entry->date, entry->time),
		.attribute = entry->attributes & 0x37U};

	if (*size < info.size) {
		*size = info.size;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = info.size;
	memcpy(buffer, &info, sizeof(info));
	memcpy((uint8_t *)buffer + sizeof(info), entry->name, name_size);
	return EFI_SUCCESS;
}

/* The next entry; the position moves where it fitted. */
static efi_status_t read_directory(struct file *file, uint64_t *size, void *buffer)
{
	struct fat_entry *entry = fw_allocate(sizeof(*entry));
	uint32_t position = (uint32_t)file->position;
	enum plinth_status status;
	efi_status_t result;

	if (entry == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	status = fat_next(&file->volume->fat, &file->cursor, &position, entry);
	if (status == PLINTH_ENOENT) {
		*size = 0;
		result = EFI_SUCCESS;
	} else if (status != PLINTH_OK) {
		result = EFI_VOLUME_CORRUPTED;
	} else {
		result = give_info(file->volume, entry, size, buffer);
		file->position = result == EFI_SUCCESS ? position : file->position;
	}
	fw_free(entry);
	return result;
}

static efi_status_t read_file(struct efi_file *self, uint64_t *size, void *buffer)
{
	struct file *file = of(self);
	uint64_t part;
	enum plinth_status status;

	if (size == NULL || (*size > 0U && buffer == NULL)) {
		return EFI_INVALID_PARAMETER;
	}
	if (is_directory(file)) {
		return read_directory(file, size, buffer);
	}
	if (file->position > file->entry.size) {
		return EFI_DEVICE_ERROR;
	}
	part = min_u64(*size, file->entry.size - file->position);
	status = fat_read(&file->volume->fat, &file->cursor, (uint32_t)file->position, buffer,
		(uint32_t)part);
	if (status != PLINTH_OK) {
		return from_status(status);
	}
	file->position += part;
	*size = part;
	return EFI_SUCCESS;
}

static efi_status_t write_file(struct efi_file *self, uint64_t *size, const void *buffer)
{
	(void)size;
	(void)buffer;
	return is_directory(of(self)) ? EFI_UNSUPPORTED : EFI_WRITE_PROTECTED;
}

static efi_status_t get_position(struct efi_file *self, uint64_t *position)
{
	if (position == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (is_directory(of(self))) {
		return EFI_UNSUPPORTED;
	}
	*position = of(self)->position;
	return EFI_SUCCESS;
}

static efi_status_t set_position(struct efi_file *self, uint64_t position)
{
	struct file *file = of(self);

	if (is_directory(file)) {
		if (position != 0U) {
			return EFI_UNSUPPORTED;
		}
		file->position = 0;
		return EFI_SUCCESS;
	}
	file->position = position == EFI_FILE_POSITION_END ? file->entry.size : position;
	return EFI_SUCCESS;
}

static efi_status_t give_label(const struct volume *volume, uint64_t *size, void *buffer)
{
	uint64_t needed = (text_length(volume->fat.label) + 1U) * sizeof(efi_char_t);

	if (*size < needed) {
		*size = needed;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = needed;
	memcpy(buffer, volume->fat.label, needed);
	return EFI_SUCCESS;
}

static efi_status_t give_system_info(const struct volume *volume, uint64_t *size, void *buffer)
{
	uint64_t label_size = (text_length(volume->fat.label) + 1U) * sizeof(efi_char_t);
	struct efi_file_system_info info = {
		.size = EFI_FILE_SYSTEM_INFO_HEAD + label_size,
		.read_only = 1,
		.volume_size = (uint64_t)volume->fat.cluster_count * volume->fat.cluster_size,
		.block_size = volume->fat.cluster_size,
	};

	if (*size < info.size) {
		*size = info.size;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = info.size;
	memcpy(buffer, &info, EFI_FILE_SYSTEM_INFO_HEAD);
	memcpy((uint8_t *)buffer + EFI_FILE_SYSTEM_INFO_HEAD, volume->fat.label, label_size);
	return EFI_SUCCESS;
}

static efi_status_t get_info(
	struct efi_file *self, const struct efi_guid *type, uint64_t *size, void *buffer)
{
	struct file *file = of(self);

	if (type == NULL || size == NULL || (*size > 0U && buffer == NULL)) {
		return EFI_INVALID_PARAMETER;
	}
	if (fw_same_guid(type, &file_info_guid)) {
		return give_info(file->volume, &file->entry, size, buffer);
	}
	if (fw_same_guid(type, &system_info_guid)) {
		return give_system_info(file->volume, size, buffer);
	}
	if (fw_same_guid(type, &label_guid)) {
		return give_label(file->volume, size, buffer);
	}
	return EFI_UNSUPPORTED;
}

static efi_status_t set_info(
	struct efi_file *self, const struct efi_guid *type, uint64_t size, const void *buffer)
{
	(void)self;
	(void)type;
	(void)size;
	(void)buffer;
	return EFI_WRITE_PROTECTED;
}

static efi_status_t flush(struct efi_file *self)
{
	(void)self;
	return EFI_SUCCESS;
}

static const struct efi_file file_protocol = {
	.revision = EFI_FILE_REVISION,
	.open = open_file,
	.close = close_file,
	.delete = delete_file,
	.read = read_file,
	.write = write_file,
	.get_position = get_position,
	.set_position = set_position,
	.get_info = get_info,
	.set_info = set_info,
	.flush = flush,
};

static efi_status_t open_volume(struct efi_file_system *self, struct efi_file **root)
{
	struct volume *volume = CONTAINER_OF(self, struct volume, protocol);
	struct fat_entry *entry = fw_allocate(sizeof(*entry));
	efi_status_t status;

	if (entry == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	fat_root(&volume->fat, entry);
	status = root != NULL ? create_file(volume, entry, root) : EFI_INVALID_PARAMETER;
	fw_free(entry);
	return status;
}

struct efi_file_system *volume_open(const void *bytes, uint64_t size)
{
	struct volume *volume = fw_allocate(sizeof(*volume));

	if (volume == NULL) {
		return NULL;
	}
	if (fat_open(&volume->fat, bytes, size) != PLINTH_OK) {
		fw_free(volume);
		return NULL;
	}
	volume->protocol.revision = EFI_FILE_SYSTEM_REVISION;
	volume->protocol.open_volume = open_volume;
	return &volume->protocol;
}
