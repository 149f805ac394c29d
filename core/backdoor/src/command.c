/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of VMware's port, and the answers of a machine without screen, mouse and clipboard.
 */
#include "command.h"

#include <stddef.h>

#include "backdoor_private.h"
#include "base/compiler.h"

#define PROTOCOL_VERSION 6U
#define HARDWARE_VERSION 20U

#define EL0 0U
#define EL1 1U

/* Pointer position: both coordinates are -100, where the mouse is in no window of the guest's. */
#define POINTER_AWAY UINT32_C(0xff9cff9c)

static void get_version(struct backdoor_vm *vm, uint64_t *x)
{
	command_set_w(x, 0, PROTOCOL_VERSION);
	command_set_w(x, 1, BACKDOOR_MAGIC);
	command_set_w(x, 2, vm->config.product);
}

static void get_hardware_version(struct backdoor_vm *vm, uint64_t *x)
{
	(void)vm;
	command_set_w(x, 0, HARDWARE_VERSION);
	command_set_w(x, 1, BACKDOOR_MAGIC);
}

static void pointer_is_away(struct backdoor_vm *vm, uint64_t *x)
{
	(void)vm;
	command_set_w(x, 0, POINTER_AWAY);
}

/* What is set is taken and has no effect; of what is asked there is none. */
static void nothing(struct backdoor_vm *vm, uint64_t *x)
{
	(void)vm;
	command_set_w(x, 0, 0);
}

/* The most frequent ones first. */
static const struct command_row rows[] = {
	{BACKDOOR_GETVERSION, EL0, get_version},
	{30, EL0, message_serve},
	{23, EL0, command_get_time},
	{46, EL0, command_get_time_full},
	{55, EL0, command_get_time_lag},
	{13, EL0, command_get_gui_options},
	{1, EL0, command_get_mhz},
	{45, EL0, command_get_hz},
	{17, EL0, get_hardware_version},
	{20, EL0, command_get_memory_size},
	{19, EL0, command_get_uuid},
	{100, EL0, command_get_build},
	{4, EL0, pointer_is_away},
	{5, EL0, nothing},  /* SETPTRLOCATION */
	{8, EL0, nothing},  /* SETSELLENGTH; 6, 7 and 9 are unknown: no clipboard */
	{11, EL0, nothing}, /* GETDEVICELISTELEMENT: there is none */
	{12, EL0, nothing}, /* TOGGLEDEVICE: did not */
	{15, EL0, nothing}, /* SETGUIOPTIONS */
	{36, EL0, nothing}, /* ISMOUSEABSOLUTE */
	{68, EL1, command_get_vcpu_info},
	{91, EL1, nothing}, /* STEALCLOCK: disabled; stolen time comes by SMCCC */
	{102, EL1, command_report_crash},
};

const struct command_row *command_find(uint32_t number, unsigned el)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].number == number) {
			return el >= rows[i].min_el ? &rows[i] : NULL;
		}
	}
	return NULL;
}
