/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual machine's addresses and interrupts (those of QEMU's virt board), as guests' tables
 * name them. Plain numbers: assembly reads this too.
 */
#ifndef ABI_GUEST_MAP_H
#define ABI_GUEST_MAP_H

#define GUEST_GICD_BASE	 0x08000000
#define GUEST_GICD_SIZE	 0x10000
#define GUEST_GICC_BASE	 0x08010000 /* GICv2 */
#define GUEST_GICC_SIZE	 0x10000
#define GUEST_GICR_BASE	 0x080a0000 /* GICv3 */
#define GUEST_GICR_SHIFT 17	    /* of the size of each vCPU's */
#define GUEST_GICR_SIZE	 (1 << GUEST_GICR_SHIFT)
#define GUEST_UART_BASE	 0x09000000
#define GUEST_RTC_BASE	 0x09010000
#define GUEST_GPIO_BASE	 0x09030000 /* VMs with `control` alone */
#define GUEST_FRAME_SIZE 0x1000

#define GUEST_SPI_UART 1
#define GUEST_SPI_RTC  2
#define GUEST_SPI_GPIO 7

#define GUEST_PPI_TIMER_SECURE 13
#define GUEST_PPI_TIMER_PHYS   14
#define GUEST_PPI_TIMER_VIRT   11
#define GUEST_PPI_TIMER_HYP    10

/* Interrupt ids (IHI 0069, 2.2): what ACPI calls a GSIV. */
#define GUEST_PPI_FIRST 16
#define GUEST_SPI_FIRST 32

#endif
