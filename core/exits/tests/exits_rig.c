/* SPDX-License-Identifier: Apache-2.0 */
#include "exits_rig.h"
#include "pmem/pmem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/at.h"

struct rig rig;

/* What vectors.S is on the machine. */
const char exits_vectors[1];
const char exits_vectors_history[1];
const char exits_vectors_firmware[1];

void guest_resume(struct vcpu_context *ctx)
{
	(void)ctx;
	abort();
}

void exits_restart_stack(void (*fn)(void *arg), void *arg)
{
	(void)fn;
	(void)arg;
	abort();
}

static bool translate(void *ctx, unsigned el, bool write, uint64_t gva, uint64_t *par)
{
	(void)ctx;
	rig.at_count++;
	rig.at_el = el;
	rig.at_write = write;
	fake_sysregs.par_el1 =
		0xbad; /* as the instruction leaves it: the caller must put it back */
	if (gva - RIG_UNMAPPED < PAGE_SIZE) {
		*par = 0x800 | 1U;
		return true;
	}
	*par = (gva & UINT64_C(0x0000fffffffff000)) | UINT64_C(0xff00000000000b80);
	return true;
}

static enum mmio_result device(void *ctx, struct mmio_access *access)
{
	(void)ctx;
	assert_true(rig.access_count < RIG_LOG_MAX);
	rig.access[rig.access_count++] = *access;
	if (access->offset >= RIG_FAULTS) {
		return MMIO_FAULT;
	}
	if (access->write) {
		memcpy(&rig.bytes[access->offset], &access->value, access->size);
	} else {
		access->value = 0;
		memcpy(&access->value, &rig.bytes[access->offset], access->size);
	}
	return MMIO_DONE;
}

int rig_group_setup(void **state)
{
	(void)state;
	vm_rig_init();
	fake_at_hook(translate, NULL);
	return 0;
}

void rig_start(uint32_t flags)
{
	rig_start_with(flags, NULL);
}

void rig_start_with(uint32_t flags, const struct vm_image *image)
{
	static struct vm_config config; /* too large for a frame */
	static unsigned number;
	const char *why = NULL;
	char name[VM_NAME_SIZE];

	memset(&rig, 0, sizeof(rig));
	snprintf(name, sizeof(name), "exits-%u", number++);
	vm_rig_config(&config, name);
	config.vcpu_count = 2;
	config.flags = flags;
	if (image != NULL) {
		config.image_count = 1;
		config.images[0] = *image;
	}
	assert_int_equal(vm_create(&config, &rig.vm, &why), PLINTH_OK);
	assert_int_equal(mmio_add(&rig.vm->mmio, ipa_init(RIG_DEVICE), RIG_DEVICE_SIZE, device,
				 NULL, "test"),
		PLINTH_OK);
	for (size_t i = 0; i < sizeof(rig.bytes); i++) {
		rig.bytes[i] = (uint8_t)(0x80U + i);
	}
	assert_int_equal(vm_start(rig.vm), PLINTH_OK);
	rig.vcpu = vcpu_of(switch_next());
	assert_ptr_equal(rig.vcpu, &rig.vm->vcpu[0]);
	fake_sysregs.vbar_el1 = RIG_VBAR;
	fake_sysregs.par_el1 = 0x1234;
	fake_sysregs.elr_el2 = RIG_CODE;
	fake_sysregs.spsr_el2 = PSTATE_MODE_EL1H;
}

static uint64_t starved;

void rig_starve(void)
{
	struct pmem_stats s;

	pmem_get_stats(&s);
	starved = s.free - s.reserved;
	assert_int_equal(pmem_reserve(starved), PLINTH_OK);
}

/* With time enough for the VM to find out. */
void rig_feed(void)
{
	pmem_unreserve(starved);
	fake_sysregs.cntpct_el0 += VM_RIG_HZ;
	vm_rig_settle();
}

void rig_stop(void)
{
	/* EPERM: the test has stopped it. */
	enum plinth_status status = vm_stop(rig.vm, VM_GOAL_OFF);

	(void)status;
	vm_rig_settle();
	assert_null(vm_rig_run());
}

int rig_setup(void **state)
{
	(void)state;
	rig_start(0);
	return 0;
}

int rig_teardown(void **state)
{
	(void)state;
	rig_stop();
	return 0;
}

void rig_put_instruction(uint32_t instruction)
{
	assert_int_equal(
		gmem_write(&rig.vm->gmem, ipa_init(RIG_CODE), &instruction, sizeof(instruction)),
		PLINTH_OK);
	fake_sysregs.elr_el2 = RIG_CODE;
	fake_sysregs.esr_el1 = 0;
	rig.access_count = 0;
}

void rig_check_injected(uint64_t esr)
{
	assert_int_equal(fake_sysregs.esr_el1, esr);
	assert_int_equal(fake_sysregs.elr_el1, RIG_CODE);
	assert_int_equal(fake_sysregs.elr_el2, RIG_VBAR + 0x200U);
}

void rig_check_done(void)
{
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE + 4U);
	assert_int_equal(fake_sysregs.esr_el1, 0);
}
