/* SPDX-License-Identifier: Apache-2.0 */
/* Texts and device paths from the pool. */
#include "base/string.h"
#include "fw/device_path.h"
#include "fw/memory.h"
#include "fw/text.h"

static const struct efi_device_path end_node = FW_PATH_END_NODE;

efi_char_t *text_copy(const efi_char_t *text)
{
	uint64_t size = (text_length(text) + 1U) * sizeof(*text);
	efi_char_t *copy = fw_allocate(size);

	return copy != NULL ? memcpy(copy, text, size) : NULL;
}

efi_char_t *text_copy_ascii(const char *ascii)
{
	uint64_t length = strlen(ascii) + 1U;
	efi_char_t *copy = fw_allocate(length * sizeof(*copy));

	if (copy != NULL) {
		text_from_ascii(copy, length, ascii);
	}
	return copy;
}

static uint64_t body_size(const struct efi_device_path *path)
{
	return fw_path_size(path) - sizeof(end_node);
}

struct efi_device_path *fw_path_join(const struct efi_device_path *first,
	const struct efi_device_path *node, const struct efi_device_path *second)
{
	uint64_t first_size = first != NULL ? body_size(first) : 0U;
	uint64_t node_size = node != NULL ? fw_path_node_size(node) : 0U;
	uint64_t second_size = second != NULL ? body_size(second) : 0U;
	uint8_t *joined = fw_allocate(first_size + node_size + second_size + sizeof(end_node));

	if (joined == NULL) {
		return NULL;
	}
	if (first_size > 0U) {
		memcpy(joined, first, first_size);
	}
	if (node_size > 0U) {
		memcpy(joined + first_size, node, node_size);
	}
	if (second_size > 0U) {
		memcpy(joined + first_size + node_size, second, second_size);
	}
	memcpy(joined + first_size + node_size + second_size, &end_node, sizeof(end_node));
	return (struct efi_device_path *)(void *)joined;
}

struct efi_device_path *fw_path_copy(const struct efi_device_path *path)
{
	return path != NULL ? fw_path_join(path, NULL, NULL) : NULL;
}

struct efi_device_path *fw_path_of_file(
	const struct efi_device_path *device, const efi_char_t *name)
{
	uint64_t size = FW_PATH_HEAD_SIZE + (text_length(name) + 1U) * sizeof(*name);
	struct efi_device_path head = FW_PATH_NODE(FW_PATH_MEDIA, FW_MEDIA_FILE, (uint8_t)0);
	struct efi_device_path *path;
	uint8_t *node;

	if (size > UINT16_MAX) {
		return NULL;
	}
	node = fw_allocate(size);
	if (node == NULL) {
		return NULL;
	}
	head.length[0] = size & 0xffU;
	head.length[1] = (size >> 8) & 0xffU;
	memcpy(node, &head, sizeof(head));
	memcpy(node + sizeof(head), name, size - sizeof(head));
	path = fw_path_join(device, (const struct efi_device_path *)(const void *)node, NULL);
	fw_free(node);
	return path;
}
