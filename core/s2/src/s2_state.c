/* SPDX-License-Identifier: Apache-2.0 */
#include "s2/s2_state.h"

struct change {
	enum s2_page_state from;
	enum s2_page_state to;
};

/* Each operation has exactly one state that it may start from, for each party. */
static const struct change changes[S2_OP_COUNT][S2_ROLE_COUNT] = {
	[S2_OP_SHARE] = {{S2_PAGE_OWNED, S2_PAGE_SHARED_OWNER},
		{S2_PAGE_NONE, S2_PAGE_SHARED_BORROWER}},
	[S2_OP_UNSHARE] = {{S2_PAGE_SHARED_OWNER, S2_PAGE_OWNED},
		{S2_PAGE_SHARED_BORROWER, S2_PAGE_NONE}},
	[S2_OP_LEND] = {{S2_PAGE_OWNED, S2_PAGE_LENT_OUT}, {S2_PAGE_NONE, S2_PAGE_LENT_IN}},
	[S2_OP_RECLAIM] = {{S2_PAGE_LENT_OUT, S2_PAGE_OWNED}, {S2_PAGE_LENT_IN, S2_PAGE_NONE}},
	[S2_OP_DONATE] = {{S2_PAGE_OWNED, S2_PAGE_NONE}, {S2_PAGE_NONE, S2_PAGE_OWNED}},
};

enum plinth_status s2_state_next(
	enum s2_op op, enum s2_role role, enum s2_page_state now, enum s2_page_state *next)
{
	if (op >= S2_OP_COUNT || role >= S2_ROLE_COUNT || now >= S2_PAGE_STATE_COUNT) {
		return PLINTH_EINVAL;
	}
	if (changes[op][role].from != now) {
		return PLINTH_EPERM;
	}
	*next = changes[op][role].to;
	return PLINTH_OK;
}

bool s2_state_is_owner(enum s2_page_state state)
{
	return state == S2_PAGE_OWNED || state == S2_PAGE_SHARED_OWNER || state == S2_PAGE_LENT_OUT;
}
