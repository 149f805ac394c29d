/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's backdoor, with the values of guestinfo that its owner has written down.
 */
#include "backdoor/backdoor.h"

#include "base/bits.h"
#include "hypmap/hypmap.h"

#include "vm_private.h"

static enum plinth_status add_presets(struct vm *vm)
{
	const struct vm_guestinfo *info = pa_to_va(pa_init(vm->config.guestinfo));
	enum plinth_status status = PLINTH_OK;

	for (uint32_t i = 0; i < vm->config.guestinfo_count && status == PLINTH_OK; i++) {
		status = backdoor_info_preset(&vm->backdoor, pa_to_va(pa_init(info[i].key)),
			info[i].key_size, pa_to_va(pa_init(info[i].value)), info[i].value_size);
	}
	return status;
}

static unsigned level_of(bool large)
{
	return large ? S2_LEVEL_2M : S2_LEVEL_4K;
}

static enum plinth_status give(void *ctx, ipa_t ipa, bool large)
{
	return gmem_relinquish(ctx, ipa, level_of(large));
}

static enum plinth_status take(void *ctx, ipa_t ipa, bool large)
{
	return gmem_retake(ctx, ipa, level_of(large));
}

static enum plinth_status take_all(void *ctx)
{
	return gmem_retake_step(ctx);
}

static bool was_touched(void *ctx)
{
	return gmem_was_touched(ctx);
}

static const struct backdoor_balloon_ops balloon_ops = {give, take, take_all, was_touched};

enum plinth_status vm_backdoor_init(struct vm *vm, const char **why)
{
	const struct backdoor_config config = {
		.vmware = (vm->config.flags & VM_FLAG_VMWARE) != 0U,
		.control = (vm->config.flags & VM_FLAG_CONTROL) != 0U,
		.product = BACKDOOR_PRODUCT_WORKSTATION,
		.name = vm->config.name,
		.vm = vm->id,
		.uuid = vm->config.uuid,
		.ram_size = vm->config.ram_size,
		.budget = align_down(vm->config.overhead, PAGE_SIZE) -
			  (uefirt_is_on(&vm->uefirt) ? UEFIRT_STATE_SIZE : 0U),
		.balloon = &balloon_ops,
		.balloon_ctx = &vm->gmem,
	};
	enum plinth_status status = backdoor_init(&vm->backdoor, &config);

	if (status != PLINTH_OK) {
		*why = "there is not enough free memory for it";
		return status;
	}
	/* Without `vmware;` nobody could ask for them: they are ignored. */
	if (config.vmware) {
		status = add_presets(vm);
	}
	if (status != PLINTH_OK) {
		*why = "its guestinfo has a key twice, too long, or with other characters than it "
		       "may";
	}
	return status;
}
