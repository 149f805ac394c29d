/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <stddef.h>

#include "base/compiler.h"

#define PROTOCOL_VERSION 6U

static void get_version(const struct backdoor_vm *vm, struct backdoor_regs *regs)
{
	command_set_w(regs, 0, PROTOCOL_VERSION);
	command_set_w(regs, 1, BACKDOOR_MAGIC);
	command_set_w(regs, 2, vm->product);
}

static const struct command_row rows[] = {
	{BACKDOOR_GETVERSION, 0, get_version},
};

const struct command_row *command_find(uint32_t number, unsigned el)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].number == number && el >= rows[i].min_el) {
			return &rows[i];
		}
	}
	return NULL;
}
