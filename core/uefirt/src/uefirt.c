/* SPDX-License-Identifier: Apache-2.0 */
#include "uefirt/uefirt.h"

#include "base/bits.h"
#include "base/nospec.h"
#include "base/string.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

#include "uefirt_private.h"

#define META_ZONE_SHIFT	    32U
#define META_ZONE_WIDTH	    16U
#define META_DAYLIGHT_SHIFT 48U
#define META_DAYLIGHT_WIDTH 8U

_Static_assert(sizeof(struct uefirt_state) <= UEFIRT_STATE_SIZE, "in its pages");
_Static_assert(UEFIRT_STATE_SIZE == PAGE_SIZE << UEFIRT_STATE_ORDER, "whole blocks");
_Static_assert(UEFI_VAR_NAME_MAX == NVSTORE_NAME_MAX && UEFI_VAR_DATA_MAX == NVSTORE_DATA_MAX,
	"what the services take, the store does");

#define SERVICE_ROW(operand, name) [(operand)-UEFI_RT_FIRST] = uefirt_##name,

static uefirt_service_fn *const services[] = {
	UEFI_RT_SERVICES(SERVICE_ROW)[UEFI_RT_ENTER_RUNTIME - UEFI_RT_FIRST] = uefirt_enter_runtime,
};

#define SERVICE_COUNT (sizeof(services) / sizeof(services[0]))

enum plinth_status uefirt_init(struct uefirt_vm *vm, const struct uefirt_config *config)
{
	enum plinth_status status =
		pmem_alloc(UEFIRT_STATE_ORDER, PMEM_CLEAN | PMEM_USER_CORE, &vm->pages);

	if (status != PLINTH_OK) {
		return status;
	}
	vm->config = *config;
	vm->state = pa_to_va(vm->pages);
	vm->state->timezone = UEFI_TIMEZONE_NONE;
	nvstore_init(&vm->state->store, vm->state->words, UEFIRT_KEPT_MAX, UEFIRT_LOST_MAX);
	lock_init(&vm->lock, LOCK_RANK_VM);
	return PLINTH_OK;
}

void uefirt_fini(struct uefirt_vm *vm)
{
	if (vm->state != NULL) {
		pmem_free(vm->pages, UEFIRT_STATE_ORDER);
		vm->state = NULL;
	}
}

void uefirt_reset(struct uefirt_vm *vm)
{
	struct uefirt_state *state = vm->state;

	if (state == NULL) {
		return;
	}
	lock_take(&vm->lock);
	state->at_runtime = false;
	state->is_virtual = false;
	state->region_count = 0;
	state->map.next = 0;
	state->last_size = 0;
	nvstore_forget(&state->store);
	lock_drop(&vm->lock);
}

bool call_read(const struct call *call, uint64_t va, void *buf, uint32_t size)
{
	bool refused;

	return va != 0U && caller_read(call->caller, va, buf, size, &refused) == PLINTH_OK;
}

bool call_write(const struct call *call, uint64_t va, const void *buf, uint32_t size)
{
	bool refused;

	return va != 0U && caller_write(call->caller, va, buf, size, &refused) == PLINTH_OK;
}

/* Once boot services are gone the firmware's mask says what there is. */
static bool is_published(const struct uefirt_state *state, uint64_t index)
{
	return !state->at_runtime || index == UEFI_RT_ENTER_RUNTIME - UEFI_RT_FIRST ||
	       (state->mask >> index & 1U) != 0U;
}

enum outcome uefirt_call(struct uefirt_vm *vm, uint32_t operand, uint64_t x[UEFIRT_ARGS],
	const struct caller *caller)
{
	uint64_t index = index_nospec(operand - UEFI_RT_FIRST, SERVICE_COUNT);
	struct call call = {
		.vm = vm,
		.state = vm->state,
		.x = x,
		.caller = caller,
		.outcome = OUTCOME_RESUME,
	};
	uint64_t status = UEFI_UNSUPPORTED;

	lock_take(&vm->lock);
	if (services[index] != NULL && is_published(vm->state, index)) {
		status = services[index](&call);
	}
	lock_drop(&vm->lock);
	x[0] = status;
	return call.outcome;
}

