/* SPDX-License-Identifier: Apache-2.0 */
/* Power states: set-up, and what the core asks and does beside the guest's calls. */
#include "base/atomic.h"
#include "base/check.h"
#include "base/nospec.h"
#include "psci_private.h"

#define AFF0_SIZE 16U /* vCPUs of one Aff0 group: what an SGI's target list can name */
#define AFF_MASK  UINT64_C(0xff00ffffff)

void psci_set_power(struct psci_vm *psci, vcpu_id_t vcpu, enum psci_power power)
{
	lock_assert_held(&psci->lock);
	store_release(&psci->vcpu[vcpu].power, (uint32_t)power);
}

enum psci_power psci_get_power(const struct psci_vm *psci, vcpu_id_t vcpu)
{
	return (enum psci_power)load_acquire(&psci->vcpu[vcpu].power);
}

void psci_init(struct psci_vm *psci, const struct psci_ops *ops, void *ctx, struct psci_vcpu *vcpu,
	uint32_t vcpu_count)
{
	*psci = (struct psci_vm){.ops = ops,
		.ctx = ctx,
		.vcpu = vcpu,
		.vcpu_count = vcpu_count,
		.limit = vcpu_count};
	lock_init(&psci->lock, LOCK_RANK_VM);
	psci_reset(psci);
}

void psci_reset(struct psci_vm *psci)
{
	lock_take(&psci->lock);
	for (vcpu_id_t i = 0; i < psci->vcpu_count; i++) {
		psci->vcpu[i].woken = false;
		psci->vcpu[i].start = (struct psci_start){0};
		psci->vcpu[i].resume = (struct psci_start){0};
		psci_set_power(psci, i, PSCI_POWER_OFF);
	}
	lock_drop(&psci->lock);
}

void psci_boot(struct psci_vm *psci, const struct psci_start *start)
{
	lock_take(&psci->lock);
	PLINTH_CHECK(psci_get_power(psci, 0) == PSCI_POWER_OFF);
	psci->vcpu[0].start = *start;
	psci_set_power(psci, 0, PSCI_POWER_ON_PENDING);
	psci->ops->start_vcpu(psci->ctx, 0);
	lock_drop(&psci->lock);
}

bool psci_set_limit(struct psci_vm *psci, uint32_t count)
{
	if (count == 0U || count > psci->vcpu_count) {
		return false;
	}
	lock_take(&psci->lock);
	psci->limit = count;
	lock_drop(&psci->lock);
	return true;
}

uint32_t psci_limit(struct psci_vm *psci)
{
	lock_take(&psci->lock);
	uint32_t limit = psci->limit;

	lock_drop(&psci->lock);
	return limit;
}

mpidr_t psci_mpidr(vcpu_id_t vcpu)
{
	return (mpidr_t)(vcpu / AFF0_SIZE) << 8 | vcpu % AFF0_SIZE;
}

bool psci_find(const struct psci_vm *psci, uint64_t target, vcpu_id_t *vcpu)
{
	uint64_t group = (target & AFF_MASK) >> 8;
	uint64_t index = group * AFF0_SIZE + (target & 0xffU);

	if ((target & ~AFF_MASK) != 0U || (target & 0xffU) >= AFF0_SIZE || group > 0xffU ||
		index >= psci->vcpu_count) {
		return false;
	}
	*vcpu = (vcpu_id_t)index_nospec(index, psci->vcpu_count);
	return true;
}

bool psci_entry_is_valid(const struct psci_vm *psci, uint64_t entry)
{
	return (entry & 3U) == 0U && psci->ops->is_memory(psci->ctx, ipa_init(entry));
}

uint32_t psci_count_on(const struct psci_vm *psci)
{
	uint32_t count = 0;

	lock_assert_held(&psci->lock);
	for (vcpu_id_t i = 0; i < psci->vcpu_count; i++) {
		count += psci_get_power(psci, i) != PSCI_POWER_OFF ? 1U : 0U;
	}
	return count;
}

bool psci_is_suspended(const struct psci_vm *psci, vcpu_id_t vcpu)
{
	return psci_get_power(psci, vcpu) == PSCI_POWER_SUSPENDED;
}

bool psci_wake(struct psci_vm *psci)
{
	bool found = false;

	lock_take(&psci->lock);
	for (vcpu_id_t i = 0; i < psci->vcpu_count; i++) {
		if (psci_is_suspended(psci, i)) {
			psci->vcpu[i].woken = true;
			psci->ops->wake_vcpu(psci->ctx, i);
			found = true;
		}
	}
	lock_drop(&psci->lock);
	return found;
}

/* The slots are read under the lock: their owner is this vCPU from now on, and the next CPU_ON
 * may fill the start slot only after another CPU_OFF. */
static enum psci_entry enter_locked(
	struct psci_vm *psci, vcpu_id_t id, bool interrupt_pending, struct psci_start *start)
{
	const struct psci_vcpu *vcpu = &psci->vcpu[id];

	switch (psci_get_power(psci, id)) {
	case PSCI_POWER_ON_PENDING:
		*start = vcpu->start;
		break;
	case PSCI_POWER_SUSPENDED:
		if (!interrupt_pending && !vcpu->woken) {
			return PSCI_ENTRY_SLEEP;
		}
		*start = vcpu->resume;
		break;
	case PSCI_POWER_ON:
		return PSCI_ENTRY_RUN;
	case PSCI_POWER_OFF:
		PANIC("vcpu %u was scheduled while off", id);
	}
	psci_set_power(psci, id, PSCI_POWER_ON);
	return PSCI_ENTRY_START;
}

enum psci_entry psci_entry(
	struct psci_vm *psci, vcpu_id_t vcpu, bool interrupt_pending, struct psci_start *start)
{
	enum psci_entry entry;

	lock_take(&psci->lock);
	entry = enter_locked(psci, vcpu, interrupt_pending, start);
	lock_drop(&psci->lock);
	return entry;
}
