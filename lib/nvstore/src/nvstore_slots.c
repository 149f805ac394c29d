/* SPDX-License-Identifier: Apache-2.0 */
#include "nvstore/nvstore_slots.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/bits.h"
#include "base/string.h"
#include "crc/crc.h"

#define HEAD	    ((uint32_t)sizeof(struct nvstore_piece))
#define CRC_COVERED offsetof(struct nvstore_piece, generation)

_Static_assert(sizeof(struct nvstore_piece) == 40U, "on the medium");

static uint32_t count_of(uint32_t image_size)
{
	uint32_t count = (image_size + NVSTORE_PIECE_PAYLOAD - 1U) / NVSTORE_PIECE_PAYLOAD;

	return count != 0U ? count : 1U;
}

static uint32_t payload_of(uint32_t image_size, uint32_t index)
{
	return (uint32_t)min_u64(image_size - index * NVSTORE_PIECE_PAYLOAD, NVSTORE_PIECE_PAYLOAD);
}

static uint32_t crc_of(const union nvstore_buffer *buffer, uint32_t size)
{
	return crc32(0, buffer->bytes + CRC_COVERED, size - CRC_COVERED);
}

/* Piece `index` of the slot into the buffer, if it is a sound one of an image of at most `max`
 * bytes. */
static enum plinth_status read_piece(
	const struct nvstore_slots *slots, unsigned slot, uint32_t index, uint32_t max)
{
	const struct nvstore_piece *piece = &slots->buffer->piece;
	uint32_t size;
	enum plinth_status status = slots->medium->read(
		slots->ctx, slot, index, slots->buffer->bytes, NVSTORE_PIECE_SIZE, &size);

	if (status != PLINTH_OK) {
		return status;
	}
	if (size < HEAD || size > NVSTORE_PIECE_SIZE || piece->magic != NVSTORE_MAGIC ||
		piece->version != NVSTORE_VERSION || piece->generation == UINT64_MAX ||
		piece->crc != crc_of(slots->buffer, size) || piece->image_size > max ||
		piece->index != index || index >= count_of(piece->image_size) ||
		size != HEAD + payload_of(piece->image_size, index)) {
		return PLINTH_EINVAL;
	}
	return PLINTH_OK;
}

static bool load_slot(
	const struct nvstore_slots *slots, unsigned slot, struct nvstore_image *image, uint32_t max)
{
	const struct nvstore_piece *piece = &slots->buffer->piece;
	uint32_t index = 0;

	do {
		if (read_piece(slots, slot, index, max) != PLINTH_OK) {
			return false;
		}
		if (index == 0U) {
			image->size = piece->image_size;
			image->generation = piece->generation;
			image->meta = piece->meta;
			image->slot = slot;
		} else if (piece->generation != image->generation ||
			   piece->image_size != image->size) {
			return false;
		}
		memcpy(image->bytes + index * NVSTORE_PIECE_PAYLOAD, slots->buffer->bytes + HEAD,
			payload_of(image->size, index));
		index++;
	} while (index < count_of(image->size));
	return true;
}

/* The generation of the slot's first piece, 0: it has no sound one. *highest: of all its pieces, if
 * that is higher. *is_there: it has a piece of any kind. */
static uint64_t survey(const struct nvstore_slots *slots, unsigned slot, uint32_t max,
	uint64_t *highest, bool *is_there)
{
	uint64_t first = 0;

	for (uint32_t index = 0; index < count_of(max); index++) {
		enum plinth_status status = read_piece(slots, slot, index, max);

		*is_there = *is_there || status != PLINTH_ENOENT;
		if (status == PLINTH_OK) {
			*highest = max_u64(*highest, slots->buffer->piece.generation);
			first = index == 0U ? slots->buffer->piece.generation : first;
		}
	}
	return first;
}

enum plinth_status nvstore_load(const struct nvstore_slots *slots, struct nvstore_image *image,
	uint32_t max, uint64_t *highest)
{
	uint64_t first[NVSTORE_SLOTS];
	bool is_there = false;
	unsigned newest;

	*highest = 0;
	for (unsigned slot = 0; slot < NVSTORE_SLOTS; slot++) {
		first[slot] = survey(slots, slot, max, highest, &is_there);
	}
	newest = first[1] > first[0] ? 1U : 0U;
	for (unsigned i = 0; i < NVSTORE_SLOTS; i++) {
		if (load_slot(slots, newest ^ i, image, max) &&
			slots->medium->take(slots->ctx, image)) {
			return PLINTH_OK;
		}
	}
	return is_there ? PLINTH_EINVAL : PLINTH_ENOENT;
}

enum plinth_status nvstore_save_step(
	const struct nvstore_slots *slots, const struct nvstore_image *image, uint32_t *index)
{
	union nvstore_buffer *buffer = slots->buffer;
	uint32_t payload = payload_of(image->size, *index);
	enum plinth_status status;

	buffer->piece = (struct nvstore_piece){
		.magic = NVSTORE_MAGIC,
		.version = NVSTORE_VERSION,
		.generation = image->generation,
		.meta = image->meta,
		.image_size = image->size,
		.index = *index,
	};
	memcpy(buffer->bytes + HEAD, image->bytes + *index * NVSTORE_PIECE_PAYLOAD, payload);
	buffer->piece.crc = crc_of(buffer, HEAD + payload);
	status = slots->medium->write(
		slots->ctx, image->slot, *index, buffer->bytes, HEAD + payload);
	if (status != PLINTH_OK) {
		return status;
	}
	(*index)++;
	return *index < count_of(image->size) ? PLINTH_EAGAIN : PLINTH_OK;
}
