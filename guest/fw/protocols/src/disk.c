/* SPDX-License-Identifier: Apache-2.0 */
#include "protocols/disk.h"

#include "base/checked.h"
#include "base/compiler.h"
#include "base/string.h"
#include "disk/partitions.h"
#include "fw/device_path.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/memory.h"
#include "uefi/protocols.h"
#include "volume.h"

static const struct efi_guid block_io_guid = EFI_BLOCK_IO_GUID;
static const struct efi_guid disk_io_guid = EFI_DISK_IO_GUID;
static const struct efi_guid path_guid = EFI_DEVICE_PATH_GUID;
static const struct efi_guid file_system_guid = EFI_FILE_SYSTEM_GUID;
static const struct efi_guid esp_guid = EFI_SYSTEM_PARTITION_GUID;

/* A disk, or a partition of one. */
struct device {
	struct efi_block_io block_io;
	struct efi_disk_io disk_io;
	struct efi_block_io_media media;
	uint8_t *bytes;
	uint64_t size;
};

static struct device *of_block_io(struct efi_block_io *self)
{
	return CONTAINER_OF(self, struct device, block_io);
}

static struct device *of_disk_io(struct efi_disk_io *self)
{
	return CONTAINER_OF(self, struct device, disk_io);
}

static efi_status_t reset(struct efi_block_io *self, efi_bool_t extended)
{
	(void)self;
	(void)extended;
	return EFI_SUCCESS;
}

/* Whether whole blocks of the device are meant. */
static efi_status_t check_blocks(
	const struct device *device, uint32_t media, uint64_t lba, uint64_t size)
{
	if (media != device->media.media_id) {
		return EFI_NO_MEDIA;
	}
	if (size % DISK_BLOCK_SIZE != 0U) {
		return EFI_BAD_BUFFER_SIZE;
	}
	if (lba > device->media.last_block ||
		size / DISK_BLOCK_SIZE > device->media.last_block + 1U - lba) {
		return EFI_INVALID_PARAMETER;
	}
	return EFI_SUCCESS;
}

static efi_status_t read_blocks(
	struct efi_block_io *self, uint32_t media, uint64_t lba, uint64_t size, void *buffer)
{
	struct device *device = of_block_io(self);
	efi_status_t status = check_blocks(device, media, lba, size);

	if (status != EFI_SUCCESS || size == 0U) {
		return status;
	}
	if (buffer == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	memcpy(buffer, device->bytes + lba * DISK_BLOCK_SIZE, size);
	return EFI_SUCCESS;
}

static efi_status_t write_blocks(
	struct efi_block_io *self, uint32_t media, uint64_t lba, uint64_t size, const void *buffer)
{
	struct device *device = of_block_io(self);
	efi_status_t status = check_blocks(device, media, lba, size);

