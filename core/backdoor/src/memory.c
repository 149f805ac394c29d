/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's budget: whole blocks of pages, so that one VM's messages never share a page with
 * another's.
 */
#include "arch/copy.h"
#include "backdoor_private.h"
#include "base/bits.h"
#include "base/string.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

enum plinth_status block_alloc(struct backdoor_vm *vm, uint32_t size, struct block *block)
{
	struct backdoor_state *state = vm->state;
	uint64_t budget = vm->config.budget;
	unsigned order = 0;
	pa_t pa;

	while ((PAGE_SIZE << order) < size) {
		order++;
	}
	if (state->used > budget || (PAGE_SIZE << order) > budget - state->used) {
		return PLINTH_ENOMEM;
	}
	enum plinth_status status = pmem_alloc(order, PMEM_ANY | PMEM_USER_CORE, &pa);

	if (status == PLINTH_OK) {
		state->used += PAGE_SIZE << order;
		*block = (struct block){.data = pa_to_va(pa), .order = order};
	}
	return status;
}

void block_free(struct backdoor_vm *vm, struct block block)
{
	if (block.data != NULL) {
		pmem_free(pa_of(block.data), block.order);
		vm->state->used -= PAGE_SIZE << block.order;
	}
}

void block_copy(uint8_t *to, const void *from, uint32_t size)
{
	uint32_t units = (uint32_t)align_down(size, ARCH_COPY_UNIT);

	if (units != 0U) {
		arch_copy(to, from, units);
	}
	memcpy(to + units, (const uint8_t *)from + units, size - units);
}
