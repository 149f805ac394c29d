/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "arch/cpu.h"
#include "arch/smccc.h"
#include "base/check.h"
#include "base/fmt.h"
#include "console/console.h"
#include "hostuefi/hostuefi.h"
#include "lock/lock.h"
#include "log/log.h"
#include "percpu/percpu.h"
#include "vm/vm.h"

#include "init_private.h"

#define PSCI_CPU_OFF	  UINT64_C(0x84000002)
#define PSCI_SYSTEM_OFF	  UINT64_C(0x84000008)
#define PSCI_SYSTEM_RESET UINT64_C(0x84000009)

static void call_firmware(uint64_t function)
{
	struct smccc_regs regs = {.x = {function}};

	if (init_boot_info.psci_conduit == BOOT_CONDUIT_SMC) {
		arch_smc(&regs);
	} else if (init_boot_info.psci_conduit == BOOT_CONDUIT_HVC) {
		arch_hvc(&regs);
	}
}

/* Without firmware that could, the machine stays as it is. */
NORETURN static void halt(void)
{
	for (;;) {
		arch_wfi();
	}
}

void init_power_off(unsigned code, const char *reason)
{
	vm_keep_variables();
	console_close(); /* whoever reads the console finds this line at its end */
	log_info("exit %u (%s)", code, reason);
	console_flush();
	hostuefi_reset(HOSTUEFI_OFF);
	call_firmware(PSCI_SYSTEM_OFF);
	halt();
}

void init_reboot(void)
{
	vm_keep_variables();
	console_close();
	log_info("reboot");
	console_flush();
	hostuefi_reset(HOSTUEFI_RESET);
	call_firmware(PSCI_SYSTEM_RESET);
	halt();
}

void init_cpu_off(void)
{
	call_firmware(PSCI_CPU_OFF);
	halt();
}

void init_fail(const char *format, ...)
{
	char text[LOG_LINE_SIZE];
	va_list args;

	va_start(args, format);
	(void)fmt_vbuf(text, sizeof(text), format, args);
	va_end(args);
	init_power_off(EXIT_INIT, text);
}

/* One CPU reports; others that panic too, or panics of the report itself, stop quietly. */
void panic_at(const char *file, int line, const char *format, ...)
{
	static uint32_t panicked;
	char text[LOG_LINE_SIZE];
	char place[LOG_LINE_SIZE];
	va_list args;

	if (__atomic_exchange_n(&panicked, 1U, __ATOMIC_ACQ_REL) != 0U) {
		halt();
	}
	va_start(args, format);
	(void)fmt_vbuf(text, sizeof(text), format, args);
	va_end(args);
	(void)fmt_buf(place, sizeof(place), "\r\nplinth: panic on CPU %u at %s:%d: ", cpu_this(),
		file, line);
	console_panic_write(place);
	console_panic_write(text);
	(void)fmt_buf(place, sizeof(place), "\r\nplinth: exit %u (panic)\r\n", EXIT_PANIC);
	console_panic_write(place);
	call_firmware(PSCI_SYSTEM_OFF);
	halt();
}
