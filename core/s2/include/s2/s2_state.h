/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who owns a page, seen from one VM, and how that changes. Pure; no call offers sharing yet, but
 * every mapping has a state from the start.
 *
 * An operation has a giver and a taker, each with a state for its own address:
 *
 *   operation  giver before -> after           taker before -> after
 *   SHARE      OWNED -> SHARED_OWNER           NONE -> SHARED_BORROWER
 *   UNSHARE    SHARED_OWNER -> OWNED           SHARED_BORROWER -> NONE
 *   LEND       OWNED -> LENT_OUT               NONE -> LENT_IN
 *   RECLAIM    LENT_OUT -> OWNED               LENT_IN -> NONE
 *   DONATE     OWNED -> NONE                   NONE -> OWNED
 *
 * Every other pair is refused with EPERM and changes nothing. The giver is the owner in all five,
 * in UNSHARE and RECLAIM too. LENT_OUT has no translation (the owner may not touch the page),
 * nor have NONE and its kinds; all the others have one. One borrower at a time: more would need a
 * count.
 */
#ifndef S2_S2_STATE_H
#define S2_S2_STATE_H

#include <stdbool.h>

#include "base/status.h"

enum s2_page_state {
	S2_PAGE_NONE,
	S2_PAGE_OWNED,
	S2_PAGE_SHARED_OWNER,
	S2_PAGE_SHARED_BORROWER,
	S2_PAGE_LENT_IN,  /* held alone, owned by somebody else */
	S2_PAGE_LENT_OUT, /* owned, held by somebody else */
	/* Two kinds of NONE, which no operation leads from or to (core/gmem): */
	S2_PAGE_RELINQUISHED, /* given away for good, until it is asked for again */
	S2_PAGE_ZEROES,	      /* was asked for again: reads as zero, whatever images say */
	S2_PAGE_STATE_COUNT,
};

enum s2_op {
	S2_OP_SHARE,
	S2_OP_UNSHARE,
	S2_OP_LEND,
	S2_OP_RECLAIM,
	S2_OP_DONATE,
	S2_OP_COUNT,
};

enum s2_role {
	S2_ROLE_GIVER,
	S2_ROLE_TAKER,
	S2_ROLE_COUNT,
};

/* The state after `op` for a party in `role` whose state is `now`. EPERM: refused; *next is not
 * written. EINVAL: an argument outside its enum. */
enum plinth_status s2_state_next(
	enum s2_op op, enum s2_role role, enum s2_page_state now, enum s2_page_state *next);

/* Does the VM have to give the page's memory back when it goes? (OWNED, SHARED_OWNER, LENT_OUT) */
bool s2_state_is_owner(enum s2_page_state state);

#endif
