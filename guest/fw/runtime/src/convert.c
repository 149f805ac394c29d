/* SPDX-License-Identifier: Apache-2.0 */
/* What SetVirtualAddressMap changes. Runs in its copy, so it calls nothing but the stubs, not even
 * memset(), and has no data. */
#include "runtime/runtime.h"

#define CRC32_POLYNOMIAL UINT32_C(0xedb88320)

static void seal(struct efi_table_header *header)
{
	const volatile uint8_t *bytes = (const volatile uint8_t *)header;
	uint32_t crc = UINT32_MAX;

	header->crc32 = 0;
	for (uint32_t i = 0; i < header->header_size; i++) {
		crc ^= bytes[i];
		for (unsigned bit = 0; bit < 8U; bit++) {
			crc = crc >> 1 ^ ((crc & 1U) != 0U ? CRC32_POLYNOMIAL : 0U);
		}
	}
	header->crc32 = ~crc;
}

struct unaligned {
	uint64_t value;
} __attribute__((packed));

/* Pointers that are no more what LoadImage made of them are the driver's own: it has converted them
 * itself, or they lead elsewhere. Code is not changed, so no cache has to know. */
static void relocate(const struct fw_runtime_image *image)
{
	uint64_t moved = image->base;

	if (fw_runtime_convert_pointer(0, &moved) != EFI_SUCCESS) {
		return;
	}
	for (uint64_t i = 0; i < image->fixup_count; i++) {
		const struct fw_runtime_fixup *fixup = &image->fixup[i];
		struct unaligned *pointer =
			(struct unaligned *)(uintptr_t)(image->base + fixup->offset);

		if (pointer->value == fixup->value) {
			pointer->value += moved - image->base;
		}
	}
}

void fw_runtime_convert(struct fw_runtime *data)
{
	void **service = (void **)(void *)(&data->services.header + 1);

	for (uint64_t i = 0; i < data->listener_count && i < FW_RUNTIME_LISTENERS; i++) {
		const struct fw_runtime_listener *listener = &data->listener[i];

		listener->notify(listener->event, listener->context);
	}
	for (const struct fw_runtime_image *image = data->images; image != NULL;
		image = image->next) {
		relocate(image);
	}
	/* A pointer that cannot be converted stays: the core knows all regions that these are in.
	 */
	for (unsigned i = 0; i < FW_RUNTIME_SERVICES; i++) {
		(void)fw_runtime_convert_pointer(0, &service[i]);
	}
	seal(&data->services.header);
	(void)fw_runtime_convert_pointer(0, &data->system.firmware_vendor);
	(void)fw_runtime_convert_pointer(0, &data->system.runtime_services);
	(void)fw_runtime_convert_pointer(0, &data->system.table);
	seal(&data->system.header);
}
