/* SPDX-License-Identifier: Apache-2.0 */
/* Stores into its own code, which its section says is read-only. */
#include "app.h"

efi_status_t app_main(void)
{
	volatile uint32_t *code = (volatile uint32_t *)(uintptr_t)app_run;

	app_print("faults: a store at %p\n", (const void *)(uintptr_t)code);
	*code = 0;
	app_print("faults: it went through\n");
	return EFI_SUCCESS;
}
