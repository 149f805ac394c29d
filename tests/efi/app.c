/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "abi/guest_map.h"
#include "arch/mmio.h"
#include "arch/smccc.h"
#include "base/check.h"
#include "base/fmt.h"

#define PSCI_SYSTEM_OFF UINT64_C(0x84000008)
#define UARTFR		0x18U
#define UARTFR_TXFF	0x20U

efi_handle_t app_image;
struct efi_system_table *app_system;
struct efi_boot_services *app_boot;

static uint32_t passed;
static uint32_t failed;

static void put(void *ctx, char c)
{
	(void)ctx;
	if (c == '\n') {
		put(NULL, '\r');
	}
	while ((arch_mmio_read32(GUEST_UART_BASE + UARTFR) & UARTFR_TXFF) != 0U) {
	}
	arch_mmio_write32(GUEST_UART_BASE, (uint8_t)c);
}

void app_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)fmt_vprint(put, NULL, format, arguments);
	va_end(arguments);
}

void app_check(bool holds, const char *text, const char *file, int line)
{
	if (holds) {
		passed++;
	} else {
		failed++;
		app_print("FAIL: %s:%d: %s\n", file, line, text);
	}
}

uint32_t app_failures(void)
{
	return failed;
}

static void power_off(void)
{
	struct smccc_regs regs = {.x = {PSCI_SYSTEM_OFF}};

	arch_hvc(&regs);
	for (;;) {
	}
}

void app_finish(const char *name)
{
	app_print("%s: %u passed, %u failed\n", name, passed, failed);
	power_off();
	for (;;) {
	}
}

void panic_at(const char *file, int line, const char *format, ...)
{
	(void)format;
	app_print("FAIL: panic at %s:%d\n", file, line);
	power_off();
	for (;;) {
	}
}

efi_status_t app_run(efi_handle_t image, struct efi_system_table *system)
{
	app_image = image;
	app_system = system;
	app_boot = system->boot_services;
	return app_main();
}
