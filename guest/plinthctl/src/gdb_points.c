/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl gdb: breakpoints and watchpoints. */
#include "base/compiler.h"
#include "ctl.h"
#include "gdb.h"
#include "libgdb/watch.h"

#define INSTRUCTION 4U

static struct gdb_soft *find_soft(struct gdb_session *session, uint64_t gva)
{
	for (size_t i = 0; i < GDB_SOFT_MAX; i++) {
		if (session->soft[i].is_used && session->soft[i].gva == gva) {
			return &session->soft[i];
		}
	}
	return NULL;
}

/* Is it at another address, too? */
static bool is_shared(const struct gdb_session *session, uint64_t gpa)
{
	for (size_t i = 0; i < GDB_SOFT_MAX; i++) {
		if (session->soft[i].is_used && session->soft[i].gpa == gpa) {
			return true;
		}
	}
	return false;
}

static bool patch(struct gdb_session *session, uint64_t gpa, bool put)
{
	struct plinth_control call = gdb_call(session, CONTROL_DEBUG_PATCH);

	call.arg = gpa | (put ? 1U : 0U);
	return ctl_try(&call) == CONTROL_OK;
}

static bool put_soft(struct gdb_session *session, uint32_t vcpu, uint64_t gva, uint64_t size)
{
	uint64_t together;
	uint64_t gpa;

	if (find_soft(session, gva) != NULL) {
		return true;
	}
	if (size != INSTRUCTION || gva % INSTRUCTION != 0U ||
		!gdb_find_page(session, vcpu, gva, &gpa, &together)) {
		return false;
	}
	for (size_t i = 0; i < GDB_SOFT_MAX; i++) {
		struct gdb_soft *soft = &session->soft[i];

		if (!soft->is_used) {
			if (!is_shared(session, gpa) && !patch(session, gpa, true)) {
				return false;
			}
			*soft = (struct gdb_soft){true, gva, gpa};
			return true;
		}
	}
	return false;
}

/* Where it was put, wherever the address leads now. */
static bool take_soft(struct gdb_session *session, uint64_t gva)
{
	struct gdb_soft *soft = find_soft(session, gva);

	if (soft == NULL) {
		return false;
	}
	soft->is_used = false;
	return is_shared(session, soft->gpa) || patch(session, soft->gpa, false);
}

static bool set(struct gdb_session *session)
{
	struct plinth_control call = gdb_call(session, CONTROL_DEBUG_SET);

	call.buffer = &session->set;
	call.size = sizeof(session->set);
	return ctl_try(&call) == CONTROL_OK;
}

static struct gdb_hard *find_hard(
	struct gdb_session *session, enum gdb_point point, uint64_t gva, uint64_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(session->hard); i++) {
		struct gdb_hard *hard = &session->hard[i];

		if (hard->slots != 0U && hard->point == point && hard->gva == gva &&
			hard->size == size) {
			return hard;
		}
	}
	return NULL;
}

static struct gdb_hard *free_hard(struct gdb_session *session)
{
	for (size_t i = 0; i < ARRAY_SIZE(session->hard); i++) {
		if (session->hard[i].slots == 0U) {
			return &session->hard[i];
		}
	}
	return NULL;
}

static struct control_debug_pair *pairs_of(struct gdb_session *session, enum gdb_point point)
{
	return point == GDB_POINT_HARDWARE ? session->set.breakpoint : session->set.watchpoint;
}

/* Registers of that kind that are free, from `n` on; as many as there are: none. */
static uint32_t free_slot(struct gdb_session *session, enum gdb_point point, uint32_t n)
{
	uint32_t count = point == GDB_POINT_HARDWARE ? session->breakpoints : session->watchpoints;

	while (n < count && pairs_of(session, point)[n].control != 0U) {
		n++;
	}
	return n < count ? n : CONTROL_DEBUG_PAIRS;
}

static void clear_slots(struct gdb_session *session, struct gdb_hard *hard)
{
	for (uint32_t n = 0; n < CONTROL_DEBUG_PAIRS; n++) {
		if ((hard->slots & UINT32_C(1) << n) != 0U) {
			pairs_of(session, hard->point)[n] = (struct control_debug_pair){0};
		}
	}
	hard->slots = 0;
}

/* False: there are not as many registers as it takes. */
static bool fill_slots(struct gdb_session *session, struct gdb_hard *hard)
{
	uint64_t gva = hard->gva;
	uint64_t left = hard->size;
	uint32_t n = 0;

	while (left != 0U) {
		n = free_slot(session, hard->point, n);
		if (n == CONTROL_DEBUG_PAIRS) {
			clear_slots(session, hard);
			return false;
		}
		struct control_debug_pair *pair = &pairs_of(session, hard->point)[n];
		uint64_t part = left;

		if (hard->point == GDB_POINT_HARDWARE) {
			*pair = gdb_breakpoint_pair(gva);
		} else {
			part = gdb_watch_pair(hard->point, gva, left, pair);
		}
		hard->slots |= UINT32_C(1) << n;
		gva += part;
		left -= part;
	}
	return true;
}

static bool put_hard(struct gdb_session *session, enum gdb_point point, uint64_t gva, uint64_t size)
{
	struct gdb_hard *hard = free_hard(session);

	if (find_hard(session, point, gva, size) != NULL) {
		return true;
	}
	if (hard == NULL || size == 0U ||
		(point == GDB_POINT_HARDWARE && (size != INSTRUCTION || gva % INSTRUCTION != 0U))) {
		return false;
	}
	*hard = (struct gdb_hard){.point = point, .gva = gva, .size = size};
	if (!fill_slots(session, hard)) {
		return false;
	}
	if (!set(session)) {
		clear_slots(session, hard);
		return false;
	}
	return true;
}

bool gdb_put_point(void *ctx, uint32_t vcpu, enum gdb_point point, uint64_t gva, uint64_t size)
{
	return point == GDB_POINT_SOFTWARE ? put_soft(ctx, vcpu, gva, size)
					   : put_hard(ctx, point, gva, size);
}

bool gdb_take_point(void *ctx, enum gdb_point point, uint64_t gva, uint64_t size)
{
	struct gdb_session *session = ctx;

	if (point == GDB_POINT_SOFTWARE) {
		return take_soft(session, gva);
	}
	struct gdb_hard *hard = find_hard(session, point, gva, size);

	if (hard == NULL) {
		return false;
	}
	clear_slots(session, hard);
	return set(session);
}

/* The nearest one at or behind the address: a store pair, or DC ZVA, begins before what it meets.
 */
bool gdb_find_watch(const struct gdb_session *session, uint64_t far, struct gdb_stop *stop)
{
	uint64_t nearest = UINT64_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(session->hard); i++) {
		const struct gdb_hard *hard = &session->hard[i];
		uint64_t address;

		if (hard->slots != 0U && hard->point != GDB_POINT_HARDWARE &&
			gdb_watch_met(far, hard->gva, hard->size, &address) &&
			address - far < nearest) {
			nearest = address - far;
			stop->point = hard->point;
			stop->address = address;
		}
	}
	return nearest != UINT64_MAX;
}
