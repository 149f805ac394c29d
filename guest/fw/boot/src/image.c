/* SPDX-License-Identifier: Apache-2.0 */
#include "fw/image.h"

#include "base/bits.h"
#include "base/list.h"
#include "base/string.h"
#include "fw/device_path.h"
#include "fw/events.h"
#include "fw/file_source.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/memory.h"
#include "fw/platform.h"
#include "handles.h"
#include "pe/pe.h"
#include "runtime_images.h"
#include "uefi/protocols.h"

struct image {
	struct list link;
	efi_handle_t handle;
	struct efi_loaded_image loaded;
	struct efi_device_path *path; /* of the whole, may be NULL */
	uint64_t pages;
	uint64_t entry;
	uint16_t subsystem;
	bool started;
	struct fw_runtime_image *runtime; /* of a runtime driver */
	struct platform_frame frame;	  /* where StartImage waits for it */
	struct image *starter;		  /* who was running then */
	uint64_t exit_data_size;
	efi_char_t *exit_data;
};

static struct list images;
static struct image *running; /* NULL: the firmware */
static struct efi_system_table *system_table;
static struct efi_loaded_image firmware_image;

static const struct efi_guid loaded_image_guid = EFI_LOADED_IMAGE_GUID;
static const struct efi_guid loaded_path_guid = EFI_LOADED_IMAGE_DEVICE_PATH_GUID;
static const struct efi_guid device_path_guid = EFI_DEVICE_PATH_GUID;

efi_status_t fw_images_init(struct efi_system_table *system, efi_handle_t *self)
{
	list_init(&images);
	fw_runtime_images_init();
	running = NULL;
	system_table = system;
	firmware_image = (struct efi_loaded_image){
		.revision = EFI_LOADED_IMAGE_REVISION,
		.system_table = system,
		.image_code_type = EFI_BOOT_SERVICES_CODE,
		.image_data_type = EFI_BOOT_SERVICES_DATA,
	};
	*self = NULL;
	return fw_install_protocol_interface(self, &loaded_image_guid, 0, &firmware_image);
}

static struct image *image_of(efi_handle_t handle)
{
	LIST_FOR_EACH(node, &images)
	{
		struct image *image = CONTAINER_OF(node, struct image, link);

		if (image->handle == handle) {
			return image;
		}
	}
	return NULL;
}

static void set_types(struct image *image, uint16_t subsystem)
{
	image->subsystem = subsystem;
	switch (subsystem) {
	case PE_SUBSYSTEM_BOOT_DRIVER:
		image->loaded.image_code_type = EFI_BOOT_SERVICES_CODE;
		image->loaded.image_data_type = EFI_BOOT_SERVICES_DATA;
		break;
	case PE_SUBSYSTEM_RUNTIME_DRIVER:
		image->loaded.image_code_type = EFI_RUNTIME_SERVICES_CODE;
		image->loaded.image_data_type = EFI_RUNTIME_SERVICES_DATA;
		break;
	default:
		image->loaded.image_code_type = EFI_LOADER_CODE;
		image->loaded.image_data_type = EFI_LOADER_DATA;
		break;
	}
}

/* Maps each section as it asks, where the image promises to keep to that and sections do not share
 * pages. What is between sections is read-only. */
static efi_status_t protect(const struct pe *pe, uint64_t base, uint64_t size)
{
	efi_status_t status;

	if (!pe->nx_compat || pe->alignment < EFI_PAGE_SIZE ||
		pe->subsystem == PE_SUBSYSTEM_RUNTIME_DRIVER) {
		return EFI_SUCCESS; /* as it was allocated: RWX */
	}
	status = platform_protect(base, size, FW_ACCESS_RO);
	for (uint32_t i = 0; i < pe->section_count && status == EFI_SUCCESS; i++) {
		struct pe_section section = pe_section(pe, i);
		enum fw_access access = FW_ACCESS_RO;

		if (section.size == 0U) {
			continue;
		}
		if (!is_aligned(section.offset, EFI_PAGE_SIZE)) {
			return platform_protect(base, size, FW_ACCESS_RWX);
		}
		if (section.executable) {
			access = section.writable ? FW_ACCESS_RWX : FW_ACCESS_RX;
		} else if (section.writable) {
			access = FW_ACCESS_RW;
		}
		status = platform_protect(
			base + section.offset, align_up(section.size, EFI_PAGE_SIZE), access);
	}
	return status;
}

