/* SPDX-License-Identifier: Apache-2.0 */
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/boot_info.h"
#include "entropy/entropy.h"
#include "inspect/inspect.h"

struct rig rig;

static enum plinth_status translate(void *ctx, uint64_t va, bool write, ipa_t *ipa)
{
	uint64_t offset = va - RIG_VA;

	(void)ctx;
	if (offset >= sizeof(rig.memory)) {
		return PLINTH_EFAULT;
	}
	enum rig_access access = rig.access[offset / PAGE_SIZE];

	if (access == RIG_ABSENT || (write && access == RIG_READ_ONLY)) {
		return PLINTH_EFAULT;
	}
	*ipa = ipa_init(offset);
	return PLINTH_OK;
}

static void check_range(ipa_t ipa, size_t size)
{
	rig.copied++;
	if (ipa.v / PAGE_SIZE != (ipa.v + size - 1U) / PAGE_SIZE ||
		ipa.v + size > sizeof(rig.memory)) {
		abort();
	}
}

static enum plinth_status copy(void *ctx, const struct gmem_part *parts, unsigned count, bool write)
{
	(void)ctx;
	for (unsigned i = 0; i < count; i++) {
		uint64_t at = parts[i].ipa.v;

		check_range(parts[i].ipa, parts[i].size);
		if (write) {
			memcpy(&rig.memory[at], parts[i].from, parts[i].size);
		} else {
			memcpy(parts[i].to, &rig.memory[at], parts[i].size);
		}
	}
	return PLINTH_OK;
}

static const struct caller_memory memory = {translate, copy};

static void create_self(void)
{
	const char *why;
	static struct vm_config config;

	vm_rig_config(&config, "self");
	config.flags = VM_FLAG_CONTROL;
	config.rights = VM_RIGHT_ALL;
	assert_int_equal(vm_create(&config, &rig.self, &why), PLINTH_OK);
}

void rig_init(void)
{
	static uint8_t seed[64] = {1, 2, 3};

	vm_rig_init();
	entropy_init(seed, sizeof(seed), BOOT_CONDUIT_NONE);
	inspect_init();
	control_init();
	create_self();
	rig.other =
		vm_rig_create("other", 2, VM_FLAG_VMWARE | VM_FLAG_UEFI | VM_FLAG_NVRAM_VOLATILE);
	assert_int_equal(vm_start(rig.self), PLINTH_OK);
	vm_rig_settle();
}

void rig_revive(void)
{
	vm_rig_settle();
	if (vm_find("self") == NULL) {
		create_self();
		assert_int_equal(vm_start(rig.self), PLINTH_OK);
	}
	if (vm_find("other") == NULL) {
		rig.other = vm_rig_create(
			"other", 2, VM_FLAG_VMWARE | VM_FLAG_UEFI | VM_FLAG_NVRAM_VOLATILE);
	}
	vm_rig_settle();
}

void rig_reset(void)
{
	rig.self->config.rights = VM_RIGHT_ALL;
	memset(rig.access, 0, sizeof(rig.access));
	memset(rig.memory, 0, sizeof(rig.memory));
	if (rig.other->state == VM_PAUSED) {
		(void)!vm_resume(rig.other);
	} else if (rig.other->state != VM_RUNNING) {
		(void)!vm_start(rig.other);
	}
	vm_rig_settle();
	rig.copied = 0;
}

int rig_group_setup(void **state)
{
	(void)state;
	rig_init();
	return 0;
}

int rig_setup(void **state)
{
	(void)state;
	rig_reset();
	return 0;
}

void rig_prepare(enum control_call call, uint64_t arg, uint32_t arg2, uint32_t size)
{
	rig.x[0] = CONTROL_MAGIC | (uint64_t)rig.other->id << 32;
	rig.x[1] = CONTROL_VERSION | (uint64_t)call << 16 | (uint64_t)size << 32;
	rig.x[2] = arg;
	rig.x[3] = CONTROL_PORT | (uint64_t)arg2 << 32;
	rig.x[4] = RIG_VA;
	memcpy(&rig.x[5], rig.self->token, VM_TOKEN_SIZE);
	rig.x[7] = UINT64_C(0x860000000e);
}

enum backdoor_result rig_run(void)
{
	const struct caller caller = {.el = 0, .memory = &memory};
	static struct backdoor_batch batch;
	enum backdoor_result result = backdoor_call(&rig.self->backdoor, rig.x, &caller, &batch);

	return result == BACKDOOR_CONTROL ? control_call(rig.self, rig.x, &caller) : result;
}

enum control_status rig_call(enum control_call call, uint64_t arg, uint32_t arg2, uint32_t size)
{
	rig_prepare(call, arg, arg2, size);
	if (rig_run() != BACKDOOR_DONE) {
		abort();
	}
	return (enum control_status)rig.x[0];
}
