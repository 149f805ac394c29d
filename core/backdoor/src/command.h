/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands on BACKDOOR_PORT: a row each.
 */
#ifndef BACKDOOR_COMMAND_H
#define BACKDOOR_COMMAND_H

#include "backdoor/backdoor.h"

/* Serves one command: sets the W registers that it answers in, by command_set_w(). */
typedef void command_fn(const struct backdoor_vm *vm, struct backdoor_regs *regs);

struct command_row {
	uint16_t number; /* W2[15:0] */
	uint8_t min_el;	 /* 1: EL1 alone */
	command_fn *serve;
};

/* A result: the upper half is zero, as a write of a W register leaves it. */
static inline void command_set_w(struct backdoor_regs *regs, unsigned n, uint32_t value)
{
	regs->x[n] = value;
}

/* The row of a command that is offered at this level, or NULL. */
const struct command_row *command_find(uint32_t number, unsigned el);

#endif
