/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_pen.h"

#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "base/types.h"
#include "guest_pen/code.h"
#include "guest_pen/layout.h"

STATIC_ASSERT(PEN_WORDS_OFFSET + ((size_t)VM_VCPU_MAX << PEN_WORD_SHIFT) <= PAGE_SIZE, "one page");
STATIC_ASSERT((1U << PEN_MAILBOX_SHIFT) == PAGE_SIZE, "a mailbox is a page");

size_t guest_pen_reserved(const struct vmdesc *desc)
{
	switch (desc->secondary_boot) {
	case VMDESC_PSCI:
		return 0;
	case VMDESC_SPIN_TABLE:
		return VMDESC_PAGE_MAX;
	case VMDESC_PARKING:
		break;
	}
	return align_up((size_t)desc->vcpu_count << PEN_MAILBOX_SHIFT, VMDESC_PAGE_MAX);
}

/* The pen runs little-endian, and so does the loader wherever it runs. */
void guest_pen_write(
	const struct vmdesc *desc, const struct loader_host *host, uint64_t entry, void *page)
{
	uint8_t *bytes = page;
	size_t size = (uintptr_t)guest_pen_code_end - (uintptr_t)guest_pen_code;
	uint32_t protocol = desc->secondary_boot == VMDESC_PARKING ? PEN_PROTOCOL_PARKING
								   : PEN_PROTOCOL_SPIN_TABLE;

	PLINTH_CHECK(size >= PEN_PARAMS_END && size <= PEN_WORDS_OFFSET);
	memset(bytes, 0, PAGE_SIZE);
	memcpy(bytes, guest_pen_code, size);
	memcpy(bytes + PEN_PROTOCOL_OFFSET, &protocol, sizeof(protocol));
	memcpy(bytes + PEN_ENTRY_OFFSET, &entry, sizeof(entry));
	memcpy(bytes + PEN_COUNT_OFFSET, &desc->vcpu_count, sizeof(desc->vcpu_count));
	memcpy(bytes + PEN_GIC_OFFSET, &host->gic_version, sizeof(host->gic_version));
}

uint64_t guest_pen_release_address(uint64_t pen, uint32_t vcpu)
{
	return pen + PEN_WORDS_OFFSET + ((uint64_t)vcpu << PEN_WORD_SHIFT);
}

uint64_t guest_pen_mailbox(uint64_t pen, uint32_t vcpu)
{
	return vcpu == 0 ? 0 : pen + ((uint64_t)vcpu << PEN_MAILBOX_SHIFT);
}
