/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM made while others run, in bounded steps: described (vm_make_begin), built with its memory
 * guaranteed (vm_make_step), its images put where guests cannot write (vm_make_put), and shown.
 * One at a time; who begins and goes no further for LEFT_SECONDS has left it to be dropped.
 * The caller sees to it that one call is made at a time.
 */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/checked.h"
#include "el2count/el2count.h"
#include "event/event.h"
#include "hostuefi/hostuefi.h"
#include "pmem/pmem.h"

#include "vm_private.h"

#define LEFT_SECONDS 10U
#define STORE_MAX    (PAGE_SIZE << PMEM_ORDER_MAX)

/* Images that one step looks at: each beside all before it. */
#define STEP_IMAGES 4U

/* VMs whose names one step looks at. */
#define STEP_NAMES 32U

static struct vm *draft;
static uint32_t next_name; /* of the draft, as the next: the VM to compare with; VM_MAX: none */
static uint32_t images_checked;
static bool checked;	 /* nothing is left to be looked at: it is being built */
static uint64_t touched; /* CNTPCT_EL0 */

struct vm *vm_draft(void)
{
	return draft;
}

/* What the boot loader alone may say, or what is not there. NULL: nothing. */
static const char *check(const struct vm_config *config, uint64_t size)
{
	if (size > STORE_MAX) {
		return "its images take more than 1 GiB";
	}
	if ((config->flags & VM_FLAG_MEMORY_DIRECT) != 0U) {
		return "only VMs of the bundle have devices of the machine";
	}
	if (config->guestinfo_count != 0U) {
		return "guestinfo is to be set when it is there";
	}
	if ((config->flags & (VM_FLAG_UEFI | VM_FLAG_NVRAM_VOLATILE)) == VM_FLAG_UEFI &&
		hostuefi_is_there()) {
		return "only VMs of the bundle have variables that are kept";
	}
	return NULL;
}

/* Each would be copied, as often as the others cover it. (Seeds and tokens lie over others.) */
static bool overlaps_another(const struct vm_config *config, uint32_t index)
{
	const struct vm_image *image = &config->images[index];

	for (uint32_t i = 0; i < index; i++) {
		const struct vm_image *other = &config->images[i];

		if (other->kind == VM_IMAGE_COPY &&
			ranges_overlap(image->ipa, image->size, other->ipa, other->size)) {
			return true;
		}
	}
	return false;
}

/* NULL: it is good, and its source is where its bytes will be. */
static const char *check_image(struct vm *vm, uint32_t index)
{
	struct vm_image *image = &vm->config.images[index];
	const char *why = vm_config_check_image(&vm->config, index);

	if (why != NULL || image->kind != VM_IMAGE_COPY) {
		return why;
	}
	if (!range_contains(0, vm->store.size, image->source, image->size)) {
		return "an image is outside of what is sent for it";
	}
	if (overlaps_another(&vm->config, index)) {
		return "two of its images overlap";
	}
	image->source += vm->store.block.v;
	return NULL;
}

/* A step of looking at what vm_make_begin() has left out. EAGAIN, OK; EEXIST, EINVAL with *why. */
static enum plinth_status check_some(struct vm *vm, const char **why)
{
	const char *wrong = NULL;

	/* Nobody else gets a name meanwhile: one VM is made at a time. */
	if (next_name < VM_MAX) {
		*why = vm_name_is_taken;
		return vm_find_some(vm->config.name, &next_name, STEP_NAMES) != NULL
			       ? PLINTH_EEXIST
			       : PLINTH_EAGAIN;
	}
	if (images_checked == 0U) {
		wrong = vm_config_check_places(&vm->config);
	}
	for (unsigned i = 0; i < STEP_IMAGES && images_checked < vm->config.image_count; i++) {
		wrong = wrong == NULL ? check_image(vm, images_checked) : wrong;
		images_checked++;
	}
	if (wrong != NULL) {
		*why = wrong;
		return PLINTH_EINVAL;
	}
	return images_checked < vm->config.image_count ? PLINTH_EAGAIN : PLINTH_OK;
}

static bool is_left(void)
{
	return read_cntpct_el0() - touched >= LEFT_SECONDS * vm_host()->ticks_per_second;
}

enum plinth_status vm_make_begin(
	const struct vm_config *config, uint64_t size, struct vm **vm, const char **why)
{
	if (draft != NULL) {
		if (!is_left()) {
			*why = "another VM is being made";
			return PLINTH_EBUSY;
		}
		vm_make_drop();
	}
	uint64_t began = read_cntpct_el0();
	uint64_t el2 = el2count_total();

	enum plinth_status status = vm_config_check_frame(config, why);

	if (status == PLINTH_OK) {
		*why = check(config, size);
		status = *why != NULL ? PLINTH_EINVAL
				      : vm_build_begin(config, PMEM_ANY, &draft, why);
	}
	if (status != PLINTH_OK) {
		return status;
	}
	draft->state = VM_MAKING;
	next_name = 0;
	images_checked = 0;
	checked = false;
	draft->made_at = began;
	draft->made_el2 = el2;
	touched = read_cntpct_el0();
	*vm = draft;
	status = vm_store_alloc(draft, size);
	if (status != PLINTH_OK) {
		*why = "there is no piece of memory that is free and large enough for its images";
		vm_make_drop();
		return status;
	}
	return PLINTH_OK;
}

enum plinth_status vm_make_put(uint64_t at, const void *bytes, uint32_t size)
{
	touched = read_cntpct_el0();
	return vm_store_put(draft, at, bytes, size);
}

enum plinth_status vm_make_step(uint64_t *missing, const char **why)
{
	struct vm *vm = draft;
	enum plinth_status status = checked ? PLINTH_OK : check_some(vm, why);

	if (status == PLINTH_OK) {
		checked = true;
		status = vm_build_step(vm, why);
	}
	touched = read_cntpct_el0();
	*missing = vm->store.size - vm->store.filled;
	if (status != PLINTH_OK && status != PLINTH_EAGAIN) {
		vm_make_drop();
	} else if (status == PLINTH_OK && *missing == 0U) {
		draft = NULL;
		vm->state = VM_OFF;
		vm_build_end(vm);
		event_post(EVENT_STATE, vm->id, VM_OFF);
	}
	return status;
}

void vm_make_drop(void)
{
	struct vm *vm = draft;

	draft = NULL;
	vm_leave(vm);
}
