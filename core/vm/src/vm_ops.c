/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the modules of a VM reach each other: each was given one of these tables at vm_create.
 */
#include "base/check.h"
#include "event/event.h"
#include "gic/gic.h"
#include "percpu/percpu.h"

#include "vm_private.h"

/* vGIC: ctx is the VM. */
static void kick_vcpu(void *ctx, vcpu_id_t id)
{
	struct vm *vm = ctx;

	sched_wake(&vm->vcpu[id].sched);
}

static void deactivate(void *ctx, vcpu_id_t id, intid_t physical)
{
	(void)ctx;
	(void)id;
	if (physical < VGIC_SPI_FIRST) {
		gic_deactivate(physical);
	} else {
		gic_set_active(physical, false); /* whoever has acknowledged it */
	}
}

static void adopt(void *ctx, intid_t physical)
{
	(void)ctx;
	vm_device_adopt(physical);
}

const struct vgic_ops vm_vgic_ops = {.kick = kick_vcpu, .deactivate = deactivate, .adopt = adopt};

/* PSCI: ctx is the VM. */
static void start_vcpu(void *ctx, vcpu_id_t id)
{
	struct vm *vm = ctx;

	sched_add(&vm->vcpu[id].sched, SCHED_HOLD_POWER);
}

static void stop_vcpu(void *ctx, vcpu_id_t id)
{
	struct vm *vm = ctx;

	vm_caches_gone(&vm->vcpu[id]);
	sched_remove(&vm->vcpu[id].sched, SCHED_HOLD_POWER);
}

static bool is_memory(void *ctx, ipa_t ipa)
{
	struct vm *vm = ctx;

	return gmem_is_memory(&vm->gmem, ipa, sizeof(uint32_t));
}

const struct psci_ops vm_psci_ops = {
	.start_vcpu = start_vcpu,
	.stop_vcpu = stop_vcpu,
	.wake_vcpu = kick_vcpu,
	.is_memory = is_memory,
};

/* Virtual timers: ctx is the vCPU. */
static void inject_linked(void *ctx, intid_t intid)
{
	struct vcpu *vcpu = ctx;

	vgic_set_ppi(&vcpu->gic, intid, true);
}

static bool is_live(void *ctx, intid_t intid)
{
	struct vcpu *vcpu = ctx;

	return vgic_linked_is_live(&vcpu->gic, intid);
}

static void set_active(void *ctx, intid_t physical, bool active)
{
	(void)ctx;
	gic_set_active(physical, active);
}

static void set_level(void *ctx, intid_t intid, bool level)
{
	struct vcpu *vcpu = ctx;

	vgic_set_ppi(&vcpu->gic, intid, level);
}

static void wake(void *ctx)
{
	struct vcpu *vcpu = ctx;

	sched_wake(&vcpu->sched);
}

const struct vtimer_ops vm_vtimer_ops = {
	.inject_linked = inject_linked,
	.is_live = is_live,
	.gic_set_active = set_active,
	.set_level = set_level,
	.wake = wake,
};

/* UART and its port on the console: ctx is the VM. A line of the machine's own cannot fail. */
static void set_line(struct vm *vm, intid_t intid, bool level)
{
	enum plinth_status status = vgic_set_spi(&vm->vgic, intid, level);

	PLINTH_CHECK(status == PLINTH_OK);
}

static bool uart_put(void *ctx, uint8_t byte)
{
	struct vm *vm = ctx;

	return console_port_put(&vm->terminal.port, byte);
}

void vm_terminal_attend(struct vm_terminal *terminal)
{
	console_port_attend(&terminal->port);
	lock_drop(&terminal->uart.lock);
}

static bool uart_ready(void *ctx)
{
	struct vm *vm = ctx;

	return console_port_has_room(&vm->terminal.port);
}

static void uart_line(void *ctx, bool level)
{
	set_line(ctx, VM_SPI_UART, level);
}

const struct vuart_ops vm_uart_ops = {
	.put = uart_put,
	.tx_ready = uart_ready,
	.set_line = uart_line,
};

static void port_input(void *ctx, const uint8_t *bytes, size_t size)
{
	struct vm *vm = ctx;

	/* What finds no room the guest sees as an overrun. */
	(void)vuart_input(&vm->terminal.uart, bytes, size);
}

static void port_room(void *ctx)
{
	struct vm *vm = ctx;

	vuart_tx_room(&vm->terminal.uart);
}

static void port_output(void *ctx)
{
	struct vm *vm = ctx;

	event_post(EVENT_CONSOLE, vm->id, 0);
}

const struct console_port_ops vm_port_ops = {
	.input = port_input,
	.room = port_room,
	.output = port_output,
};

/* GPIO: ctx is the VM. */
static void gpio_line(void *ctx, bool level)
{
	set_line(ctx, VM_SPI_GPIO, level);
}

const struct vgpio_ops vm_gpio_ops = {.set_line = gpio_line};

/* RTC: ctx is the VM. */
static void rtc_line(void *ctx, bool level)
{
	set_line(ctx, VM_SPI_RTC, level);
}

static void rtc_arm(void *ctx, uint64_t deadline)
{
	struct vm *vm = ctx;

	if (deadline == VRTC_NEVER) {
		(void)timer_cancel(&vm->rtc_timer);
	} else {
		timer_arm(&vm->rtc_timer, cpu_this(), deadline);
	}
}

const struct vrtc_ops vm_rtc_ops = {.set_line = rtc_line, .arm = rtc_arm};

void vm_rtc_expired(struct timer *timer, void *ctx, uint64_t now)
{
	struct vm *vm = ctx;

	(void)timer;
	(void)now;
	vrtc_alarm(&vm->rtc);
}
