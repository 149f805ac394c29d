/* SPDX-License-Identifier: Apache-2.0 */
#include "console_rig.h"

#include <string.h>

#include "arch/sysreg.h"
#include "lock/lock.h"
#include "percpu/percpu.h"

static struct percpu cpu0;
static char sent[1 << 20];
static size_t sent_count;
static size_t sent_seen;
static char typed[4096];
static size_t typed_count;
static size_t typed_taken;

struct rig_vm rig_vm[3];
struct rig_vm rig_monitor;
uint64_t rig_armed;
size_t rig_uart_room;
unsigned rig_want_tx;
void (*rig_on_write)(void);

static size_t uart_write(void *ctx, const uint8_t *bytes, size_t size)
{
	(void)ctx;
	if (rig_on_write != NULL) {
		rig_on_write();
	}
	if (size > rig_uart_room) {
		size = rig_uart_room;
	}
	rig_uart_room -= size;
	memcpy(sent + sent_count, bytes, size);
	__atomic_store_n(&sent_count, sent_count + size, __ATOMIC_RELEASE);
	return size;
}

static bool uart_read(void *ctx, uint8_t *byte)
{
	(void)ctx;
	if (typed_taken == typed_count) {
		return false;
	}
	*byte = (uint8_t)typed[typed_taken];
	typed_taken++;
	return true;
}

static void uart_want_tx(void *ctx, bool on)
{
	(void)ctx;
	rig_want_tx = on;
}

static bool uart_drain(void *ctx)
{
	(void)ctx;
	return true;
}

static const struct console_device device = {
	.write = uart_write, .read = uart_read, .want_tx = uart_want_tx, .drain = uart_drain};

static void arm(uint64_t deadline)
{
	/* As core/timerq does: it must be allowed here. */
	static struct lock queue = LOCK_INIT(LOCK_RANK_TIMERQ);

	lock_take(&queue);
	__atomic_store_n(&rig_armed, deadline, __ATOMIC_RELEASE);
	lock_drop(&queue);
}

static void input(void *ctx, const uint8_t *bytes, size_t size)
{
	struct rig_vm *vm = ctx;

	lock_assert_none_held();
	memcpy(vm->in + vm->in_count, bytes, size);
	vm->in_count += size;
	vm->in[vm->in_count] = '\0';
}

static void room(void *ctx)
{
	struct rig_vm *vm = ctx;

	lock_assert_none_held();
	vm->room_calls++;
}

static void output(void *ctx)
{
	struct rig_vm *vm = ctx;

	vm->output_calls++;
}

static const struct console_port_ops ops = {.input = input, .room = room, .output = output};

static void start(unsigned vms, console_arm_fn *arm_fn)
{
	static const char *const names[] = {"alpha", "beta", "gamma"};

	arch_percpu_set(&cpu0);
	cpu0 = (struct percpu){0};
	fake_sysregs.cntfrq_el0 = RIG_HZ;
	fake_sysregs.cntpct_el0 = 100000;
	memset(rig_vm, 0, sizeof(rig_vm));
	memset(&rig_monitor, 0, sizeof(rig_monitor));
	rig_armed = UINT64_MAX;
	rig_uart_room = SIZE_MAX;
	rig_want_tx = 0;
	rig_on_write = NULL;
	sent_count = 0;
	sent_seen = 0;
	typed_count = 0;
	typed_taken = 0;
	console_init(&device, arm_fn);
	for (unsigned i = 0; i < vms; i++) {
		console_port_add(&rig_vm[i].port, CONSOLE_PORT_VM, names[i], &ops, &rig_vm[i]);
	}
	console_port_add(&rig_monitor.port, CONSOLE_PORT_MONITOR, "monitor", &ops, &rig_monitor);
}

void rig_start(unsigned vms)
{
	start(vms, arm);
}

void rig_start_without_timer(unsigned vms)
{
	start(vms, NULL);
}

const char *rig_sent(void)
{
	const char *text = sent + sent_seen;

	sent[sent_count] = '\0';
	sent_count++;
	sent_seen = sent_count;
	return text;
}

size_t rig_sent_count(void)
{
	return __atomic_load_n(&sent_count, __ATOMIC_ACQUIRE);
}

bool rig_expire(void)
{
	if (__atomic_exchange_n(&rig_armed, UINT64_MAX, __ATOMIC_ACQ_REL) == UINT64_MAX) {
		return false;
	}
	console_timer();
	return true;
}

bool rig_put_byte(struct console_port *port, uint8_t byte)
{
	switch (console_port_put_quickly(port, byte)) {
	case CONSOLE_QUICK_TAKEN:
		return true;
	case CONSOLE_QUICK_ATTEND:
		console_port_attend(port);
		return true;
	case CONSOLE_QUICK_NOT:
		break;
	}
	return console_port_put(port, byte);
}

void rig_put(struct rig_vm *vm, const char *text)
{
	for (; *text != '\0'; text++) {
		(void)rig_put_byte(&vm->port, (uint8_t)*text);
	}
}

void rig_type(const char *text)
{
	typed_count = strlen(text);
	typed_taken = 0;
	memcpy(typed, text, typed_count);
	console_interrupt();
}

void rig_wait(uint64_t milliseconds)
{
	for (uint64_t i = 0; i < milliseconds; i++) {
		fake_sysregs.cntpct_el0++;
		if (rig_armed <= fake_sysregs.cntpct_el0) {
			rig_armed = UINT64_MAX;
			console_timer();
		}
	}
}