	if (status != EFI_SUCCESS) {
		return status;
	}
	if (device->media.read_only != 0U) {
		return EFI_WRITE_PROTECTED;
	}
	if (size > 0U && buffer == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	memcpy(device->bytes + lba * DISK_BLOCK_SIZE, buffer, size);
	return EFI_SUCCESS;
}

static efi_status_t flush_blocks(struct efi_block_io *self)
{
	(void)self;
	return EFI_SUCCESS; /* the disk is memory: what was stored is there */
}

static efi_status_t check_bytes(
	const struct device *device, uint32_t media, uint64_t offset, uint64_t size)
{
	if (media != device->media.media_id) {
		return EFI_NO_MEDIA;
	}
	return range_contains(0, device->size, offset, size) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

static efi_status_t read_disk(
	struct efi_disk_io *self, uint32_t media, uint64_t offset, uint64_t size, void *buffer)
{
	struct device *device = of_disk_io(self);
	efi_status_t status = check_bytes(device, media, offset, size);

	if (status == EFI_SUCCESS) {
		memcpy(buffer, device->bytes + offset, size);
	}
	return status;
}

static efi_status_t write_disk(struct efi_disk_io *self, uint32_t media, uint64_t offset,
	uint64_t size, const void *buffer)
{
	struct device *device = of_disk_io(self);
	efi_status_t status = check_bytes(device, media, offset, size);

	if (status == EFI_SUCCESS && device->media.read_only != 0U) {
		return EFI_WRITE_PROTECTED;
	}
	if (status == EFI_SUCCESS) {
		memcpy(device->bytes + offset, buffer, size);
	}
	return status;
}

static struct device *create_device(
	uint8_t *bytes, uint64_t size, bool read_only, bool is_partition)
{
	struct device *device = fw_allocate(sizeof(*device));

	if (device == NULL) {
		return NULL;
	}
	*device = (struct device){
		.block_io = {EFI_BLOCK_IO_REVISION3, &device->media, reset, read_blocks,
			write_blocks, flush_blocks},
		.disk_io = {EFI_DISK_IO_REVISION, read_disk, write_disk},
		.media =
			{
				.media_present = 1,
				.logical_partition = is_partition,
				.read_only = read_only,
				.block_size = DISK_BLOCK_SIZE,
				.last_block = size / DISK_BLOCK_SIZE - 1U,
				.logical_blocks_per_physical_block = 1,
			},
		.bytes = bytes,
		.size = size - size % DISK_BLOCK_SIZE,
	};
	return device;
}

static efi_status_t install_device(struct device *device, struct efi_device_path *path,
	efi_handle_t *handle, struct disk_report *report)
{
	struct efi_file_system *files;
	efi_status_t status;

	if (device == NULL || path == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	*handle = NULL;
	status = fw_install_multiple(handle, &path_guid, path, &block_io_guid, &device->block_io,
		&disk_io_guid, &device->disk_io, NULL);
	files = volume_open(device->bytes, device->size);
	if (status == EFI_SUCCESS && files != NULL) {
		status = fw_install_protocol_interface(handle, &file_system_guid, 0, files);
		report->volumes++;
	}
	return status;
}

static efi_status_t install_partition(const struct device *disk,
	const struct efi_device_path *disk_path, const struct partition *partition,
	struct disk_report *report)
{
	struct fw_path_hard_drive node = {
		.head = FW_PATH_NODE(FW_PATH_MEDIA, FW_MEDIA_HARD_DRIVE, sizeof(node)),
		.number = partition->number,
		.start = partition->start,
		.size = partition->count,
		.format = partition->format,
		.signature_type = partition->format, /* 1: an MBR's number, 2: a GUID */
	};
	struct device *device = create_device(disk->bytes + partition->start * DISK_BLOCK_SIZE,
		partition->count * DISK_BLOCK_SIZE, disk->media.read_only != 0U, true);
	efi_handle_t handle;
	efi_status_t status;

	memcpy(node.signature, partition->signature, sizeof(node.signature));
	status = install_device(device, fw_path_join(disk_path, &node.head, NULL), &handle, report);
	if (status == EFI_SUCCESS && partition->is_esp) {
		/* 13.3.2: a mark on the handle, without an interface. */
		status = fw_install_protocol_interface(&handle, &esp_guid, 0, NULL);
	}
	return status;
}

efi_status_t disk_install(uint64_t base, uint64_t size, bool read_only, struct disk_report *report)
{
	struct fw_path_memory node = {
		.head = FW_PATH_NODE(FW_PATH_HARDWARE, FW_HARDWARE_MEMORY, sizeof(node)),
		.type = EFI_PERSISTENT_MEMORY,
		.start = base,
		.end = base + size - 1U,
	};
	struct partitions *partitions;
	struct efi_device_path *path;
	struct device *disk;
	efi_handle_t handle;
	efi_status_t status;

	*report = (struct disk_report){0};
	if (size < DISK_BLOCK_SIZE) {
		return EFI_UNSUPPORTED;
	}
	disk = create_device((uint8_t *)(uintptr_t)base, size, read_only, false);
	path = fw_path_join(NULL, &node.head, NULL);
	partitions = fw_allocate(sizeof(*partitions));
	if (partitions == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	status = install_device(disk, path, &handle, report);
	if (status == EFI_SUCCESS && report->volumes == 0U) {
		partitions_read(partitions, disk->bytes, disk->size);
		report->partitions = partitions->count;
		report->from_backup = partitions->from_backup;
		report->left_out = partitions->left_out;
	}
	for (uint32_t i = 0; i < partitions->count && status == EFI_SUCCESS; i++) {
		status = install_partition(disk, path, &partitions->list[i], report);
	}
	fw_free(partitions);
	return status;
}
