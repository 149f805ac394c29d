/* SPDX-License-Identifier: Apache-2.0 */
#include "main/boot_exit.h"

#include <stdarg.h>
#include <stdbool.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/check.h"
#include "base/fmt.h"
#include "console/console.h"
#include "main/boot.h"
#include "smp/smp.h"

#define PSCI_SYSTEM_OFF UINT32_C(0x84000008)
#define CURRENTEL_EL2	(UINT64_C(2) << 2)
#define TEXT_SIZE	160U

static enum boot_conduit exit_conduit; /* NONE: not known yet */
static bool exiting;

void boot_exit_init(enum boot_conduit conduit)
{
	exit_conduit = conduit;
}

static bool is_el2(void)
{
	return read_currentel() == CURRENTEL_EL2;
}

NORETURN static void power_off(void)
{
	enum boot_conduit conduit = exit_conduit;

	/* An exception on the way out (no EL3 behind the SMC) must not start this again. */
	if (!exiting) {
		exiting = true;
		if (conduit == BOOT_CONDUIT_NONE) {
			conduit = is_el2() ? BOOT_CONDUIT_SMC : BOOT_CONDUIT_HVC;
		}
		(void)smp_psci_call(conduit, PSCI_SYSTEM_OFF, (const uint64_t[3]){0});
		console_print("power-off failed; the machine can be switched off");
	}
	for (;;) {
		arch_wfi();
	}
}

void boot_exit(enum boot_exit_code code, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	(void)fmt_vbuf(text, sizeof(text), format, args);
	va_end(args);
	console_print("exit %u (%s)", (unsigned)code, text);
	power_off();
}

void panic_at(const char *file, int line, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	(void)fmt_vbuf(text, sizeof(text), format, args);
	va_end(args);
	console_print("panic in boot at %s:%d: %s", file, line, text);
	boot_exit(BOOT_EXIT_BUG, "boot: %s", text);
}

void boot_exception(uint64_t vector)
{
	bool el2 = is_el2();
	uint64_t esr = el2 ? read_esr_el2() : read_esr_el1();
	uint64_t elr = el2 ? read_elr_el2() : read_elr_el1();

	if (exiting) {
		power_off();
	}
	console_print("exception %llu in boot: ESR %#llx FAR %#llx ELR %#llx (its image + %#llx)",
		(unsigned long long)vector, (unsigned long long)esr,
		(unsigned long long)(el2 ? read_far_el2() : read_far_el1()),
		(unsigned long long)elr, (unsigned long long)(elr - (uintptr_t)boot_lds_start));
	boot_exit(BOOT_EXIT_BUG, "boot: exception, ESR %#llx", (unsigned long long)esr);
}