static efi_status_t from_pe_status(enum plinth_status status)
{
	return status == PLINTH_ENOTSUP ? EFI_UNSUPPORTED : EFI_LOAD_ERROR;
}

static efi_status_t place_image(struct image *image, const void *file, uint64_t size)
{
	struct pe pe;
	uint64_t base;
	enum plinth_status status = pe_open(&pe, file, size);
	efi_status_t result;

	if (status != PLINTH_OK) {
		return from_pe_status(status);
	}
	set_types(image, pe.subsystem);
	image->pages = (pe.image_size + EFI_PAGE_SIZE - 1U) >> EFI_PAGE_SHIFT;
	if (pe.can_move) {
		result = fw_allocate_aligned(
			image->loaded.image_code_type, image->pages, pe.alignment, &base);
	} else {
		base = pe.image_base;
		result = fw_allocate_pages(
			EFI_ALLOCATE_ADDRESS, image->loaded.image_code_type, image->pages, &base);
	}
	if (result != EFI_SUCCESS) {
		return EFI_OUT_OF_RESOURCES;
	}
	image->loaded.image_base = (void *)(uintptr_t)base;
	image->loaded.image_size = pe.image_size;
	image->entry = base + pe.entry;
	status = pe_load(&pe, image->loaded.image_base, base);
	if (status != PLINTH_OK) {
		return from_pe_status(status);
	}
	platform_publish_code(image->loaded.image_base, pe.image_size);
	if (pe.subsystem == PE_SUBSYSTEM_RUNTIME_DRIVER) {
		result = fw_runtime_image_add(&pe, base, &image->runtime);
		if (result != EFI_SUCCESS) {
			return result;
		}
	}
	return protect(&pe, base, image->pages << EFI_PAGE_SHIFT);
}

static void free_image(struct image *image)
{
	if (image->loaded.image_base != NULL) {
		(void)fw_free_pages((uintptr_t)image->loaded.image_base, image->pages);
	}
	fw_runtime_image_remove(image->runtime);
	fw_free(image->loaded.file_path);
	fw_free(image->loaded.load_options);
	fw_free(image->path);
	fw_free(image);
}

/* Where the image came from, as far as the path tells. */
static efi_status_t note_path(struct image *image, struct efi_device_path *path)
{
	struct efi_device_path *rest = path;

	if (path == NULL) {
		return EFI_SUCCESS;
	}
	if (fw_locate_device_path(&device_path_guid, &rest, &image->loaded.device_handle) !=
		EFI_SUCCESS) {
		rest = path;
		image->loaded.device_handle = NULL;
	}
	image->loaded.file_path = fw_path_copy(rest);
	image->path = fw_path_copy(path);
	return image->loaded.file_path != NULL && image->path != NULL ? EFI_SUCCESS
								      : EFI_OUT_OF_RESOURCES;
}

