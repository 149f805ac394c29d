/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM with as much of everything as a description can say: images and ranges of which each has to
 * be looked at beside all others, and vCPUs. Made, started and taken away again.
 */
#include "largest.h"

#include <stdio.h>
#include <string.h>

#include "abi/vm_config.h"
#include "plinth/control.h"

#define RANGES_AT   UINT64_C(0x4000000000) /* 256 GiB */
#define RANGE_SIZE  UINT64_C(0x200000)
#define IMAGE_SPACE UINT64_C(0x800) /* from one image to the next */
#define IMAGE_SIZE  UINT64_C(0x7f0)
#define OFFSET	    UINT64_C(8) /* in its page: it cannot be shown as it lies */
#define BYTES	    (VM_IMAGE_MAX * IMAGE_SPACE)
#define PAGE	    4096U
#define STEPS_MAX   100000U

static struct vm_config config;
static uint8_t page[PAGE];

static void describe(const char *name)
{
	config = (struct vm_config){
		.magic = VM_CONFIG_MAGIC,
		.version = VM_CONFIG_VERSION,
		.size = sizeof(config),
		.vcpu_count = VM_VCPU_MAX,
		.weight = VM_WEIGHT_DEFAULT,
		.ram_base = VM_RAM_BASE,
		.ram_size = RANGE_SIZE,
		.overhead = VM_OVERHEAD_DEFAULT,
		.entry = VM_RAM_BASE,
		.image_count = VM_IMAGE_MAX,
		.range_count = VM_RANGE_MAX,
	};
	(void)snprintf(config.name, sizeof(config.name), "%s", name);
	for (unsigned i = 0; i < VM_RANGE_MAX; i++) {
		config.ranges[i] = (struct vm_range){
			RANGES_AT + i * RANGE_SIZE, RANGE_SIZE, VM_RANGE_READ_ONLY, 0};
	}
	for (unsigned i = 0; i < VM_IMAGE_MAX; i++) {
		uint64_t last = RANGES_AT + (VM_RANGE_MAX - 1U) * RANGE_SIZE;

		config.images[i] = (struct vm_image){last + i * IMAGE_SPACE + OFFSET, IMAGE_SIZE,
			i * IMAGE_SPACE, VM_IMAGE_COPY, 0};
	}
}

/* False: refused, and said. */
static bool call(struct plinth_control *control, const char *what)
{
	uint32_t status = plinth_control(control);

	if (status != CONTROL_OK) {
		printf("largest: %s: status %u\n", what, status);
	}
	return status == CONTROL_OK;
}

/* Until it wants its bytes, or is there. */
static bool build(struct plinth_control *step)
{
	step->call = CONTROL_CREATE_STEP;
	step->size = 0;
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		if (!call(step, "a step")) {
			return false;
		}
		if (step->result[1] == 0U) {
			return true;
		}
	}
	return false;
}

static bool send(const struct plinth_control *made)
{
	for (uint64_t at = 0; at < BYTES; at += PAGE) {
		struct plinth_control put = {.token = made->token,
			.call = CONTROL_CREATE_PUT,
			.vm = made->vm,
			.arg2 = made->arg2,
			.arg = at,
			.buffer = page,
			.size = PAGE};

		if (!call(&put, "bytes")) {
			return false;
		}
	}
	return true;
}

bool largest(const char *name, const uint8_t *token)
{
	struct plinth_control control = {.token = token,
		.call = CONTROL_CREATE,
		.arg = BYTES,
		.buffer = &config,
		.size = sizeof(config)};

	describe(name);
	if (!call(&control, "its description")) {
		return false;
	}
	control.vm = (uint32_t)control.result[0];
	control.arg2 = (uint32_t)control.result[1];
	if (!build(&control) || !send(&control) || !build(&control)) {
		return false;
	}
	control.call = CONTROL_START;
	control.arg = 0;
	control.arg2 = 0;
	if (!call(&control, "its start")) {
		return false;
	}
	control.call = CONTROL_RESET;
	(void)plinth_control(&control); /* it may have crashed: it has no program */
	control.call = CONTROL_DESTROY;
	return call(&control, "its end");
}
