/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one Plinth to another: soft restart into a new image. The running one hands its state over,
 * whose head is struct handoff_head, in x0 at the other's Image entry, where a devicetree would
 * come from firmware. What the state holds is known by its version and size alone: an image has
 * such a head too (its mark), of the state that it takes, and another one is not entered. Pure.
 */
#ifndef HANDOFF_IMAGE_H
#define HANDOFF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define HANDOFF_MAGIC	   UINT64_C(0x4e49414741544c50) /* "PLTAGAIN" read as bytes */
#define HANDOFF_MARK	   0x800U		/* of an image's mark in its file: boot.lds */
#define HANDOFF_ALIGN	   (UINT64_C(2) << 20)	/* of an image's place */
#define HANDOFF_MEMORY_MAX (UINT64_C(16) << 20) /* more is a broken header */

struct handoff_head {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* of the state, the head included; a multiple of 8 */
	uint32_t crc;  /* CRC-32 of what follows the head; in a mark 0 */
	uint32_t pad;
};

/* Sets head->crc by the head->size bytes from *head on. */
void handoff_seal(struct handoff_head *head);

/* Is what lies at `found` a state of own's kind, and as it was sealed? Of what is none the head's
 * first 24 bytes are read at most. */
bool handoff_is_state(const struct handoff_head *found, const struct handoff_head *own);

/* Checks `size` bytes of a file: whole (cmake/seal.py), a Plinth, and made for a state like own's.
 * *memory: the bytes that it needs from a multiple of HANDOFF_ALIGN on. EINVAL: *why says which it
 * is not. */
enum plinth_status handoff_check_image(const void *file, size_t size,
	const struct handoff_head *own, uint64_t *memory, const char **why);

#endif
