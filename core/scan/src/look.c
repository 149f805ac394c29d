/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One address: what AT says of it, in each form that can tell more.
 *
 * The AP bits give EL0 no more than EL1, and nobody a write without a read (DDI 0487, D8.4). So a
 * write that translates answers for the read too. A permission fault tells more than a success: the
 * level is the leaf's, which success does not show. EL0 may not touch most of a kernel's pages:
 * where a block is possible, that question finds its size.
 */
#include "arch/at.h"
#include "base/compiler.h"
#include "scan_private.h"

struct forms {
	scan_at_fn *write;
	scan_at_fn *read;
};

static const struct forms el1 = {arch_at_s1e1w, arch_at_s1e1r};
static const struct forms el0 = {arch_at_s1e0w, arch_at_s1e0r};

scan_at_run_fn *scan_write_run(const struct scan *scan)
{
	return scan->request.view == SCAN_EL0 ? arch_at_run_s1e0w : arch_at_run_s1e1w;
}

scan_at_fn *scan_write_form(const struct scan *scan)
{
	return scan->request.view == SCAN_EL0 ? arch_at_s1e0w : arch_at_s1e1w;
}

scan_at_fn *scan_read_form(const struct scan *scan)
{
	return scan->request.view == SCAN_EL0 ? arch_at_s1e0r : arch_at_s1e1r;
}

static uint64_t ask(struct scan *scan, scan_at_fn *form)
{
	scan->counts.at++;
	return form(scan->gva);
}

static bool is_ok(uint64_t par)
{
	return (par & PAR_F) == 0U;
}

static bool is_fault(uint64_t par, enum fst_kind kind)
{
	return !is_ok(par) && par != ARCH_AT_ABORTED && (par & PAR_S) == 0U &&
	       FST_KIND(FIELD_GET(par, PAR_FST)) == (unsigned)kind;
}

/* The address does not translate at all: how far that goes. */
static void look_at_hole(struct scan *scan, uint64_t par, struct scan_look *look)
{
	uint64_t fst = FIELD_GET(par, PAR_FST);
	unsigned level = FST_LEVEL(fst);

	if (scan->first_fault == 0U) {
		scan->first_fault = par;
	}
	look->kind = KIND_HOLE;
	switch (FST_KIND(fst)) {
	case FST_TRANSLATION:
	case FST_ADDRESS_SIZE:
		look->level = level;
		/* Level 0 is also what EPDn, an address out of range and a bad TTBR give. */
		look->whole_half = level < scan->half->start_level;
		break;
	case FST_EXTERNAL_WALK:
	case FST_PARITY_WALK:
		scan->counts.lost++;
		look->whole_half = level <= scan->half->start_level;
		look->level = look->whole_half ? 0U : level - 1U;
		break;
	default:
		/* Something newer than this: no more than a page is skipped for it. */
		look->level = LAST_LEVEL;
		break;
	}
}

static void look_at_fault(struct scan *scan, uint64_t par, struct scan_look *look)
{
	if (par == ARCH_AT_ABORTED || (par & PAR_S) != 0U) {
		look->kind = KIND_ABSENT;
	} else if (is_fault(par, FST_ACCESS_FLAG)) {
		look->kind = KIND_LEAF;
		look->level = FST_LEVEL(FIELD_GET(par, PAR_FST));
		look->piece.flags = LIBSCAN_NO_AF;
	} else {
		look_at_hole(scan, par, look);
	}
}

/* Device and Non-cacheable memory is outer shareable, which not every CPU's PAR_EL1 says. */
static uint8_t share_of(uint64_t par)
{
	uint64_t attr = FIELD_GET(par, PAR_ATTR);

	return (attr & 0xf0U) == 0U || attr == ATTR_NON_CACHEABLE ? SHARE_OUTER
								  : (uint8_t)FIELD_GET(par, PAR_SH);
}

static void set_place(struct scan_look *look, uint64_t par)
{
	look->kind = KIND_LEAF;
	look->piece.gpa = par & PAR_PA;
	look->piece.attr = (uint8_t)FIELD_GET(par, PAR_ATTR);
	look->piece.share = share_of(par);
	look->piece.flags |= LIBSCAN_GPA;
}

/* Level of the leaf where a permission fault told it, else `level`. */
static unsigned level_told(uint64_t par, unsigned level)
{
	return is_fault(par, FST_PERMISSION) ? FST_LEVEL(FIELD_GET(par, PAR_FST)) : level;
}

/* Can what translates here be more than a page? Then EL0's write is likely to tell. */
static bool may_be_block(const struct scan *scan, const struct scan_look *look)
{
	uint64_t within = scan_span(scan->half, LAST_LEVEL - 1U) - 1U;

	return ((scan->gva | look->piece.gpa) & within) == 0U;
}

/* By one level's forms: permission, place, and the leaf's level as far as it shows. False: there
 * is nothing for that level. */
static bool look_by(struct scan *scan, const struct forms *forms, struct scan_look *look)
{
	uint64_t par = scan->has_told ? scan->told : ask(scan, forms->write);
	bool writable = is_ok(par);

	scan->has_told = false;
	look->level = LAST_LEVEL;
	if (!writable && is_fault(par, FST_PERMISSION)) {
		look->write_fault = par;
		look->level = level_told(par, LAST_LEVEL);
		par = ask(scan, forms->read);
	}
	look->par = par;
	if (!is_ok(par)) {
		if (is_fault(par, FST_PERMISSION)) {
			/* It is there, and not for this level. */
			look->level = level_told(par, look->level);
			look->kind = KIND_HOLE;
			return false;
		}
		look_at_fault(scan, par, look);
		return false;
	}
	set_place(look, par);
	look->piece.flags |= writable ? LIBSCAN_R1 | LIBSCAN_W1 : LIBSCAN_R1;
	return true;
}

/* What EL1 may do is known: what of that may EL0? */
static void look_by_el0_too(struct scan *scan, struct scan_look *look)
{
	bool writable = (look->piece.flags & LIBSCAN_W1) != 0U;
	uint64_t par = ask(scan, writable ? el0.write : el0.read);

	if (is_ok(par)) {
		look->piece.flags |= writable ? LIBSCAN_R0 | LIBSCAN_W0 : LIBSCAN_R0;
	} else {
		look->level = level_told(par, look->level);
	}
}

void scan_look(struct scan *scan, struct scan_look *look)
{
	enum scan_view view = scan->request.view;
	bool found;

	*look = (struct scan_look){.level = LAST_LEVEL};
	found = look_by(scan, view == SCAN_EL0 ? &el0 : &el1, look);
	if (found && view == SCAN_BOTH) {
		look_by_el0_too(scan, look);
	} else if (found && view == SCAN_EL1 && look->level == LAST_LEVEL &&
		   (look->piece.flags & LIBSCAN_W1) != 0U && may_be_block(scan, look)) {
		look->level = level_told(ask(scan, el0.write), LAST_LEVEL);
	}
	if (view == SCAN_EL0) {
		uint32_t flags = look->piece.flags;

		look->piece.flags = (flags & ~(LIBSCAN_R1 | LIBSCAN_W1)) |
				    ((flags & LIBSCAN_R1) != 0U ? LIBSCAN_R0 : 0U) |
				    ((flags & LIBSCAN_W1) != 0U ? LIBSCAN_W0 : 0U);
	}
	look->piece.flags |= view == SCAN_EL0 ? 0U : LIBSCAN_ASKED_1;
	look->piece.flags |= view == SCAN_EL1 ? 0U : LIBSCAN_ASKED_0;
}
