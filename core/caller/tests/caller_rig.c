/* SPDX-License-Identifier: Apache-2.0 */
#include "caller_rig.h"

#include <stdlib.h>
#include <string.h>

struct caller_rig caller_rig;

static enum plinth_status translate(void *ctx, uint64_t va, bool write, ipa_t *ipa)
{
	uint64_t page = (va - RIG_VA) / RIG_PAGE;

	(void)ctx;
	caller_rig.translated++;
	if (va < RIG_VA || page >= RIG_PAGES || caller_rig.access[page] == RIG_ABSENT ||
		(write && caller_rig.access[page] == RIG_READ_ONLY)) {
		caller_rig.fault_va = va;
		caller_rig.fault_is_write = write;
		return PLINTH_EFAULT;
	}
	*ipa = ipa_init(va - RIG_VA);
	return PLINTH_OK;
}

/* The place of [ipa, ipa + size), which lies in one page. */
static uint8_t *place(ipa_t ipa, size_t size)
{
	if (ipa.v / RIG_PAGE != (ipa.v + size - 1U) / RIG_PAGE) {
		abort();
	}
	caller_rig.copied++;
	if (ipa.v >= sizeof(caller_rig.memory)) {
		return NULL;
	}
	return caller_rig.access[ipa.v / RIG_PAGE] == RIG_DEVICE ? NULL : &caller_rig.memory[ipa.v];
}

static enum plinth_status copy(void *ctx, const struct gmem_part *parts, unsigned count, bool write)
{
	(void)ctx;
	for (unsigned i = 0; i < count; i++) {
		uint8_t *at = place(parts[i].ipa, parts[i].size);

		if (at == NULL) {
			return PLINTH_EFAULT;
		}
		if (write) {
			memcpy(at, parts[i].from, parts[i].size);
		} else {
			memcpy(parts[i].to, at, parts[i].size);
		}
	}
	return PLINTH_OK;
}

struct caller caller_rig_at(unsigned el)
{
	static const struct caller_memory memory = {translate, copy};

	return (struct caller){.el = el, .memory = &memory};
}
