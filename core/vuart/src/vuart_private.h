/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VUART_PRIVATE_H
#define VUART_PRIVATE_H

#include <stdint.h>

#include "vuart/vuart.h"

/* Registers and bits by the names of DDI 0183, chapter 3. */
#define UARTDR	      VUART_DR
#define UARTRSR	      0x004U /* UARTECR when written */
#define UARTFR	      VUART_FR
#define UARTILPR      0x020U
#define UARTIBRD      0x024U
#define UARTFBRD      0x028U
#define UARTLCR_H     0x02cU
#define UARTCR	      0x030U
#define UARTIFLS      0x034U
#define UARTIMSC      0x038U
#define UARTRIS	      0x03cU
#define UARTMIS	      0x040U
#define UARTICR	      0x044U
#define UARTDMACR     0x048U
#define UARTPERIPHID0 0xfe0U

#define UARTDR_OE      0x800U
#define UARTRSR_OE     0x008U
#define UARTFR_MODEM   0x007U /* CTS, DSR, DCD: somebody is connected and ready */
#define UARTFR_BUSY    0x008U
#define UARTFR_RXFE    0x010U
#define UARTFR_TXFF    VUART_FR_TXFF
#define UARTFR_RXFF    0x040U
#define UARTFR_TXFE    0x080U
#define UARTLCR_H_FEN  0x010U
#define UARTCR_LBE     0x080U
#define UARTCR_RESET   0x300U /* TXE, RXE */
#define UARTIFLS_RESET 0x012U
#define UARTINT_RX     0x010U
#define UARTINT_TX     0x020U
#define UARTINT_RT     0x040U
#define UARTINT_OE     0x400U
#define UARTINT_ALL    0x7ffU

/* All want the lock held, and leave the line to update_line() of vuart.c. */
void vuart_rx_push(struct vuart *uart, uint8_t byte);
uint32_t vuart_rx_pop(struct vuart *uart);
/* FEN, IFLS or the contents have changed: flags and interrupts follow. */
void vuart_rx_update(struct vuart *uart);

#endif
