/* SPDX-License-Identifier: Apache-2.0 */
/* Handles, and the firmware's own protocols. */
#include "app.h"
#include "base/string.h"
#include "services.h"

static const struct efi_guid own_guid = EFI_GUID(0x01020304, 5, 6, 7, 8);
static const struct efi_guid second_guid = EFI_GUID(0x01020305, 5, 6, 7, 8);
static const struct efi_guid binding_guid = EFI_DRIVER_BINDING_GUID;
static const struct efi_guid path_guid = EFI_DEVICE_PATH_GUID;
static const struct efi_guid to_text_guid = EFI_DEVICE_PATH_TO_TEXT_GUID;
static const struct efi_guid output_guid = EFI_TEXT_OUTPUT_GUID;
static const struct efi_guid rng_guid = EFI_RNG_GUID;
static const struct efi_guid block_guid = EFI_BLOCK_IO_GUID;
static const struct efi_guid file_system_guid = EFI_FILE_SYSTEM_GUID;
static const struct efi_guid info_guid = EFI_FILE_INFO_GUID;
static const struct efi_guid dtb_guid = EFI_DTB_TABLE_GUID;
static const struct efi_guid properties_guid = EFI_RT_PROPERTIES_TABLE_GUID;
static const struct efi_guid attributes_guid = EFI_MEMORY_ATTRIBUTES_TABLE_GUID;

static int interface;
static uint32_t started;

static efi_status_t supported(
	struct efi_driver_binding *self, efi_handle_t controller, struct efi_device_path *remaining)
{
	void *found;

	(void)remaining;
	return app_boot->open_protocol(controller, &own_guid, &found, self->driver_binding_handle,
		controller, EFI_OPEN_TEST_PROTOCOL);
}

static efi_status_t start(
	struct efi_driver_binding *self, efi_handle_t controller, struct efi_device_path *remaining)
{
	void *found;

	efi_status_t status = app_boot->open_protocol(controller, &own_guid, &found,
		self->driver_binding_handle, controller, EFI_OPEN_BY_DRIVER);

	(void)remaining;
	started += status == EFI_SUCCESS ? 1U : 0U;
	return status;
}

static efi_status_t stop(struct efi_driver_binding *self, efi_handle_t controller,
	uint64_t child_count, efi_handle_t *children)
{
	(void)child_count;
	(void)children;
	started--;
	return app_boot->close_protocol(
		controller, &own_guid, self->driver_binding_handle, controller);
}

static struct efi_driver_binding binding = {
	.supported = supported, .start = start, .stop = stop, .version = 0x10};

/* A driver gets its controller, and leaves it when the protocol goes. */
static void check_driver(void)
{
	efi_handle_t driver = NULL;
	efi_handle_t controller = NULL;

	CHECK(app_boot->install_multiple_protocol_interfaces(
		      &driver, &binding_guid, &binding, NULL) == EFI_SUCCESS);
	binding.driver_binding_handle = driver;
	binding.image_handle = app_image;
	CHECK(app_boot->install_multiple_protocol_interfaces(&controller, &own_guid, &interface,
		      &second_guid, &interface, NULL) == EFI_SUCCESS);
	CHECK(app_boot->connect_controller(controller, NULL, NULL, 1) == EFI_SUCCESS);
	CHECK(started == 1U);
	CHECK(app_boot->connect_controller(app_image, NULL, NULL, 0) == EFI_NOT_FOUND);
	CHECK(app_boot->disconnect_controller(controller, NULL, NULL) == EFI_SUCCESS);
	CHECK(started == 0U);
	CHECK(app_boot->connect_controller(controller, &driver, NULL, 0) == EFI_SUCCESS);
	CHECK(app_boot->uninstall_protocol_interface(controller, &own_guid, &interface) ==
		EFI_SUCCESS);
	CHECK(started == 0U);
	CHECK(app_boot->uninstall_multiple_protocol_interfaces(
		      controller, &second_guid, &interface, NULL) == EFI_SUCCESS);
	CHECK(app_boot->uninstall_protocol_interface(driver, &binding_guid, &binding) ==
		EFI_SUCCESS);
}

static void *find_table(const struct efi_guid *guid)
{
	for (uint64_t i = 0; i < app_system->table_count; i++) {
		if (memcmp(&app_system->table[i].guid, guid, sizeof(*guid)) == 0) {
			return app_system->table[i].table;
		}
	}
	return NULL;
}

static void check_configuration_tables(void)
{
	uint64_t count = app_system->table_count;

	CHECK(find_table(&properties_guid) != NULL);
	CHECK(find_table(&attributes_guid) != NULL);
	CHECK(find_table(&dtb_guid) != NULL);
	CHECK(app_boot->install_configuration_table(&own_guid, &interface) == EFI_SUCCESS);
	CHECK(find_table(&own_guid) == &interface);
	CHECK(app_boot->install_configuration_table(&own_guid, NULL) == EFI_SUCCESS);
	CHECK(app_boot->install_configuration_table(&own_guid, NULL) == EFI_NOT_FOUND);
	CHECK(app_system->table_count == count);
}

