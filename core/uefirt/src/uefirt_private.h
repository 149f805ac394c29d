/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's state behind its runtime services, and the services: each with uefirt_vm.lock held.
 */
#ifndef UEFIRT_PRIVATE_H
#define UEFIRT_PRIVATE_H

#include "base/compiler.h"
#include "nvstore/nvstore.h"
#include "uefirt/uefirt.h"

#define UEFIRT_STATE_ORDER 4U

struct region {
	uint64_t base;
	uint64_t size;
	uint64_t virtual; /* once `is_virtual` */
};

/* SetVirtualAddressMap's map as it is being read, UEFIRT_MAP_STEP entries at a time. */
struct map_reading {
	uint64_t x[4]; /* of the calls */
	uint64_t next; /* entry; 0: none is being read */
	uint64_t virtual[UEFI_RT_REGION_MAX];
	uint32_t is_mapped; /* bit n: region n has a virtual address */
};

struct uefirt_state {
	struct nvstore store;
	bool at_runtime; /* ExitBootServices has been called */
	bool is_virtual; /* SetVirtualAddressMap has, too */
	uint32_t mask;	 /* of services that the firmware has published, once at_runtime */
	uint32_t region_count;
	struct region region[UEFI_RT_REGION_MAX];
	struct map_reading map;
	int16_t timezone;
	uint8_t daylight;
	/* The variable that GetNextVariableName named last: enumeration goes on behind it although
	 * it may have been deleted. last_size 0: none. */
	uint64_t last_guid[2];
	uint32_t last_size;
	ALIGNED(NVSTORE_ALIGN) uint8_t last_name[UEFI_VAR_NAME_MAX];
	/* Of the present call. */
	ALIGNED(NVSTORE_ALIGN) uint8_t name[UEFI_VAR_NAME_MAX];
	uint64_t data[UEFI_VAR_DATA_MAX / sizeof(uint64_t)];
	uint64_t words[NVSTORE_WORDS(UEFIRT_KEPT_MAX, UEFIRT_LOST_MAX)]; /* of store */
};

struct call {
	struct uefirt_vm *vm;
	struct uefirt_state *state;
	const uint64_t *x;
	const struct caller *caller;
	enum outcome outcome;
};

/* The EFI_STATUS. */
typedef uint64_t uefirt_service_fn(struct call *call);

/* The services of the list, by its names: uefirt_get_time and so on. */
#define UEFIRT_DECLARE(operand, name) uefirt_service_fn uefirt_##name;
UEFI_RT_SERVICES(UEFIRT_DECLARE)
uefirt_service_fn uefirt_enter_runtime;

/* Are non-volatile variables accepted? */
static inline bool uefirt_keeps(const struct uefirt_vm *vm)
{
	return vm->config.ops->keeps(vm->config.ctx);
}

/* uefirt_time.c: the clock's zone, as EFI_TIME has it. False: that is none, and nothing changes. */
bool uefirt_set_zone(struct uefirt_state *state, int16_t timezone, uint8_t daylight);

/* `size` bytes from or to the caller's `va`. False: the pointer is null or bad. */
bool call_read(const struct call *call, uint64_t va, void *buf, uint32_t size);
bool call_write(const struct call *call, uint64_t va, const void *buf, uint32_t size);

/* The same for a few pieces in turn, as caller_copy_parts(). */
static inline bool call_copy(const struct call *call, const uint64_t va[], struct gmem_part parts[],
	unsigned count, bool write)
{
	return caller_copy_parts(call->caller, va, parts, count, write) == PLINTH_OK;
}

#endif
