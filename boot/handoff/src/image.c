/* SPDX-License-Identifier: Apache-2.0 */
#include "handoff/image.h"

#include "base/compiler.h"
#include "base/string.h"
#include "crc/ieee.h"

/* Of an arm64 Image (booting.rst): its size in memory, a u64. */
#define IMAGE_SIZE_OFFSET 16U

/* CRC-32 of any bytes with their own CRC-32 behind them, the lowest byte first. */
#define CRC_OF_SEALED UINT32_C(0x2144df1c)

STATIC_ASSERT(sizeof(struct handoff_head) == 24, "no padding");

static uint32_t crc_of(const struct handoff_head *head)
{
	return crc_ieee(0, head + 1, head->size - sizeof(*head));
}

static bool is_alike(const struct handoff_head *a, const struct handoff_head *b)
{
	return a->version == b->version && a->size == b->size;
}

void handoff_seal(struct handoff_head *head)
{
	head->crc = crc_of(head);
}

bool handoff_is_state(const struct handoff_head *found, const struct handoff_head *own)
{
	return found->magic == own->magic && is_alike(found, own) && found->crc == crc_of(found);
}

enum plinth_status handoff_check_image(const void *file, size_t size,
	const struct handoff_head *own, uint64_t *memory, const char **why)
{
	struct handoff_head mark = {0};

	if (size >= HANDOFF_MARK + sizeof(mark)) {
		memcpy(&mark, (const uint8_t *)file + HANDOFF_MARK, sizeof(mark));
		memcpy(memory, (const uint8_t *)file + IMAGE_SIZE_OFFSET, sizeof(*memory));
	}
	if (mark.magic != own->magic) {
		*why = "no Plinth that can be restarted into";
	} else if (crc_ieee(0, file, size) != CRC_OF_SEALED) {
		*why = "broken: its checksum is wrong";
	} else if (!is_alike(&mark, own)) {
		*why = "another version of it that cannot take this machine over";
	} else if (*memory < size || *memory > HANDOFF_MEMORY_MAX) {
		*why = "an Image of a size that makes no sense";
	} else {
		return PLINTH_OK;
	}
	return PLINTH_EINVAL;
}
