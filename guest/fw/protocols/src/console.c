/* SPDX-License-Identifier: Apache-2.0 */
#include "protocols/console.h"

#include "fw/device_path.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "text.h"

/* The UART, its line, and the terminal at its end. */
static const struct {
	struct fw_path_vendor device;
	struct fw_path_uart uart;
	struct fw_path_vendor terminal;
	struct efi_device_path end;
} __attribute__((packed)) path = {
	/* EDK II's GUID of a serial port: what its boot entries name the console by, too. */
	.device = {FW_PATH_NODE(
			   FW_PATH_HARDWARE, FW_HARDWARE_VENDOR, sizeof(struct fw_path_vendor)),
		EFI_GUID(0xd3987d4b, 0x971a, 0x435f, 0x8c, 0xaf, 0x49, 0x67, 0xeb, 0x62, 0x72,
			0x41)},
	.uart = {FW_PATH_NODE(FW_PATH_MESSAGING, FW_MESSAGING_UART, sizeof(struct fw_path_uart)), 0,
		115200, 8, 1, 1},
	.terminal = {FW_PATH_NODE(
			     FW_PATH_MESSAGING, FW_MESSAGING_VENDOR, sizeof(struct fw_path_vendor)),
		EFI_PC_ANSI_GUID},
	.end = FW_PATH_END_NODE,
};

static const struct efi_guid input_guid = EFI_TEXT_INPUT_GUID;
static const struct efi_guid input_ex_guid = EFI_TEXT_INPUT_EX_GUID;
static const struct efi_guid output_guid = EFI_TEXT_OUTPUT_GUID;
static const struct efi_guid path_guid = EFI_DEVICE_PATH_GUID;

efi_status_t console_install(struct efi_system_table *system)
{
	efi_handle_t handle = NULL;
	efi_status_t status = text_input_init();

	text_output_init();
	if (status == EFI_SUCCESS) {
		status = fw_install_multiple(&handle, &path_guid, &path, &input_guid, &text_input,
			&input_ex_guid, &text_input_ex, &output_guid, &text_output, NULL);
	}
	if (status != EFI_SUCCESS) {
		return status;
	}
	system->console_in_handle = handle;
	system->con_in = &text_input;
	system->console_out_handle = handle;
	system->con_out = &text_output;
	system->standard_error_handle = handle;
	system->std_err = &text_output;
	return EFI_SUCCESS;
}
