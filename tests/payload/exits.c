/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What exits cost (batches.h), for ./plinth bench exits: the same program without a hypervisor,
 * under Plinth, KVM and Xen, with two vCPUs on two CPUs and 128 MiB.
 */
#include "exits.h"

#include "batches.h"
#include "libguest/libguest.h"

#define ROUNDS		256U
#define PSCI_VERSION	0x84000000UL
#define GICD_IIDR	0x8UL
#define GICD_ISENABLER1 0x104UL
#define UART_DR		0x00UL
#define UART_FR		0x18UL
#define UART_FR_TXFF	0x20U
#define LINE		32U

static void do_hvc(void)
{
	(void)hvc(PSCI_VERSION, 0, 0, 0);
}

static void do_sysreg(void)
{
	(void)READ_SYSREG("id_aa64isar0_el1");
}

static void do_gic_read(void)
{
	(void)read32(GUEST_GICD + GICD_IIDR);
}

static void do_gic_write(void)
{
	write32(GUEST_GICD + GICD_ISENABLER1, 0);
}

static void do_eoi(void)
{
	WRITE_SYSREG("S3_0_C12_C12_1", 1023); /* ICC_EOIR1_EL1, spurious: only the access counts */
	isb();
}

static void put(char c)
{
	while ((read32(GUEST_UART + UART_FR) & UART_FR_TXFF) != 0U) {
		__asm__ volatile("yield");
	}
	write32(GUEST_UART + UART_DR, (uint8_t)c);
}

/* A line, since that is what some systems gather before they print. */
static void measure_console(void)
{
	uint64_t ticks[BATCHES];

	for (unsigned i = 0; i < BATCHES; i++) {
		uint64_t start = counter();

		for (unsigned at = 1; at < LINE; at++) {
			put('.');
		}
		put('\n');
		ticks[i] = counter() - start;
	}
	report("console_char", ticks, LINE);
}

void guest_main(void)
{
	gic_start();
	measure("hvc", do_hvc, ROUNDS);
	measure("sysreg_trap", do_sysreg, ROUNDS);
	measure("vgic_mmio_read", do_gic_read, ROUNDS);
	measure("vgic_mmio_write", do_gic_write, ROUNDS);
	measure("eoi", do_eoi, ROUNDS);
	measure_console();
	measure_memory();
	measure_interrupts();
	check(true, "bench finished");
}
