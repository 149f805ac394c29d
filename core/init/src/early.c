/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs with the MMU off, at physical addresses: touches only its arguments, its own statics
 * (reached relative to the PC) and hypmap_early().
 */
#include "base/bits.h"
#include "base/string.h"
#include "hypmap/hypmap.h"

#include "init_private.h"

extern const char core_lds_text[] HIDDEN;
extern const char core_lds_rodata[] HIDDEN;
extern const char core_lds_data[] HIDDEN;
extern const char core_lds_end[] HIDDEN;

struct boot_info init_boot_info;

uint64_t init_early(const struct boot_info *info, uint64_t load, uint64_t trampoline)
{
	const struct hypmap_image image = {
		.pa = load,
		.text_size = (uint64_t)(core_lds_rodata - core_lds_text),
		.rodata_size = (uint64_t)(core_lds_data - core_lds_rodata),
		.data_size = (uint64_t)(core_lds_end - core_lds_data),
	};

	memcpy(&init_boot_info, info, sizeof(init_boot_info));
	return hypmap_early(&image, align_down(trampoline, PAGE_SIZE));
}

uint64_t init_image_bytes(void)
{
	return (uint64_t)(core_lds_end - core_lds_text);
}
