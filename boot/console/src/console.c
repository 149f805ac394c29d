/* SPDX-License-Identifier: Apache-2.0 */
#include "console/console.h"

#include <stdarg.h>

#include "arch/cpu.h"
#include "arch/mmio.h"
#include "base/bits.h"
#include "base/fmt.h"

/* DDI 0183, 3.3 */
#define UARTDR	    0x00U
#define UARTFR	    0x18U
#define UARTFR_TXFF BIT(5)

/* Polls for room in the FIFO; at 1,200 baud a character takes 8 ms, a poll more than 10 ns. */
#define POLL_MAX 1000000U

static uintptr_t uart; /* 0: no console. One CPU runs boot, so it needs no lock */

void console_init(uintptr_t regs)
{
	uart = regs;
}

static void put(void *ctx, char c)
{
	(void)ctx;
	for (uint32_t i = 0; (arch_mmio_read32(uart + UARTFR) & UARTFR_TXFF) != 0U; i++) {
		if (i == POLL_MAX) {
			return;
		}
		arch_yield();
	}
	arch_mmio_write32(uart + UARTDR, (uint8_t)c);
}

static void put_text(const char *text)
{
	for (; *text != '\0'; text++) {
		put(NULL, *text);
	}
}

void console_print(const char *format, ...)
{
	va_list args;

	if (uart == 0U) {
		return;
	}
	put_text("plinth: ");
	va_start(args, format);
	(void)fmt_vprint(put, NULL, format, args);
	va_end(args);
	put_text("\r\n");
}
