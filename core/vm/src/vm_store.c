/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The images of a VM that is made while others run: in one piece of memory, filled from its start
 * to its end, so that no byte of whoever had it before is ever shown.
 */
#include "base/bits.h"
#include "base/string.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

#include "vm_private.h"

void vm_give_pages(pa_t block, uint64_t from, uint64_t to)
{
	while (from < to) {
		unsigned order = bit_highest(to - from);

		if (from != 0U && bit_lowest(from) < order) {
			order = bit_lowest(from);
		}
		pmem_free(pa_add(block, from * PAGE_SIZE), order);
		from += BIT(order);
	}
}

enum plinth_status vm_store_alloc(struct vm *vm, uint64_t size)
{
	uint64_t pages = align_up(size, PAGE_SIZE) / PAGE_SIZE;
	unsigned order = vm_order_for(size);

	if (pages == 0U) {
		return PLINTH_OK;
	}
	enum plinth_status status = pmem_alloc(order, PMEM_ANY | PMEM_USER_GUEST, &vm->store.block);

	if (status == PLINTH_OK) {
		vm_give_pages(vm->store.block, pages, BIT(order));
		vm->store.pages = pages;
		vm->store.size = size;
	}
	return status;
}

void vm_store_free(struct vm *vm)
{
	if (vm->store.pages != 0U) {
		/* Guests have executed from it: who has it next must not find that. */
		coh_do(COH_EXEC_LOST_BY_ALL, 0, 0, &vm->gmem.counters.coh);
	}
	vm_give_pages(vm->store.block, 0, vm->store.pages);
	vm->store = (struct vm_store){0};
}

enum plinth_status vm_store_put(struct vm *vm, uint64_t at, const void *bytes, uint32_t size)
{
	struct vm_store *store = &vm->store;
	uint8_t *to = pa_to_va(pa_add(store->block, at));
	uint64_t whole = align_up(size, PAGE_SIZE);

	/* Whole pages but for the last, whose rest no image has. */
	if (at != store->filled || size > store->size - at || size == 0U ||
		(size != whole && at + size != store->size)) {
		return PLINTH_EINVAL;
	}
	memcpy(to, bytes, size);
	/* Guests see it where it is, past the caches, too: nobody's bytes may be below. */
	coh_do(COH_PAGE_TO_MMU_OFF_GUEST, (uintptr_t)to, whole, &vm->gmem.counters.coh);
	store->filled += size;
	return PLINTH_OK;
}