static void check_console(void)
{
	struct efi_text_output *out = app_system->con_out;
	struct efi_input_key key;
	uint64_t columns = 0;
	uint64_t rows = 0;
	struct efi_device_path_to_text *to_text = NULL;
	void *path = NULL;

	CHECK(out->output_string(out, u"services: on the console\r\n") == EFI_SUCCESS);
	CHECK(out->mode->cursor_column == 0);
	CHECK(out->output_string(out, u"four") == EFI_SUCCESS);
	CHECK(out->mode->cursor_column == 4);
	CHECK(out->output_string(out, u"\r\n") == EFI_SUCCESS);
	CHECK(out->query_mode(out, 0, &columns, &rows) == EFI_SUCCESS);
	CHECK(columns == 80U && rows == 25U);
	CHECK(out->query_mode(out, 1, &columns, &rows) == EFI_UNSUPPORTED);
	CHECK(out->set_cursor_position(out, 80, 0) == EFI_UNSUPPORTED);
	CHECK(app_system->con_in->read_key_stroke(app_system->con_in, &key) == EFI_NOT_READY);
	CHECK(app_boot->check_event(app_system->con_in->wait_for_key) == EFI_NOT_READY);
	CHECK(app_boot->handle_protocol(app_system->console_out_handle, &output_guid, &path) ==
		EFI_SUCCESS);
	CHECK(path == out);
	CHECK(app_boot->handle_protocol(app_system->console_out_handle, &path_guid, &path) ==
		EFI_SUCCESS);
	CHECK(app_boot->locate_protocol(&to_text_guid, NULL, (void **)&to_text) == EFI_SUCCESS);
	efi_char_t *text = to_text->convert_path(path, 0, 0);
	CHECK(text != NULL && text[0] == 'V');
	CHECK(app_boot->free_pool(text) == EFI_SUCCESS);
}

static void check_random(void)
{
	struct efi_rng *rng = NULL;
	uint8_t a[32] = {0};
	uint8_t b[32] = {0};
	struct efi_guid list[2];
	uint64_t size = 0;

	CHECK(app_boot->locate_protocol(&rng_guid, NULL, (void **)&rng) == EFI_SUCCESS);
	CHECK(rng->get_rng(rng, NULL, sizeof(a), a) == EFI_SUCCESS);
	CHECK(rng->get_rng(rng, NULL, sizeof(b), b) == EFI_SUCCESS);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK(rng->get_rng(rng, &own_guid, sizeof(b), b) == EFI_UNSUPPORTED);
	CHECK(rng->get_info(rng, &size, list) == EFI_BUFFER_TOO_SMALL);
	CHECK(rng->get_info(rng, &size, list) == EFI_SUCCESS);
}

/* The disk that this was started from. */
static void check_disk(void)
{
	struct efi_block_io *disk = NULL;
	static uint8_t block[1024];

	CHECK(app_boot->locate_protocol(&block_guid, NULL, (void **)&disk) == EFI_SUCCESS);
	CHECK(disk->media->block_size == 512U && disk->media->logical_partition == 0U);
	CHECK(disk->read_blocks(disk, 0, 0, 512, block) == EFI_SUCCESS);
	CHECK(block[510] == 0x55U && block[511] == 0xaaU);
	CHECK(disk->read_blocks(disk, 0, disk->media->last_block, 512, block) == EFI_SUCCESS);
	CHECK(disk->read_blocks(disk, 0, disk->media->last_block, 1024, block) ==
		EFI_INVALID_PARAMETER);
	CHECK(disk->read_blocks(disk, 0, UINT64_MAX, 512, block) == EFI_INVALID_PARAMETER);
	CHECK(disk->read_blocks(disk, 0, 0, 100, block) == EFI_BAD_BUFFER_SIZE);
	CHECK(disk->read_blocks(disk, 1, 0, 512, block) == EFI_NO_MEDIA);
	CHECK(disk->read_blocks(disk, 0, 0, 512, block) == EFI_SUCCESS);
	CHECK(disk->write_blocks(disk, 0, 0, 512, block) ==
		(disk->media->read_only != 0U ? EFI_WRITE_PROTECTED : EFI_SUCCESS));
	CHECK(disk->flush_blocks(disk) == EFI_SUCCESS);
}

static void check_files(void)
{
	struct efi_file_system *system = NULL;
	struct efi_file *root = NULL;
	struct efi_file *file = NULL;
	static uint8_t buffer[1024];
	uint64_t size = sizeof(buffer);
	uint64_t position = 0;

	CHECK(app_boot->locate_protocol(&file_system_guid, NULL, (void **)&system) == EFI_SUCCESS);
	CHECK(system->open_volume(system, &root) == EFI_SUCCESS);
	CHECK(root->read(root, &size, buffer) == EFI_SUCCESS && size > 80U);
	CHECK(root->open(root, &file, u"nothing", EFI_FILE_MODE_READ, 0) == EFI_NOT_FOUND);
	CHECK(root->open(root, &file, u"new", 3, 0) == EFI_WRITE_PROTECTED);
	CHECK(root->open(root, &file, u"\\efi\\boot\\..\\BOOT\\bootaa64.efi", EFI_FILE_MODE_READ,
		      0) == EFI_SUCCESS);
	size = 0;
	CHECK(file->get_info(file, &info_guid, &size, buffer) == EFI_BUFFER_TOO_SMALL);
	CHECK(file->get_info(file, &info_guid, &size, buffer) == EFI_SUCCESS);
	size = 2;
	CHECK(file->read(file, &size, buffer) == EFI_SUCCESS && size == 2U);
	CHECK(buffer[0] == 'M' && buffer[1] == 'Z');
	CHECK(file->set_position(file, EFI_FILE_POSITION_END) == EFI_SUCCESS);
	CHECK(file->get_position(file, &position) == EFI_SUCCESS && position > 4096U);
	CHECK(file->read(file, &size, buffer) == EFI_SUCCESS && size == 0U);
	CHECK(file->close(file) == EFI_SUCCESS);
	CHECK(root->close(root) == EFI_SUCCESS);
}

void check_protocols(void)
{
	check_driver();
	check_configuration_tables();
	check_console();
	check_random();
	check_disk();
	check_files();
}
