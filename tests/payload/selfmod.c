/* SPDX-License-Identifier: Apache-2.0 */
#include "selfmod.h"

#include "options.h"

#define PSCI_SYSTEM_RESET 0x84000009UL

#define UART_DR	     0x00UL
#define UART_FR	     0x18UL
#define UART_FR_RXFE 0x10U

/* The test looks at Plinth meanwhile. */
static void wait_for_key(void)
{
	print("selfmod: ready\n");
	while ((read32(GUEST_UART + UART_FR) & UART_FR_RXFE) != 0U) {
		__asm__ volatile("yield");
	}
	(void)read32(GUEST_UART + UART_DR);
}

/* What a former start left is gone, whatever it was; and the image is as it was loaded. */
static void check_fresh_start(void)
{
	uint64_t at = AREA(AREA_FRESH);
	unsigned wrong = 0;

	expect_value(&wrong, code_run(at), CODE_UNDEFINED);
	expect_value(&wrong, *(volatile uint32_t *)(at + PAGE), 0);
	expect_value(&wrong, code_run(at + PAGE), CODE_UNDEFINED);
	code_make(at, 5);
	code_make(at + PAGE, 6);
	expect_value(&wrong, code_run(at), 5);
	expect_value(&wrong, code_run(at + PAGE), 6);
	check(wrong == 0U, "nothing is left of a former start");
}

void guest_main(void)
{
	on_sync(code_exception);
	if (option("reset", 0) != 0U) {
		check_fresh_start();
		selfmod_image();
		print("selfmod: reset\n");
		(void)hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
	}
	selfmod_first_touch();
	selfmod_image();
	selfmod_tables();
	selfmod_el2();
	selfmod_shared((uint32_t)option("cpus", 1));
	wait_for_key();
}
