/* SPDX-License-Identifier: Apache-2.0 */
#include "fw/device_path.h"

#include "base/string.h"

uint64_t fw_path_node_size(const struct efi_device_path *node)
{
	uint64_t size = node->length[0] | (uint64_t)node->length[1] << 8;

	return size < FW_PATH_HEAD_SIZE ? FW_PATH_HEAD_SIZE : size;
}

static bool is_short(const struct efi_device_path *node)
{
	return node->length[1] == 0U && node->length[0] < FW_PATH_HEAD_SIZE;
}

bool fw_path_is_end(const struct efi_device_path *node)
{
	return node->type == FW_PATH_END || is_short(node);
}

const struct efi_device_path *fw_path_next(const struct efi_device_path *node)
{
	return (const struct efi_device_path *)(const void *)((const uint8_t *)node +
							      fw_path_node_size(node));
}

/* Bytes before the end node. */
static uint64_t body_size(const struct efi_device_path *path)
{
	const struct efi_device_path *node = path;

	while (!fw_path_is_end(node)) {
		node = fw_path_next(node);
	}
	return (uint64_t)((const uint8_t *)node - (const uint8_t *)path);
}

uint64_t fw_path_size(const struct efi_device_path *path)
{
	return body_size(path) + FW_PATH_HEAD_SIZE;
}

bool fw_path_is_within(const void *path, uint64_t size)
{
	const uint8_t *at = path;

	while (size >= FW_PATH_HEAD_SIZE) {
		struct efi_device_path node;
		uint64_t length;

		memcpy(&node, at, sizeof(node));
		length = fw_path_node_size(&node);
		if (is_short(&node) || length > size) {
			return false;
		}
		if (node.type == FW_PATH_END && node.sub_type == FW_PATH_END_ENTIRE) {
			return length == FW_PATH_HEAD_SIZE;
		}
		at += length;
		size -= length;
	}
	return false;
}

bool fw_path_begins(const struct efi_device_path *path, const struct efi_device_path *start)
{
	uint64_t size = body_size(start);

	return size <= body_size(path) && memcmp(path, start, size) == 0;
}
