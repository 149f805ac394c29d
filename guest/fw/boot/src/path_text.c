/* SPDX-License-Identifier: Apache-2.0 */
/* Device paths as text (10.6.1.6). */
#include "base/fmt.h"
#include "base/string.h"
#include "fw/device_path.h"
#include "fw/guid.h"
#include "fw/text.h"

#define NODE_TEXT 600U

struct out {
	char *text;
	uint64_t size;
	uint64_t length;
};

static void add(struct out *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (out->length + 1U < out->size) {
			out->text[out->length] = *text;
			out->text[out->length + 1U] = '\0';
		}
		out->length++;
	}
}

static void guid_text(char *text, size_t size, const struct efi_guid *guid)
{
	(void)fmt_buf(text, size, "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", guid->a,
		guid->b, guid->c, guid->d[0], guid->d[1], guid->d[2], guid->d[3], guid->d[4],
		guid->d[5], guid->d[6], guid->d[7]);
}

static void file_text(char *text, size_t size, const struct efi_device_path *node)
{
	uint64_t count = (fw_path_node_size(node) - sizeof(*node)) / sizeof(efi_char_t);
	uint64_t i = 0;

	for (; i < count && i + 1U < size; i++) {
		efi_char_t c;

		memcpy(&c, (const uint8_t *)(node + 1) + i * sizeof(c), sizeof(c));
		if (c == 0U) {
			break;
		}
		text[i] = c >= ' ' && c < 0x7fU ? (char)c : '?';
	}
	text[i] = '\0';
}

static void vendor_text(
	char *text, size_t size, const struct efi_device_path *node, const char *kind)
{
	static const struct efi_guid terminal = EFI_PC_ANSI_GUID;
	struct efi_guid vendor;
	char guid[40];

	memcpy(&vendor, node + 1, sizeof(vendor));
	guid_text(guid, sizeof(guid), &vendor);
	if (node->type == FW_PATH_MESSAGING && fw_same_guid(&vendor, &terminal)) {
		(void)fmt_buf(text, size, "VenPcAnsi()");
	} else {
		(void)fmt_buf(text, size, "%s(%s)", kind, guid);
	}
}

static void drive_text(char *text, size_t size, const struct efi_device_path *node)
{
	struct fw_path_hard_drive drive;
	struct efi_guid signature;
	char guid[40];

	memcpy(&drive, node, sizeof(drive));
	memcpy(&signature, drive.signature, sizeof(signature));
	guid_text(guid, sizeof(guid), &signature);
	(void)fmt_buf(text, size, "HD(%u,%s,%s,0x%llx,0x%llx)", drive.number,
		drive.format == 2U ? "GPT" : "MBR", guid, (unsigned long long)drive.start,
		(unsigned long long)drive.size);
}

static void memory_text(char *text, size_t size, const struct efi_device_path *node)
{
	struct fw_path_memory memory;

	memcpy(&memory, node, sizeof(memory));
	(void)fmt_buf(text, size, "MemoryMapped(0x%x,0x%llx,0x%llx)", memory.type,
		(unsigned long long)memory.start, (unsigned long long)memory.end);
}

static void acpi_text(char *text, size_t size, const struct efi_device_path *node)
{
	struct fw_path_acpi acpi;

	memcpy(&acpi, node, sizeof(acpi));
	(void)fmt_buf(text, size, "Acpi(0x%x,0x%x)", acpi.hid, acpi.uid);
}

static void uart_text(char *text, size_t size, const struct efi_device_path *node)
{
	struct fw_path_uart uart;

	memcpy(&uart, node, sizeof(uart));
	(void)fmt_buf(text, size, "Uart(%llu,%u,N,%u)", (unsigned long long)uart.baud,
		uart.data_bits, uart.stop_bits);
}

static void media_vendor(char *text, size_t size, const struct efi_device_path *node)
{
	vendor_text(text, size, node, "VenMedia");
}

static void hardware_vendor(char *text, size_t size, const struct efi_device_path *node)
{
	vendor_text(text, size, node, "VenHw");
}

static void messaging_vendor(char *text, size_t size, const struct efi_device_path *node)
{
	vendor_text(text, size, node, "VenMsg");
}

static const struct kind {
	uint8_t type;
	uint8_t sub_type;
	uint16_t size; /* at least */
	void (*text)(char *text, size_t size, const struct efi_device_path *node);
} kinds[] = {
	{FW_PATH_HARDWARE, FW_HARDWARE_MEMORY, sizeof(struct fw_path_memory), memory_text},
	{FW_PATH_HARDWARE, FW_HARDWARE_VENDOR, sizeof(struct fw_path_vendor), hardware_vendor},
	{FW_PATH_ACPI, FW_ACPI_HID, sizeof(struct fw_path_acpi), acpi_text},
	{FW_PATH_MESSAGING, FW_MESSAGING_VENDOR, sizeof(struct fw_path_vendor), messaging_vendor},
	{FW_PATH_MESSAGING, FW_MESSAGING_UART, sizeof(struct fw_path_uart), uart_text},
	{FW_PATH_MEDIA, FW_MEDIA_HARD_DRIVE, sizeof(struct fw_path_hard_drive), drive_text},
	{FW_PATH_MEDIA, FW_MEDIA_VENDOR, sizeof(struct fw_path_vendor), media_vendor},
	{FW_PATH_MEDIA, FW_MEDIA_FILE, sizeof(struct efi_device_path), file_text},
};

static void node_text(char *text, size_t size, const struct efi_device_path *node)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (node->type == kinds[i].type && node->sub_type == kinds[i].sub_type &&
			fw_path_node_size(node) >= kinds[i].size) {
			kinds[i].text(text, size, node);
			return;
		}
	}
	(void)fmt_buf(text, size, "Path(%u,%u)", node->type, node->sub_type);
}

uint64_t fw_path_to_text(const struct efi_device_path *path, char *text, uint64_t size)
{
	struct out out = {.text = text, .size = size};
	char node[NODE_TEXT];
	const char *between = "";

	if (size > 0U) {
		text[0] = '\0';
	}
	for (; !fw_path_is_end(path); path = fw_path_next(path)) {
		node_text(node, sizeof(node), path);
		add(&out, between);
		add(&out, node);
		between = "/";
	}
	return out.length;
}
