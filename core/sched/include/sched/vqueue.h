/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entities by virtual runtime, at a cost that does not grow with their number: two rings of
 * buckets, each a list in order of arrival. A bucket of the coarse ring is as wide as the whole
 * fine ring; who is further ahead than that waits in the coarse one, and in its last bucket who is
 * ahead of that, too.
 *
 * What that costs in order: of two that wait in one bucket the later may be ahead by its width.
 * Keys are exact, so such errors do not add up.
 *
 * `floor` is where the rings begin. It never falls, and rises to the key of vqueue_first() at most:
 * that one is of the first bucket in its ring, so all that wait are in buckets from the floor's on.
 * Who comes in below it is in the floor's own bucket.
 */
#ifndef SCHED_VQUEUE_H
#define SCHED_VQUEUE_H

#include <stdint.h>

#include "base/list.h"

#define VQUEUE_RINGS	   2U
#define VQUEUE_BUCKET_BITS 5U
#define VQUEUE_BUCKETS	   (1U << VQUEUE_BUCKET_BITS)

struct vqueue_node {
	struct list list;
	uint64_t key; /* virtual runtime: compared by difference, so that the order survives a wrap
		       */
	uint32_t bucket; /* ring times VQUEUE_BUCKETS, and its place there */
};

struct vqueue {
	struct vqueue_node *first; /* the next one, or NULL */
	uint32_t shift;		   /* a fine bucket is 1 << shift ticks wide; immutable */
	uint32_t occupied[VQUEUE_RINGS];
	struct list *bucket[VQUEUE_RINGS][VQUEUE_BUCKETS]; /* its oldest, where occupied */
};

/* Empty. width: in ticks, rounded down to a power of two; not 0. */
void vqueue_init(struct vqueue *queue, uint64_t width);

/* By node->key, which stays as it is until vqueue_remove(). */
void vqueue_insert(struct vqueue *queue, struct vqueue_node *node, uint64_t floor);
void vqueue_remove(struct vqueue *queue, struct vqueue_node *node, uint64_t floor);

static inline struct vqueue_node *vqueue_first(const struct vqueue *queue)
{
	return queue->first;
}

#endif
