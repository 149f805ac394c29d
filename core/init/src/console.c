/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console's device and its timer.
 */
#include "console/console.h"

#include "arch/sysreg.h"
#include "gic/gic.h"
#include "hypmap/hypmap.h"
#include "percpu/percpu.h"
#include "pl011/pl011.h"
#include "timerq/timerq.h"

#include "init_private.h"

/* Where the UART has no interrupt it is looked at this often. */
#define POLL_HZ 100U

static struct pl011 uart;
static struct timer quiet_timer;
static struct timer poll_timer;

static size_t write_uart(void *ctx, const uint8_t *bytes, size_t size)
{
	return pl011_write(ctx, bytes, size);
}

static bool read_uart(void *ctx, uint8_t *byte)
{
	return pl011_read(ctx, byte);
}

static void want_tx(void *ctx, bool on)
{
	pl011_listen(ctx, PL011_EVENT_RX | (on ? PL011_EVENT_TX : 0U));
}

static bool drain(void *ctx)
{
	return pl011_drain(ctx);
}

static const struct console_device device = {
	.write = write_uart,
	.read = read_uart,
	.want_tx = want_tx,
	.drain = drain,
	.ctx = &uart,
};

static size_t write_nowhere(void *ctx, const uint8_t *bytes, size_t size)
{
	(void)ctx;
	(void)bytes;
	return size;
}

static bool read_nothing(void *ctx, uint8_t *byte)
{
	(void)ctx;
	(void)byte;
	return false;
}

static bool drained(void *ctx)
{
	(void)ctx;
	return true;
}

static const struct console_device no_device = {
	.write = write_nowhere,
	.read = read_nothing,
	.drain = drained,
};

static void quiet(struct timer *timer, void *ctx, uint64_t now)
{
	(void)timer;
	(void)ctx;
	(void)now;
	console_timer();
}

static void arm(uint64_t deadline)
{
	timer_arm(&quiet_timer, cpu_this(), deadline);
}

static void poll(struct timer *timer, void *ctx, uint64_t now)
{
	(void)ctx;
	console_interrupt();
	timer_arm(timer, cpu_this(), now + read_cntfrq_el0() / POLL_HZ);
}

void init_console(void)
{
	const struct boot_uart *boot = &init_boot_info.uart;
	bool usable = boot->type == BOOT_UART_PL011 && boot->regs.base != 0U &&
		      hypmap_device(pa_init(boot->regs.base), boot->regs.size) == PLINTH_OK;

	timer_init(&quiet_timer, quiet, NULL);
	timer_init(&poll_timer, poll, NULL);
	if (usable) {
		pl011_init(&uart, boot->regs.base);
	}
	console_init(usable ? &device : &no_device, arm);
	log_set_sink(console_log);
}

void init_uart_interrupt(void)
{
	(void)pl011_acknowledge(&uart);
	console_interrupt();
}

void init_console_input(void)
{
	const struct boot_uart *boot = &init_boot_info.uart;

	if (boot->type != BOOT_UART_PL011) {
		return;
	}
	if (boot->intid != 0U) {
		pl011_listen(&uart, PL011_EVENT_RX);
		gic_route_spi(boot->intid, cpu_this());
		gic_enable(boot->intid);
	} else {
		timer_arm(&poll_timer, cpu_this(), read_cntpct_el0());
	}
}
