/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts spied.efi of its own disk, and tells of each protocol that this one, and what it starts,
 * ask the firmware for in vain.
 */
#include "app.h"
#include "base/string.h"
#include "fw/device_path.h"

#define PATH_MAX    512U
#define MISSING_MAX 32U

static const struct efi_guid loaded_image_guid = EFI_LOADED_IMAGE_GUID;
static const struct efi_guid device_path_guid = EFI_DEVICE_PATH_GUID;
static struct efi_boot_services real;
static struct efi_guid missing[MISSING_MAX];
static unsigned missing_count;

static void look(const struct efi_guid *guid, efi_status_t status)
{
	if (!EFI_IS_ERROR(status) || status == EFI_BUFFER_TOO_SMALL || guid == NULL) {
		return;
	}
	for (unsigned i = 0; i < missing_count; i++) {
		if (memcmp(&missing[i], guid, sizeof(*guid)) == 0) {
			return;
		}
	}
	CHECK(missing_count < MISSING_MAX);
	missing[missing_count++ % MISSING_MAX] = *guid;
	app_print("spy: no %08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x\n", guid->a, guid->b,
		guid->c, guid->d[0], guid->d[1], guid->d[2], guid->d[3], guid->d[4], guid->d[5],
		guid->d[6], guid->d[7]);
}

static efi_status_t handle_protocol(
	efi_handle_t handle, const struct efi_guid *guid, void **interface)
{
	efi_status_t status = real.handle_protocol(handle, guid, interface);

	look(guid, status);
	return status;
}

static efi_status_t open_protocol(efi_handle_t handle, const struct efi_guid *guid,
	void **interface, efi_handle_t agent, efi_handle_t controller, uint32_t attributes)
{
	efi_status_t status =
		real.open_protocol(handle, guid, interface, agent, controller, attributes);

	look(guid, status);
	return status;
}

static efi_status_t locate_protocol(
	const struct efi_guid *guid, void *registration, void **interface)
{
	efi_status_t status = real.locate_protocol(guid, registration, interface);

	look(guid, status);
	return status;
}

static efi_status_t locate_handle(
	uint32_t how, const struct efi_guid *guid, void *key, uint64_t *size, efi_handle_t *buffer)
{
	efi_status_t status = real.locate_handle(how, guid, key, size, buffer);

	look(guid, status);
	return status;
}

static efi_status_t locate_handle_buffer(uint32_t how, const struct efi_guid *guid, void *key,
	uint64_t *count, efi_handle_t **buffer)
{
	efi_status_t status = real.locate_handle_buffer(how, guid, key, count, buffer);

	look(guid, status);
	return status;
}

static efi_status_t locate_device_path(
	const struct efi_guid *guid, struct efi_device_path **path, efi_handle_t *device)
{
	efi_status_t status = real.locate_device_path(guid, path, device);

	look(guid, status);
	return status;
}

static void hook(void)
{
	real = *app_boot;
	app_boot->handle_protocol = handle_protocol;
	app_boot->open_protocol = open_protocol;
	app_boot->locate_protocol = locate_protocol;
	app_boot->locate_handle = locate_handle;
	app_boot->locate_handle_buffer = locate_handle_buffer;
	app_boot->locate_device_path = locate_device_path;
}

/* The file's path on the disk that we came from, in `path` of PATH_MAX bytes. */
static void make_path(uint8_t *path)
{
	static const efi_char_t name[] = u"\\spied.efi";
	static const struct efi_device_path file =
		FW_PATH_NODE(FW_PATH_MEDIA, FW_MEDIA_FILE, FW_PATH_HEAD_SIZE + sizeof(name));
	static const struct efi_device_path end = FW_PATH_END_NODE;
	struct efi_loaded_image *self = NULL;
	struct efi_device_path *device = NULL;
	uint64_t size;

	CHECK(app_boot->handle_protocol(app_image, &loaded_image_guid, (void **)&self) ==
		EFI_SUCCESS);
	CHECK(app_boot->handle_protocol(self->device_handle, &device_path_guid, (void **)&device) ==
		EFI_SUCCESS);
	size = fw_path_size(device) - FW_PATH_HEAD_SIZE;
	CHECK(size + 2U * FW_PATH_HEAD_SIZE + sizeof(name) <= PATH_MAX);
	memcpy(path, device, size);
	memcpy(path + size, &file, FW_PATH_HEAD_SIZE);
	memcpy(path + size + FW_PATH_HEAD_SIZE, name, sizeof(name));
	memcpy(path + size + FW_PATH_HEAD_SIZE + sizeof(name), &end, FW_PATH_HEAD_SIZE);
}

efi_status_t app_main(void)
{
	static uint8_t path[PATH_MAX] ALIGNED(8);
	efi_handle_t child = NULL;

	make_path(path);
	CHECK(app_boot->load_image(0, app_image, (struct efi_device_path *)(void *)path, NULL, 0,
		      &child) == EFI_SUCCESS);
	hook();
	app_print("spy: starts it\n");
	(void)app_boot->start_image(child, NULL, NULL);
	CHECK(false);
	app_finish("spy");
}
