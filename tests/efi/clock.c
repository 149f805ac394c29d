/* SPDX-License-Identifier: Apache-2.0 */
/* Says when it was entered, by the counter, and powers off: in the place of a kernel, for benches.
 */
#include "app.h"
#include "arch/sysreg.h"

efi_status_t app_main(void)
{
	app_print("clock: entered after %llu ticks of %llu a second\n",
		(unsigned long long)read_cntvct_el0(), (unsigned long long)read_cntfrq_el0());
	app_finish("clock");
}
