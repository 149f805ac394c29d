/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a variable Boot####: its device path lies within, and has a text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fw/device_path.h"
#include "manager/load_option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct load_option option;
	char text[100];
	uint64_t length;

	if (!load_option_read(&option, data, size)) {
		return 0;
	}
	if (strnlen(option.description, sizeof(option.description)) == sizeof(option.description)) {
		abort();
	}
	length = fw_path_to_text(option.path, text, sizeof(text));
	if (strlen(text) != (length < sizeof(text) ? length : sizeof(text) - 1U)) {
		abort();
	}
	return 0;
}
