/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/vqueue.h"

#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"

#define INDEX_MASK (VQUEUE_BUCKETS - 1U)

void vqueue_init(struct vqueue *queue, uint64_t width)
{
	queue->first = NULL;
	queue->shift = 63U - (uint32_t)__builtin_clzll(width);
	for (unsigned ring = 0; ring < VQUEUE_RINGS; ring++) {
		queue->occupied[ring] = 0;
	}
}

static uint32_t ring_shift(const struct vqueue *queue, unsigned ring)
{
	return queue->shift + ring * VQUEUE_BUCKET_BITS;
}

/* Buckets from the ring's beginning to that of the key; 0 where the key is below the floor. */
static uint64_t distance(uint64_t key, uint64_t floor, uint32_t shift)
{
	if ((int64_t)(key - floor) < 0) {
		return 0;
	}
	return (key - (floor >> shift << shift)) >> shift;
}

static uint32_t choose_bucket(const struct vqueue *queue, uint64_t key, uint64_t floor)
{
	unsigned ring = 0;
	uint32_t shift = queue->shift;
	uint64_t away = distance(key, floor, shift);

	if (away >= VQUEUE_BUCKETS) {
		ring = 1;
		shift = ring_shift(queue, ring);
		away = min_u64(distance(key, floor, shift), VQUEUE_BUCKETS - 1U);
	}
	return ring * VQUEUE_BUCKETS + (uint32_t)(((floor >> shift) + away) & INDEX_MASK);
}

void vqueue_insert(struct vqueue *queue, struct vqueue_node *node, uint64_t floor)
{
	uint32_t bucket = choose_bucket(queue, node->key, floor);
	unsigned ring = bucket / VQUEUE_BUCKETS;
	struct list **oldest = &queue->bucket[ring][bucket & INDEX_MASK];
	uint32_t bit = UINT32_C(1) << (bucket & INDEX_MASK);

	node->bucket = bucket;
	if ((queue->occupied[ring] & bit) != 0U) {
		list_insert_before(*oldest, &node->list);
	} else {
		queue->occupied[ring] |= bit;
		list_init(&node->list);
		*oldest = &node->list;
	}
	if (queue->first == NULL || (int64_t)(node->key - queue->first->key) < 0) {
		queue->first = node;
	}
}

/* The oldest of a ring's first bucket. */
static struct vqueue_node *ring_first(const struct vqueue *queue, unsigned ring, uint64_t floor)
{
	uint32_t start = (uint32_t)(floor >> ring_shift(queue, ring)) & INDEX_MASK;
	uint32_t occupied = queue->occupied[ring];
	uint32_t turned =
		(occupied >> start) | (occupied << ((VQUEUE_BUCKETS - start) & INDEX_MASK));

	return CONTAINER_OF(queue->bucket[ring][(start + bit_lowest(turned)) & INDEX_MASK],
		struct vqueue_node, list);
}

static struct vqueue_node *find_first(const struct vqueue *queue, uint64_t floor)
{
	struct vqueue_node *fine = NULL;
	struct vqueue_node *coarse;

	if (queue->occupied[0] != 0U) {
		fine = ring_first(queue, 0, floor);
	}
	if (queue->occupied[1] == 0U) {
		return fine;
	}
	coarse = ring_first(queue, 1, floor);
	return fine == NULL || (int64_t)(coarse->key - fine->key) < 0 ? coarse : fine;
}

void vqueue_remove(struct vqueue *queue, struct vqueue_node *node, uint64_t floor)
{
	unsigned ring = node->bucket / VQUEUE_BUCKETS;
	uint32_t index = node->bucket & INDEX_MASK;
	struct list *next = node->list.next;

	if (next == &node->list) {
		queue->occupied[ring] &= ~(UINT32_C(1) << index);
	} else {
		if (queue->bucket[ring][index] == &node->list) {
			queue->bucket[ring][index] = next;
		}
		list_remove(&node->list);
	}
	if (queue->first == node) {
		queue->first = find_first(queue, floor);
	}
}
