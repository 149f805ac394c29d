/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: facts about the VM, and its crash report.
 */
#include "arch/sysreg.h"
#include "backdoor_private.h"
#include "base/string.h"
#include "command.h"

#define HZ_PER_MHZ    1000000U
#define BYTES_PER_MIB UINT64_C(0x100000)
#define BUILD_NUMBER  1U
#define GUI_SYNC_TIME UINT32_C(0x400)

/* Rates are the counter's: there is no TSC, and no one rate of an Arm CPU. */
void command_get_mhz(struct backdoor_vm *vm, uint64_t *x)
{
	(void)vm;
	command_set_w(x, 0, (uint32_t)(read_cntfrq_el0() / HZ_PER_MHZ));
}

void command_get_hz(struct backdoor_vm *vm, uint64_t *x)
{
	uint64_t rate = read_cntfrq_el0();

	(void)vm;
	command_set_w(x, 0, (uint32_t)rate);
	command_set_w(x, 1, (uint32_t)(rate >> 32));
	command_set_w(x, 2, (uint32_t)rate);
}

void command_get_memory_size(struct backdoor_vm *vm, uint64_t *x)
{
	command_set_w(x, 0, (uint32_t)(vm->config.ram_size / BYTES_PER_MIB));
}

void command_get_uuid(struct backdoor_vm *vm, uint64_t *x)
{
	uint32_t word[4];

	memcpy(word, vm->config.uuid, sizeof(word));
	for (unsigned i = 0; i < 4U; i++) {
		command_set_w(x, i, word[i]);
	}
}

/* Bits of x86's clocks and APICs: none. */
void command_get_vcpu_info(struct backdoor_vm *vm, uint64_t *x)
{
	(void)vm;
	command_set_w(x, 0, 0);
}

void command_get_build(struct backdoor_vm *vm, uint64_t *x)
{
	(void)vm;
	command_set_w(x, 0, BUILD_NUMBER);
	command_set_w(x, 1, BACKDOOR_MAGIC);
}

void command_get_gui_options(struct backdoor_vm *vm, uint64_t *x)
{
	lock_take(&vm->lock);
	command_set_w(x, 0, vm->state->sync_time ? GUI_SYNC_TIME : 0U);
	lock_drop(&vm->lock);
}

/* The guest's kernel is about to die, and says with which words. */
void command_report_crash(struct backdoor_vm *vm, uint64_t *x)
{
	log_limited(&vm->log_limit, LOG_ERROR, "vm %s: crash report: 0x%llx 0x%llx 0x%llx 0x%llx",
		vm->config.name, (unsigned long long)x[1], (unsigned long long)x[3],
		(unsigned long long)x[4], (unsigned long long)x[5]);
	command_set_w(x, 0, 0);
}
