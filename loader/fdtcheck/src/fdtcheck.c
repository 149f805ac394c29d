/* SPDX-License-Identifier: Apache-2.0 */
#include "fdtcheck/fdtcheck.h"

#include <libfdt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"

#define PROPERTY_HEAD 8U /* length, offset of the name */

/* Does each property end within the structure block? What else may be wrong with it is libfdt's to
 * say: that goes on from word to word, or ends. */
static bool properties_fit(const uint8_t *block, uint32_t size)
{
	uint32_t at = 0;

	while (size - at >= FDT_TAGSIZE) {
		uint32_t tag = fdt32_ld((const fdt32_t *)(const void *)(block + at));

		at += FDT_TAGSIZE;
		if (tag == FDT_BEGIN_NODE) {
			while (at < size && block[at] != 0U) {
				at++;
			}
			at = (uint32_t)align_up((uint64_t)at + 1U, FDT_TAGSIZE);
		} else if (tag == FDT_PROP) {
			uint32_t left = size - at;
			uint32_t length =
				left < PROPERTY_HEAD
					? UINT32_MAX
					: fdt32_ld((const fdt32_t *)(const void *)(block + at));

			if (left < PROPERTY_HEAD || length > left - PROPERTY_HEAD) {
				return false;
			}
			at = (uint32_t)align_up((uint64_t)at + PROPERTY_HEAD + length, FDT_TAGSIZE);
		} else if (tag != FDT_END_NODE && tag != FDT_NOP) {
			break; /* the end, or nothing that libfdt goes on behind */
		}
		if (at > size) {
			break;
		}
	}
	return true;
}

int fdtcheck_full(const void *fdt, size_t size)
{
	if (size < sizeof(struct fdt_header)) {
		return -FDT_ERR_TRUNCATED;
	}
	int error = fdt_check_header(fdt);

	if (error == 0 && fdt_totalsize(fdt) > size) {
		error = -FDT_ERR_TRUNCATED;
	}
	if (error == 0 && !properties_fit((const uint8_t *)fdt + fdt_off_dt_struct(fdt),
				  fdt_size_dt_struct(fdt))) {
		error = -FDT_ERR_BADSTRUCTURE;
	}
	return error != 0 ? error : fdt_check_full(fdt, size);
}
