/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_LOAD_OPTION, the contents of a variable Boot#### (UEFI 2.10, 3.1.3). Pure.
 */
#ifndef MANAGER_LOAD_OPTION_H
#define MANAGER_LOAD_OPTION_H

#include <stdbool.h>

#include "abi/efi.h"

#define LOAD_OPTION_ACTIVE	    UINT32_C(0x1)
#define LOAD_OPTION_CATEGORY	    UINT32_C(0x1f00) /* 0: boot */
#define LOAD_OPTION_DESCRIPTION_MAX 64U		     /* characters that are shown, with the NUL */

struct load_option {
	uint32_t attributes;
	char description[LOAD_OPTION_DESCRIPTION_MAX]; /* '?' for what is not ASCII */
	const struct efi_device_path *path;	       /* in the variable's data, which is kept */
	const void *options;			       /* the same */
	uint32_t options_size;
};

/* False: that is no load option. Nothing outside of [data, data + size) is read. */
bool load_option_read(struct load_option *option, const void *data, uint64_t size);

#endif
