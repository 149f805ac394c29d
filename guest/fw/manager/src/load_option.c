/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/load_option.h"

#include "base/string.h"
#include "fw/device_path.h"

#define HEAD_SIZE 6U /* attributes, length of the paths */

bool load_option_read(struct load_option *option, const void *data, uint64_t size)
{
	const uint8_t *bytes = data;
	uint64_t at = HEAD_SIZE;
	uint64_t shown = 0;
	uint16_t path_size;
	efi_char_t c;

	memset(option, 0, sizeof(*option));
	if (size < HEAD_SIZE) {
		return false;
	}
	memcpy(&option->attributes, bytes, sizeof(option->attributes));
	memcpy(&path_size, bytes + 4, sizeof(path_size));
	for (;;) {
		if (size - at < sizeof(c)) {
			return false;
		}
		memcpy(&c, bytes + at, sizeof(c));
		at += sizeof(c);
		if (c == 0U) {
			break;
		}
		if (shown + 1U < sizeof(option->description)) {
			option->description[shown++] = c >= ' ' && c < 0x7fU ? (char)c : '?';
		}
	}
	if (path_size > size - at || !fw_path_is_within(bytes + at, path_size)) {
		return false;
	}
	option->path = (const struct efi_device_path *)(const void *)(bytes + at);
	option->options = bytes + at + path_size;
	option->options_size = (uint32_t)(size - at - path_size);
	return true;
}
