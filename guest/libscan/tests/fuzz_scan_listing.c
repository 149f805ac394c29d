/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libscan/libscan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a line says, written and read again, is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = calloc(1, size + 1U);
	char text[LIBSCAN_LINE_SIZE];
	struct libscan_range range;
	struct libscan_range again;

	if (line == NULL) {
		return 0;
	}
	if (size != 0U) {
		memcpy(line, data, size);
	}
	if (libscan_parse(line, &range)) {
		if (libscan_format(&range, text, sizeof(text)) >= sizeof(text) ||
			!libscan_parse(text, &again) || again.gva != range.gva ||
			again.last != range.last || again.gpa != range.gpa ||
			again.flags != range.flags || again.leaves != range.leaves ||
			again.attr != range.attr || again.share != range.share) {
			abort();
		}
	}
	free(line);
	return 0;
}
