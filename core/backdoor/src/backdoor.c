/* SPDX-License-Identifier: Apache-2.0 */
#include "backdoor/backdoor.h"

#include <stddef.h>

#include "command.h"

#define COMMAND_MASK UINT32_C(0xffff)
#define COMMAND_SIZE 4U

/* The command that a VM's registers ask for, or NULL. */
static const struct command_row *find(
	const struct backdoor_vm *vm, const struct backdoor_regs *regs, unsigned el)
{
	struct backdoor_io io = backdoor_decode((uint32_t)regs->x[7], (uint32_t)regs->x[3]);

	if (!vm->vmware || io.form != BACKDOOR_IN || io.size != COMMAND_SIZE ||
		io.port != BACKDOOR_PORT || (uint32_t)regs->x[0] != BACKDOOR_MAGIC) {
		return NULL;
	}
	return command_find((uint32_t)regs->x[2] & COMMAND_MASK, el);
}

void backdoor_call(const struct backdoor_vm *vm, struct backdoor_regs *regs, unsigned el)
{
	const struct command_row *command = find(vm, regs, el);

	if (command == NULL) {
		command_set_w(regs, 0, BACKDOOR_UNKNOWN);
		return;
	}
	command->serve(vm, regs);
}
