/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a guest's software that called Plinth, by its own addresses: each page is
 * translated by stage 1 as it is at the caller's level, all of them before the first byte is
 * copied, so a fault leaves nothing half done. Another vCPU that changes the tables in between
 * changes only what its own guest gets.
 */
#ifndef CALLER_CALLER_H
#define CALLER_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/types.h"
#include "gmem/gmem.h"

/* How the memory is reached. All of it on the calling vCPU's own CPU, while the locks of the module
 * that copies are held (LOCK_RANK_DEVICE at most). */
struct caller_memory {
	/* The caller's virtual address to its IPA, by stage 1 at the caller's level, for reading or
	 * writing. EFAULT: the caller may not do that (the callee has noted why). */
	enum plinth_status (*translate)(void *ctx, uint64_t va, bool write, ipa_t *ipa);
	/* As gmem_copy_parts(). Any error: not memory of this VM. */
	enum plinth_status (*copy)(
		void *ctx, const struct gmem_part *parts, unsigned count, bool write);
};

struct caller {
	unsigned el; /* 0 or 1 */
	const struct caller_memory *memory;
	void *ctx; /* of memory */
};

#define CALLER_COPY_MAX	 UINT32_C(0x10000)
#define CALLER_PARTS_MAX 4U

/* Copies `size` bytes, at most CALLER_COPY_MAX, from or to the caller's `va`; whatever alignment.
 * Behind the last address comes address 0. *refused: whether translate() refused, and
 * nothing was copied; the status is its own then. Else what copy() said; up to there it
 * is copied. Size 0 is OK and looks at nothing. */
enum plinth_status caller_read(
	const struct caller *caller, uint64_t va, void *buf, uint32_t size, bool *refused);
enum plinth_status caller_write(
	const struct caller *caller, uint64_t va, const void *buf, uint32_t size, bool *refused);

/* What translate() found, inside one page, to `to` or from `from`: the other one is NULL. */
static inline enum plinth_status caller_copy_ipa(
	const struct caller *caller, ipa_t ipa, void *to, const void *from, size_t size)
{
	struct gmem_part part = {.ipa = ipa, .size = size, .to = to};

	if (to == NULL) {
		part.from = from;
	}
	return caller->memory->copy(caller->ctx, &part, 1, to == NULL);
}

/*
 * caller_read() or caller_write() of a few pieces in turn, at most CALLER_PARTS_MAX and
 * CALLER_COPY_MAX bytes in all, at the price of little more than one where they are small: parts[i]
 * is at the caller's va[i], its size set, at least 1, and where to copy it to or from; its ipa is
 * scratch. A null pointer is EFAULT. All are translated before the first is copied, so where
 * translate() refuses the call can be made again. When a copy fails, some of them may be copied.
 */
enum plinth_status caller_copy_parts(const struct caller *caller, const uint64_t va[],
	struct gmem_part parts[], unsigned count, bool write);

#endif
