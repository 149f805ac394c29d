/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_efi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"

#define MIB2 (UINT64_C(2) << 20)

struct fake_efi fake_efi;

static struct efi_text_output con_out;
static struct efi_file_system volume;
static struct efi_file root, file;
static uint64_t position;
static struct efi_load_file2 load_file2;
static struct efi_rng rng;
static uint8_t image_handle, device_handle, initrd_handle, offer_handle, next_handle;
static efi_char_t load_options[2048];
static void *arenas[64]; /* freed by fake_efi_end() alone: pages of them are freed one by one */
static size_t arena_count;

static const struct efi_guid guid_loaded_image = {
	0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const struct efi_guid guid_file_system = {
	0x964e5b22, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const struct efi_guid guid_load_file2 = {
	0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};
static const struct efi_guid guid_device_path = {
	0x09576e91, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
/* A media vendor node with LINUX_EFI_INITRD_MEDIA_GUID, and the end. */
static const uint8_t initrd_path[] = {4, 3, 20, 0, 0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68, 0x3d, 0x4f,
	0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68, 0x7f, 0xff, 4, 0};

static efi_status_t output_string(struct efi_text_output *self, const efi_char_t *text)
{
	size_t used = strlen(fake_efi.console);

	assert_ptr_equal(self, &con_out);
	assert_false(fake_efi.boot_services_over);
	for (; *text != 0 && used < sizeof(fake_efi.console) - 1U; text++) {
		assert_true(*text < 0x80);
		fake_efi.console[used++] = (char)*text;
	}
	fake_efi.console[used] = '\0';
	return EFI_SUCCESS;
}

static efi_status_t allocate_pages(uint32_t how, uint32_t type, uint64_t pages, uint64_t *base)
{
	uint8_t *memory;

	assert_int_equal(how, EFI_ALLOCATE_ANY_PAGES);
	assert_int_equal(type, EFI_LOADER_DATA);
	if (fake_efi.no_memory) {
		return EFI_OUT_OF_RESOURCES;
	}
	assert_true(arena_count < sizeof(arenas) / sizeof(arenas[0]));
	memory = aligned_alloc(MIB2, align_up((pages + fake_efi.page_skew) * EFI_PAGE_SIZE, MIB2));
	assert_non_null(memory);
	arenas[arena_count++] = memory;
	*base = (uintptr_t)memory + fake_efi.page_skew * EFI_PAGE_SIZE;
	fake_efi.pages += (int64_t)pages;
	fake_efi.key++;
	return EFI_SUCCESS;
}

static efi_status_t free_pages(uint64_t base, uint64_t pages)
{
	assert_true(is_aligned(base, EFI_PAGE_SIZE));
	assert_true(pages > 0U);
	fake_efi.pages -= (int64_t)pages;
	fake_efi.key++;
	return EFI_SUCCESS;
}

static efi_status_t get_memory_map(uint64_t *size, void *map, uint64_t *key,
	uint64_t *descriptor_size, uint32_t *descriptor_version)
{
	uint64_t room = *size;

	*size = fake_efi.map_count * fake_efi.descriptor_size;
	*descriptor_size = fake_efi.descriptor_size;
	*descriptor_version = 1;
	if (room < *size || map == NULL) {
		return EFI_BUFFER_TOO_SMALL;
	}
	for (uint32_t i = 0; i < fake_efi.map_count; i++) {
		memset((uint8_t *)map + i * fake_efi.descriptor_size, 0xee,
			fake_efi.descriptor_size);
		memcpy((uint8_t *)map + i * fake_efi.descriptor_size, &fake_efi.map[i],
			sizeof(fake_efi.map[i]));
	}
	*key = fake_efi.key;
	return EFI_SUCCESS;
}

static efi_status_t allocate_pool(uint32_t type, uint64_t size, void **buffer)
{
	assert_int_equal(type, EFI_LOADER_DATA);
	assert_int_equal(fake_efi.exits, 0);
	if (fake_efi.no_memory) {
		return EFI_OUT_OF_RESOURCES;
	}
	*buffer = malloc(size);
	assert_non_null(*buffer);
	fake_efi.pools++;
	fake_efi.key++;
	return EFI_SUCCESS;
}

static efi_status_t free_pool(void *buffer)
{
	free(buffer);
	fake_efi.pools--;
	return EFI_SUCCESS;
}

static efi_status_t exit_boot_services(efi_handle_t image, uint64_t key)
{
	assert_ptr_equal(image, &image_handle);
	fake_efi.exits++;
	if (fake_efi.map_changes > 0U) {
		fake_efi.map_changes--;
		fake_efi.key++;
		/* A listener has split a descriptor. */
		fake_efi.map[fake_efi.map_count] = fake_efi.map[fake_efi.map_count - 1U];
		fake_efi.map_count++;
		return EFI_INVALID_PARAMETER;
	}
	assert_int_equal(key, fake_efi.key);
	fake_efi.boot_services_over = true;
	return EFI_SUCCESS;
}

static bool is_guid(const struct efi_guid *guid, const struct efi_guid *wanted)
{
	return memcmp(guid, wanted, sizeof(*guid)) == 0;
}

static efi_status_t handle_protocol(
	efi_handle_t handle, const struct efi_guid *protocol, void **interface)
{
	if (handle == &image_handle && is_guid(protocol, &guid_loaded_image)) {
		*interface = &fake_efi.loaded;
		return EFI_SUCCESS;
	}
	if (handle == &device_handle && is_guid(protocol, &guid_file_system) &&
		fake_efi.file_name != NULL) {
		*interface = &volume;
		return EFI_SUCCESS;
	}
	if (handle == &initrd_handle && is_guid(protocol, &guid_load_file2)) {
		*interface = fake_efi.offer != NULL ? fake_efi.offer : &load_file2;
		return EFI_SUCCESS;
	}
	if (handle == &next_handle && is_guid(protocol, &guid_loaded_image)) {
		*interface = &fake_efi.next;
		return EFI_SUCCESS;
	}
	return EFI_UNSUPPORTED;
}

static efi_status_t install(
	efi_handle_t *handle, const struct efi_guid *protocol, uint32_t native, void *interface)
{
	assert_int_equal(native, 0);
	if (is_guid(protocol, &guid_device_path)) {
		assert_null(*handle);
		assert_memory_equal(interface, initrd_path, sizeof(initrd_path));
		*handle = &offer_handle;
		fake_efi.has_path = true;
		return EFI_SUCCESS;
	}
	assert_true(is_guid(protocol, &guid_load_file2));
	assert_ptr_equal(*handle, &offer_handle);
	fake_efi.offer = interface;
	fake_efi.offers++;
	return EFI_SUCCESS;
}

static efi_status_t uninstall(efi_handle_t handle, const struct efi_guid *protocol, void *interface)
{
	assert_ptr_equal(handle, &offer_handle);
	if (is_guid(protocol, &guid_device_path)) {
		assert_memory_equal(interface, initrd_path, sizeof(initrd_path));
		assert_null(fake_efi.offer);
		fake_efi.has_path = false;
		return EFI_SUCCESS;
	}
	assert_ptr_equal(interface, fake_efi.offer);
	fake_efi.offer = NULL;
	return EFI_SUCCESS;
}

static efi_status_t reinstall(efi_handle_t handle, const struct efi_guid *protocol,
	void *old_interface, void *new_interface)
{
	assert_ptr_equal(handle, &initrd_handle);
	assert_true(is_guid(protocol, &guid_load_file2));
	assert_ptr_equal(
		old_interface, fake_efi.offer != NULL ? (void *)fake_efi.offer : &load_file2);
	fake_efi.offer = new_interface == &load_file2 ? NULL : new_interface;
	fake_efi.offers++;
	return EFI_SUCCESS;
}

static efi_status_t load_image(uint8_t boot_policy, efi_handle_t parent, const void *path,
	const void *source, uint64_t source_size, efi_handle_t *image)
{
	assert_int_equal(boot_policy, 0);
	assert_ptr_equal(parent, &image_handle);
	assert_null(path);
	fake_efi.source = source;
	fake_efi.source_size = source_size;
	*image = &next_handle;
	return fake_efi.load_status;
}

static efi_status_t start_image(
	efi_handle_t image, uint64_t *exit_data_size, efi_char_t **exit_data)
{
	assert_ptr_equal(image, &next_handle);
	assert_null(exit_data_size);
	assert_null(exit_data);
	if (fake_efi.started != NULL) {
		fake_efi.started();
	}
	return fake_efi.start_status;
}

static efi_status_t locate_device_path(
	const struct efi_guid *protocol, void **path, efi_handle_t *device)
{
	assert_true(is_guid(protocol, &guid_load_file2));
	assert_memory_equal(*path, initrd_path, sizeof(initrd_path));
	if (fake_efi.initrd == NULL) {
		return EFI_NOT_FOUND;
	}
	*path = (uint8_t *)*path + 20;
	*device = &initrd_handle;
	return EFI_SUCCESS;
}

static efi_status_t locate_protocol(
	const struct efi_guid *protocol, void *registration, void **interface)
{
	assert_null(registration);
	assert_int_equal(protocol->a, 0x3152bca5);
	if (!fake_efi.has_rng) {
		return EFI_NOT_FOUND;
	}
	*interface = &rng;
	return EFI_SUCCESS;
}

static efi_status_t get_rng(
	struct efi_rng *self, const struct efi_guid *algorithm, uint64_t size, void *out)
{
	assert_ptr_equal(self, &rng);
	assert_null(algorithm);
	memset(out, 0x5a, size);
	return fake_efi.rng_status;
}

static efi_status_t load_file(struct efi_load_file2 *self, const void *path, uint8_t boot_policy,
	uint64_t *size, void *buffer)
{
	assert_ptr_equal(self, &load_file2);
	assert_memory_equal(path, initrd_path + 20, 4);
	assert_int_equal(boot_policy, 0);
	if (buffer == NULL) {
		*size = fake_efi.initrd_size;
		return EFI_BUFFER_TOO_SMALL;
	}
	assert_true(*size == fake_efi.initrd_size);
	memcpy(buffer, fake_efi.initrd, *size);
	*size = fake_efi.initrd_size_then;
	return EFI_SUCCESS;
}

static efi_status_t open_volume(struct efi_file_system *self, struct efi_file **out)
{
	assert_ptr_equal(self, &volume);
	fake_efi.open_files++;
	*out = &root;
	return EFI_SUCCESS;
}

static efi_status_t open_file(struct efi_file *self, struct efi_file **out, const efi_char_t *name,
	uint64_t mode, uint64_t attributes)
{
	size_t length = strlen(fake_efi.file_name);

	assert_ptr_equal(self, &root);
	assert_true(mode == EFI_FILE_MODE_READ && attributes == 0U);
	for (size_t i = 0; i <= length; i++) {
		if (name[i] != (uint8_t)fake_efi.file_name[i]) {
			return EFI_NOT_FOUND;
		}
	}
	fake_efi.open_files++;
	position = 0;
	*out = &file;
	return EFI_SUCCESS;
}

static efi_status_t close_file(struct efi_file *self)
{
	assert_true(self == &root || self == &file);
	fake_efi.open_files--;
	return EFI_SUCCESS;
}

static efi_status_t read_file(struct efi_file *self, uint64_t *size, void *buffer)
{
	assert_ptr_equal(self, &file);
	*size = min_u64(min_u64(*size, fake_efi.read_max), fake_efi.file_size - position);
	memcpy(buffer, fake_efi.file + position, *size);
	position += *size;
	return fake_efi.read_status;
}

static efi_status_t get_position(struct efi_file *self, uint64_t *out)
{
	assert_ptr_equal(self, &file);
	*out = position;
	return EFI_SUCCESS;
}

static efi_status_t set_position(struct efi_file *self, uint64_t to)
{
	assert_ptr_equal(self, &file);
	if (fake_efi.is_folder && to != 0U) {
		return EFI_UNSUPPORTED;
	}
	position = to == UINT64_MAX ? fake_efi.file_size : to;
	return EFI_SUCCESS;
}

static void fill_services(struct efi_boot_services *services)
{
	services->header.signature = EFI_BOOT_SERVICES_SIGNATURE;
	services->header.header_size = sizeof(*services);
	services->allocate_pages = allocate_pages;
	services->free_pages = free_pages;
	services->get_memory_map = get_memory_map;
	services->allocate_pool = allocate_pool;
	services->free_pool = free_pool;
	services->handle_protocol = handle_protocol;
	services->locate_device_path = locate_device_path;
	services->install_protocol_interface = install;
	services->uninstall_protocol_interface = uninstall;
	services->reinstall_protocol_interface = reinstall;
	services->load_image = load_image;
	services->start_image = start_image;
	services->exit_boot_services = exit_boot_services;
	services->locate_protocol = locate_protocol;
}

void fake_efi_reset(void)
{
	memset(&fake_efi, 0, sizeof(fake_efi));
	fill_services(&fake_efi.services);
	con_out.output_string = output_string;
	volume.open_volume = open_volume;
	root = (struct efi_file){.open = open_file, .close = close_file};
	file = (struct efi_file){.close = close_file,
		.read = read_file,
		.get_position = get_position,
		.set_position = set_position};
	load_file2.load_file = load_file;
	rng.get_rng = get_rng;
	fake_efi.system.header.signature = EFI_SYSTEM_TABLE_SIGNATURE;
	fake_efi.system.header.header_size = sizeof(fake_efi.system);
	fake_efi.system.con_out = &con_out;
	fake_efi.system.boot_services = &fake_efi.services;
	fake_efi.system.table = fake_efi.table;
	fake_efi.loaded.device_handle = &device_handle;
	fake_efi.read_max = UINT64_MAX;
	fake_efi.descriptor_size = sizeof(struct efi_memory_descriptor) + 8U;
	fake_efi.map[0] = (struct efi_memory_descriptor){
		.type = EFI_BOOT_SERVICES_DATA,
		.page_count = (UINT64_C(1) << 47) / EFI_PAGE_SIZE,
		.attribute = EFI_MEMORY_WB,
	};
	fake_efi.map_count = 1;
}

void fake_efi_end(void)
{
	while (arena_count > 0U) {
		free(arenas[--arena_count]);
	}
}

void fake_efi_open(struct efi *efi)
{
	assert_int_equal(efi_open(efi, &image_handle, &fake_efi.system), PLINTH_OK);
}

void fake_efi_options(const char *text)
{
	size_t length = strlen(text);

	assert_true(length < sizeof(load_options) / sizeof(load_options[0]));
	for (size_t i = 0; i <= length; i++) {
		load_options[i] = (uint8_t)text[i];
	}
	fake_efi.loaded.load_options = load_options;
	fake_efi.loaded.load_options_size = (uint32_t)(2U * (length + 1U));
}

bool fake_efi_printed(const char *text)
{
	return strstr(fake_efi.console, text) != NULL;
}
