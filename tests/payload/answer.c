/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleeps until somebody types, and answers each byte with a line: "answer N BYTE", N being how many
 * it has answered.
 */
#include "libguest/libguest.h"

#define UART_DR	    0x00UL
#define UART_FR	    0x18UL
#define UART_IMSC   0x38UL
#define UART_ICR    0x44UL
#define FR_RXFE	    0x10U
#define INT_RX	    0x10U
#define INT_TIMEOUT 0x40U

static void handle_irq(uint32_t intid)
{
	static unsigned count;

	if (intid != GUEST_UART_IRQ) {
		return;
	}
	while ((read32(GUEST_UART + UART_FR) & FR_RXFE) == 0U) {
		uint32_t byte = read32(GUEST_UART + UART_DR) & 0xffU;

		count++;
		print("answer %u %u\n", count, byte);
	}
	write32(GUEST_UART + UART_ICR, INT_RX | INT_TIMEOUT);
}

void guest_main(void)
{
	on_irq(handle_irq);
	gic_start();
	gic_enable_spi(GUEST_UART_IRQ, 0);
	write32(GUEST_UART + UART_IMSC, INT_RX | INT_TIMEOUT);
	print("answer: ready\n");
	irq_on();
	for (;;) {
		__asm__ volatile("wfi");
		isb();
	}
}
