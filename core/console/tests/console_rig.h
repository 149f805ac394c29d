/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A console on a fake UART, for the tests.
 */
#ifndef CONSOLE_RIG_H
#define CONSOLE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console/console.h"

#define RIG_HZ 1000U /* a tick is a millisecond */

struct rig_vm {
	struct console_port port;
	char in[512]; /* what input() got, ended by NUL */
	size_t in_count;
	unsigned room_calls;
	unsigned output_calls;
};

extern struct rig_vm rig_vm[3];
extern struct rig_vm rig_monitor;
extern uint64_t rig_armed;   /* the deadline, UINT64_MAX: none */
extern size_t rig_uart_room; /* what the UART takes before it is full */
extern unsigned rig_want_tx;

/* A fresh console with `vms` ports named alpha, beta, gamma, and a monitor. */
void rig_start(unsigned vms);

/* The same without timer: console_arm_fn is NULL. */
void rig_start_without_timer(unsigned vms);

/* Called at each write to the UART, or NULL. */
extern void (*rig_on_write)(void);

/* What the UART has sent since the last call. */
const char *rig_sent(void);

/* How many bytes it has sent. From any thread. */
size_t rig_sent_count(void);

/* As a guest's bytes come: quickly, where that is. Result of console_port_put(). */
bool rig_put_byte(struct console_port *port, uint8_t byte);
void rig_put(struct rig_vm *vm, const char *text);
void rig_type(const char *text);

/* Its deadline comes at once, if there is one; false: there is none. From any thread. */
bool rig_expire(void);

/* Time passes; a deadline that comes is told. */
void rig_wait(uint64_t milliseconds);

#endif
