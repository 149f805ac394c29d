/* SPDX-License-Identifier: Apache-2.0 */
#include "libscan/libscan.h"

#define PLACE (LIBSCAN_GPA | LIBSCAN_SCATTERED)

static bool is_same_kind(const struct libscan_range *a, const struct libscan_range *b)
{
	return a->attr == b->attr && a->share == b->share &&
	       (a->flags & ~PLACE) == (b->flags & ~PLACE) &&
	       ((a->flags & PLACE) == 0U) == ((b->flags & PLACE) == 0U);
}

static bool is_one_piece(const struct libscan_range *a, const struct libscan_range *b)
{
	return (a->flags & PLACE) == 0U ||
	       ((a->flags & b->flags & LIBSCAN_GPA) != 0U && b->gpa == a->gpa + (b->gva - a->gva));
}

bool libscan_add(
	struct libscan_merge *merge, const struct libscan_range *piece, struct libscan_range *done)
{
	struct libscan_range *now = &merge->now;
	bool closed = merge->open;

	/* Behind the last byte of all there is nothing that could follow. */
	if (merge->open && piece->gva == now->last + 1U && is_same_kind(now, piece) &&
		(is_one_piece(now, piece) || !merge->split_gpa)) {
		if (!is_one_piece(now, piece)) {
			now->flags = (now->flags & ~PLACE) | LIBSCAN_SCATTERED;
			now->gpa = 0;
		}
		now->last = piece->last;
		now->leaves |= piece->leaves;
		return false;
	}
	if (closed) {
		*done = *now;
	}
	*now = *piece;
	merge->open = true;
	return closed;
}

bool libscan_finish(struct libscan_merge *merge, struct libscan_range *done)
{
	bool open = merge->open;

	if (open) {
		*done = merge->now;
	}
	merge->open = false;
	return open;
}
