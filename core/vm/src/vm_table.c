/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of VMs. Who looks one up may use it until its CPU's exit ends: what is taken out of the
 * table goes away only when every CPU has been elsewhere since (vm_leave.c).
 */
#include "vm/vm_table.h"

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/string.h"

#include "vm_private.h"

/* What others find: atomic. */
static struct vm *listed[VM_MAX];
/* All there are, half-built and leaving ones too. A slot is taken under the lock of control calls
 * (or at boot), and given back by vm_leave.c. Atomic. */
static struct vm *slots[VM_MAX];
/* No slot at or above it was ever taken; who takes one raises it first. Atomic. */
static uint32_t end;

struct vm *vm_get(vm_id_t id)
{
	return id < VM_MAX ? load_acquire(&listed[id]) : NULL;
}

static struct vm *next_of(struct vm *const *table, uint32_t *id)
{
	struct vm *vm = NULL;

	while (vm == NULL && *id < load_relaxed(&end)) {
		vm = load_acquire(&table[*id]);
		(*id)++;
	}
	return vm;
}

struct vm *vm_next(uint32_t *id)
{
	return next_of(listed, id);
}

struct vm *vm_next_slot(uint32_t *id)
{
	return next_of(slots, id);
}

uint32_t vm_count(void)
{
	uint32_t count = 0;

	for (uint32_t id = 0; vm_next(&id) != NULL;) {
		count++;
	}
	return count;
}

/* By words, for names may be alike but for their ends, and VMs many. */
struct name {
	uint64_t word[VM_NAME_SIZE / sizeof(uint64_t)];
};

STATIC_ASSERT(sizeof(struct name) == VM_NAME_SIZE, "whole words");

static struct name name_of(const struct vm *vm)
{
	struct name name;

	memcpy(&name, vm->config.name, sizeof(name));
	return name;
}

static bool is_same(const struct name *a, const struct name *b)
{
	uint64_t differs = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(a->word); i++) {
		differs |= a->word[i] ^ b->word[i];
	}
	return differs == 0U;
}

struct vm *vm_find_some(const char *name, uint32_t *id, uint32_t count)
{
	uint32_t stop = count < VM_MAX - *id ? *id + count : VM_MAX;
	struct name wanted = {0};

	memcpy(&wanted, name, strnlen(name, VM_NAME_SIZE));
	for (; *id < stop; (*id)++) {
		struct vm *vm = vm_get((vm_id_t)*id);

		if (vm != NULL) {
			struct name own = name_of(vm);

			if (is_same(&own, &wanted)) {
				return vm;
			}
		}
	}
	if (*id >= load_relaxed(&end)) {
		*id = VM_MAX;
	}
	return NULL;
}

struct vm *vm_find(const char *name)
{
	uint32_t id = 0;

	return vm_find_some(name, &id, VM_MAX);
}

bool vm_take_slot(struct vm *vm)
{
	for (uint32_t id = 0; id < VM_MAX; id++) {
		if (load_relaxed(&slots[id]) == NULL) {
			vm->id = (vm_id_t)id;
			store_relaxed(&end, id < end ? end : id + 1U);
			store_release(&slots[id], vm);
			return true;
		}
	}
	return false;
}

void vm_drop_slot(const struct vm *vm)
{
	store_release(&slots[vm->id], NULL);
}

void vm_show(struct vm *vm)
{
	store_release(&listed[vm->id], vm); /* pairs with the loads here: all of it is seen */
}

void vm_hide(const struct vm *vm)
{
	store_release(&listed[vm->id], NULL);
}