static efi_status_t create_image(efi_handle_t parent, struct efi_device_path *path,
	const struct fw_file_bytes *file, efi_handle_t *out)
{
	struct image *image = fw_allocate(sizeof(*image));
	efi_status_t status;

	if (image == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	image->loaded.revision = EFI_LOADED_IMAGE_REVISION;
	image->loaded.parent_handle = parent;
	image->loaded.system_table = system_table;
	status = note_path(image, path);
	if (status == EFI_SUCCESS) {
		status = place_image(image, file->data, file->size);
	}
	if (status == EFI_SUCCESS) {
		status = fw_install_multiple(&image->handle, &loaded_image_guid, &image->loaded,
			&loaded_path_guid, image->path, NULL);
	}
	if (status != EFI_SUCCESS) {
		free_image(image);
		return status;
	}
	list_push_back(&images, &image->link);
	*out = image->handle;
	return EFI_SUCCESS;
}

efi_status_t fw_load_image(efi_bool_t boot_policy, efi_handle_t parent,
	struct efi_device_path *path, void *source, uint64_t source_size, efi_handle_t *out)
{
	struct fw_file_bytes file = {.data = source, .size = source_size};
	efi_status_t status;

	if (out == NULL || fw_interface(parent, &loaded_image_guid) == NULL ||
		(path == NULL && source == NULL)) {
		return EFI_INVALID_PARAMETER;
	}
	*out = NULL;
	if (source == NULL) {
		status = fw_read_file(path, boot_policy, &file);
		if (status != EFI_SUCCESS) {
			return status;
		}
	}
	status = create_image(parent, path, &file, out);
	if (source == NULL) {
		fw_release_file(&file);
	}
	return status;
}

/* Nobody but the image would close what it opened. */
static void close_all_of(efi_handle_t agent)
{
	LIST_FOR_EACH(node, &fw_all_handles)
	{
		struct handle *handle = CONTAINER_OF(node, struct handle, link);

		LIST_FOR_EACH(at, &handle->protocols)
		{
			struct protocol *protocol = CONTAINER_OF(at, struct protocol, link);
			struct list *entry = protocol->opens.next;

			while (entry != &protocol->opens) {
				struct open *open = CONTAINER_OF(entry, struct open, link);

				entry = entry->next;
				if (open->entry.agent == agent) {
					fw_drop_open(open);
				}
			}
		}
	}
}

static void drop_image(struct image *image)
{
	close_all_of(image->handle);
	/* The handle stays where the image left protocols of its own there. */
	(void)fw_uninstall_protocol_interface(image->handle, &loaded_path_guid, image->path);
	(void)fw_uninstall_protocol_interface(image->handle, &loaded_image_guid, &image->loaded);
	list_remove(&image->link);
	free_image(image);
}

efi_status_t fw_unload_image(efi_handle_t handle)
{
	struct image *image = image_of(handle);

	if (image == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (image->started) {
		efi_status_t status;

		if (image->loaded.unload == NULL) {
			return EFI_UNSUPPORTED;
		}
		status = image->loaded.unload(handle);
		if (status != EFI_SUCCESS) {
			return status;
		}
	}
	drop_image(image);
	return EFI_SUCCESS;
}

efi_status_t fw_start_image(efi_handle_t handle, uint64_t *exit_data_size, efi_char_t **exit_data)
{
	struct image *image = image_of(handle);
	efi_status_t status;
	efi_tpl_t tpl;

	if (image == NULL || image->started) {
		return EFI_INVALID_PARAMETER;
	}
	image->started = true;
	image->starter = running;
	running = image;
	/* Whatever priority the image leaves with, this one holds again. */
	tpl = fw_raise_tpl(EFI_TPL_APPLICATION);
	status = platform_enter(&image->frame, image->entry, handle, system_table);
	(void)fw_raise_tpl(EFI_TPL_HIGH_LEVEL);
	fw_restore_tpl(tpl);
	running = image->starter;
	if (exit_data_size != NULL) {
		*exit_data_size = image->exit_data_size;
	}
	if (exit_data != NULL) {
		*exit_data = image->exit_data;
	}
	if (image->subsystem == PE_SUBSYSTEM_APPLICATION || EFI_IS_ERROR(status)) {
		drop_image(image);
	}
	return status;
}

efi_status_t fw_exit(
	efi_handle_t handle, efi_status_t status, uint64_t exit_data_size, efi_char_t *exit_data)
{
	struct image *image = image_of(handle);

	if (image == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (!image->started) {
		drop_image(image);
		return EFI_SUCCESS;
	}
	if (image != running) {
		return EFI_INVALID_PARAMETER;
	}
	if (status != EFI_SUCCESS) {
		image->exit_data_size = exit_data_size;
		image->exit_data = exit_data;
	}
	platform_leave(&image->frame, status);
}

efi_status_t fw_set_load_options(efi_handle_t handle, const void *options, uint32_t size)
{
	struct image *image = image_of(handle);
	void *copy;

	if (image == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	copy = fw_allocate((uint64_t)size + 1U);
	if (copy == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	memcpy(copy, options, size);
	fw_free(image->loaded.load_options);
	image->loaded.load_options = copy;
	image->loaded.load_options_size = size;
	return EFI_SUCCESS;
}
