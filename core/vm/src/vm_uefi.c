/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's UEFI runtime services.
 */
#include "vm_private.h"

static void changed(void *ctx)
{
	(void)ctx;
}

static const struct uefirt_ops ops = {.changed = changed};

enum plinth_status vm_uefi_init(struct vm *vm)
{
	const struct uefirt_config config = {
		.keeps = (vm->config.flags & VM_FLAG_NVRAM_VOLATILE) != 0U,
		.rtc = &vm->rtc,
		.ops = &ops,
		.ctx = vm,
	};

	return (vm->config.flags & VM_FLAG_UEFI) != 0U ? uefirt_init(&vm->uefirt, &config)
						       : PLINTH_OK;
}