uint64_t uefirt_reset_system(struct call *call)
{
	call->outcome = call->x[0] == UEFI_RESET_SHUTDOWN ? OUTCOME_VM_OFF : OUTCOME_VM_RESET;
	return UEFI_SUCCESS;
}

static void describe(const struct nvstore_record *record, struct uefirt_variable *variable)
{
	const uint8_t *name = nvstore_name(record);
	uint32_t i = 0;

	memcpy(&variable->guid, record->guid, sizeof(variable->guid));
	variable->attributes = record->attributes;
	variable->size = record->data_size;
	for (; i < UEFIRT_NAME_SIZE - 1U && 2U * i + 2U < record->name_size; i++) {
		bool is_ascii =
			name[2U * i + 1U] == 0U && name[2U * i] > ' ' && name[2U * i] <= '~';

		variable->name[i] = is_ascii ? (char)name[2U * i] : '?';
	}
	variable->name[i] = '\0';
}

enum plinth_status uefirt_variable(
	struct uefirt_vm *vm, uint32_t index, struct uefirt_variable *variable)
{
	const struct nvstore_record *record;

	if (vm->state == NULL) {
		return PLINTH_ENOENT;
	}
	lock_take(&vm->lock);
	record = nvstore_at(&vm->state->store, index);
	if (record != NULL) {
		describe(record, variable);
	}
	lock_drop(&vm->lock);
	return record != NULL ? PLINTH_OK : PLINTH_ENOENT;
}

void uefirt_get_usage(struct uefirt_vm *vm, struct uefirt_usage *usage)
{
	const struct uefirt_state *state = vm->state;

	*usage = (struct uefirt_usage){0};
	if (state == NULL) {
		return;
	}
	lock_take(&vm->lock);
	*usage = (struct uefirt_usage){
		.kept = state->store.kept.used,
		.lost = state->store.lost.used,
		.keeps = uefirt_keeps(vm),
		.at_runtime = state->at_runtime,
	};
	lock_drop(&vm->lock);
}

enum plinth_status uefirt_export(struct uefirt_vm *vm, void *buf, uint32_t *size, uint64_t *meta)
{
	const struct uefirt_state *state = vm->state;

	if (state == NULL) {
		return PLINTH_ENOENT;
	}
	lock_take(&vm->lock);
	*size = nvstore_export(&state->store, buf);
	*meta = vrtc_offset(vm->config.rtc) | FIELD_PREP(META_ZONE, (uint16_t)state->timezone) |
		FIELD_PREP(META_DAYLIGHT, state->daylight);
	lock_drop(&vm->lock);
	return PLINTH_OK;
}

static void set_clock(const struct uefirt_vm *vm, uint64_t meta)
{
	vrtc_set_offset(vm->config.rtc, (uint32_t)meta);
	uefirt_set_zone(vm->state, (int16_t)FIELD_GET(meta, META_ZONE),
		(uint8_t)FIELD_GET(meta, META_DAYLIGHT));
}

enum plinth_status uefirt_import(
	struct uefirt_vm *vm, const void *image, uint32_t size, uint64_t meta)
{
	if (vm->state == NULL) {
		return PLINTH_ENOENT;
	}
	lock_take(&vm->lock);
	enum plinth_status status = nvstore_import(&vm->state->store, image, size);

	if (status == PLINTH_OK) {
		set_clock(vm, meta);
	}
	lock_drop(&vm->lock);
	return status;
}

enum plinth_status uefirt_take(
	struct uefirt_vm *vm, const void *image, const struct nvstore_check *check, uint64_t meta)
{
	if (vm->state == NULL) {
		return PLINTH_ENOENT;
	}
	lock_take(&vm->lock);
	enum plinth_status status = nvstore_take(&vm->state->store, image, check);

	if (status == PLINTH_OK) {
		set_clock(vm, meta);
	}
	lock_drop(&vm->lock);
	return status;
}
