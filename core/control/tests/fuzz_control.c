/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile process with the token: the input is a list of calls and what their registers and
 * buffers hold. Whatever they are, results stay in X0 to X3, a fault changes nothing, no bytes
 * leave the buffer, no vCPU gets a PSTATE above EL1, and all memory comes back in the end.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/pstate.h"
#include "control_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static uint64_t take(struct input *input, size_t bytes)
{
	uint64_t value = 0;

	bytes = bytes < input->size ? bytes : input->size;
	memcpy(&value, input->data, bytes);
	input->data += bytes;
	input->size -= bytes;
	return value;
}

static void check_guest(const struct vm *vm)
{
	for (vcpu_id_t i = 0; i < vm->config.vcpu_count; i++) {
		uint64_t mode = vm->vcpu[i].ctx.pstate & PSTATE_MODE_MASK;

		if (mode != PSTATE_MODE_EL0T && mode != PSTATE_MODE_EL1T &&
			mode != PSTATE_MODE_EL1H) {
			abort();
		}
	}
}

static void one_call(struct input *input)
{
	static uint8_t before_memory[sizeof(rig.memory)];
	uint64_t before[BACKDOOR_REGS];
	uint64_t what = take(input, 1);
	uint64_t call = what & 0x1fU;

	/* More calls than the byte had room for; and at times one with all its text right. */
	call += call == CONTROL_CREATE ? take(input, 1) % (CONTROL_CALL_COUNT - call) : 0U;
	rig_prepare((enum control_call)call, take(input, (what & 0x20U) != 0U ? 8 : 2),
		(uint32_t)take(input, (what & 0x40U) != 0U ? 4 : 1), (uint32_t)take(input, 2));
	if (call > CONTROL_DEBUG_ATTACH && take(input, 1) % 8U != 0U) {
		rig.x[3] = CONTROL_PORT | (uint64_t)rig.other->debug.ticket << 32;
	}
	rig.x[4] += take(input, 2);
	if ((what & 0x80U) != 0U) {
		rig.x[take(input, 1) & 7U] ^= take(input, 8);
	} else if (take(input, 1) == 1U) {
		rig.x[0] = CONTROL_MAGIC | take(input, 4) << 32;
	}
	if (call == CONTROL_CREATE && take(input, 1) % 4U != 0U) {
		vm_rig_config((struct vm_config *)(void *)rig.memory, "made");
	}
	uint64_t fill = take(input, 1);

	for (uint64_t i = 0; i < fill; i++) {
		rig.memory[(rig.x[4] - RIG_VA + i) % sizeof(rig.memory)] = (uint8_t)take(input, 1);
	}
	rig.access[take(input, 1) % RIG_PAGES] = (enum rig_access)(take(input, 1) % 3U);
	memcpy(before, rig.x, sizeof(before));
	memcpy(before_memory, rig.memory, sizeof(rig.memory));
	enum backdoor_result result = rig_run();

	if (memcmp(&before[4], &rig.x[4], 4U * sizeof(before[0])) != 0) {
		abort();
	}
	if (result == BACKDOOR_FAULT &&
		(memcmp(before, rig.x, sizeof(before)) != 0 ||
			memcmp(before_memory, rig.memory, sizeof(rig.memory)) != 0)) {
		abort();
	}
	uint64_t start = before[4] - RIG_VA;
	uint64_t room = before[1] >> 32 < CONTROL_MOVE_MAX ? before[1] >> 32 : CONTROL_MOVE_MAX;

	for (uint64_t i = 0; i < sizeof(rig.memory); i++) {
		if (rig.memory[i] != before_memory[i] && i - start >= room) {
			abort();
		}
	}
	check_guest(rig.other);
	check_guest(rig.self);
	/* A VM that destroys itself, or the other one, is there again before the next call. */
	if (call == CONTROL_DESTROY) {
		rig_revive();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct input input = {.data = data, .size = size};

	if (!is_ready) {
		rig_init();
		is_ready = true;
	}
	rig_reset();
	for (unsigned calls = 0; input.size != 0U && calls < 64U; calls++) {
		one_call(&input);
		if ((calls & 7U) == 7U) {
			vm_rig_settle();
		}
	}
	if (rig.self->state != VM_RUNNING) {
		(void)!vm_resume(rig.self);
		vm_rig_settle();
		(void)!vm_start(rig.self);
		vm_rig_settle();
	}
	return 0;
}
