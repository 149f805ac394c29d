/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store's image on a medium that loses power at any moment: two slots, written in turn, each of
 * pieces that are checked and carry the generation of the image they are of. The newest image that
 * is whole counts. While one is written the other slot has the one before, whole; so a write that
 * is cut short, or any number of them, loses nothing but itself.
 */
#ifndef NVSTORE_NVSTORE_SLOTS_H
#define NVSTORE_NVSTORE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define NVSTORE_SLOTS	      2U
#define NVSTORE_PIECE_SIZE    2048U /* at most, with its header */
#define NVSTORE_VERSION	      1U
#define NVSTORE_MAGIC	      UINT64_C(0x4d41525648544c50) /* "PLTHVRAM" read as bytes */
#define NVSTORE_PIECE_PAYLOAD (NVSTORE_PIECE_SIZE - (uint32_t)sizeof(struct nvstore_piece))

/* The start of a piece, little-endian; a part of the image follows: NVSTORE_PIECE_PAYLOAD bytes,
 * the last piece the rest. An empty image is one piece. */
struct nvstore_piece {
	uint64_t magic;
	uint32_t version;
	uint32_t crc; /* CRC-32 of all behind it, to the end of the piece */
	uint64_t generation;
	uint64_t meta;	     /* the user's, the same in all pieces */
	uint32_t image_size; /* bytes of the whole image */
	uint32_t index;	     /* of the piece */
};

struct nvstore_image {
	uint8_t *bytes;
	uint32_t size;
	unsigned slot; /* where it is, or goes */
	uint64_t generation;
	uint64_t meta;
};

/* Pieces are written and read whole, but a write may be cut short: what is read then may be
 * anything. */
struct nvstore_medium {
	/* ENOENT: there is none. Any other error: it cannot be read. */
	enum plinth_status (*read)(
		void *ctx, unsigned slot, uint32_t index, void *buf, uint32_t max, uint32_t *size);
	enum plinth_status (*write)(
		void *ctx, unsigned slot, uint32_t index, const void *buf, uint32_t size);
	/* A whole image, to be taken or refused (a CRC is no seal): then the older one may do. */
	bool (*take)(void *ctx, const struct nvstore_image *image);
};

union nvstore_buffer {
	struct nvstore_piece piece;
	uint8_t bytes[NVSTORE_PIECE_SIZE];
};

struct nvstore_slots {
	const struct nvstore_medium *medium;
	void *ctx;
	union nvstore_buffer *buffer; /* for one call at a time */
};

/* The newest whole image that take() takes, into image->bytes, which has room for `max`; then the
 * rest of *image. *highest, in any case: the highest generation of any piece, 0: there is none.
 * ENOENT: there is no piece. EINVAL: there are only pieces, or images that are refused. */
enum plinth_status nvstore_load(const struct nvstore_slots *slots, struct nvstore_image *image,
	uint32_t max, uint64_t *highest);

/* Writes piece *index of the image (start: 0) and counts it up. The slot is not the one that has
 * the newest whole image, and the generation is higher than of any piece so far: those of a former
 * try too, or two halves could pass for one image. EAGAIN: there is more. OK: all of it is there.
 * Else what write() said: what was there before counts. */
enum plinth_status nvstore_save_step(
	const struct nvstore_slots *slots, const struct nvstore_image *image, uint32_t *index);

#endif
