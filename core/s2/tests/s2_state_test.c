/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "s2/s2_state.h"

/* The table of the header, written a second time in another shape: all that is allowed. */
static const struct {
	enum s2_op op;
	enum s2_role role;
	enum s2_page_state from;
	enum s2_page_state to;
} allowed[] = {
	{S2_OP_SHARE, S2_ROLE_GIVER, S2_PAGE_OWNED, S2_PAGE_SHARED_OWNER},
	{S2_OP_SHARE, S2_ROLE_TAKER, S2_PAGE_NONE, S2_PAGE_SHARED_BORROWER},
	{S2_OP_UNSHARE, S2_ROLE_GIVER, S2_PAGE_SHARED_OWNER, S2_PAGE_OWNED},
	{S2_OP_UNSHARE, S2_ROLE_TAKER, S2_PAGE_SHARED_BORROWER, S2_PAGE_NONE},
	{S2_OP_LEND, S2_ROLE_GIVER, S2_PAGE_OWNED, S2_PAGE_LENT_OUT},
	{S2_OP_LEND, S2_ROLE_TAKER, S2_PAGE_NONE, S2_PAGE_LENT_IN},
	{S2_OP_RECLAIM, S2_ROLE_GIVER, S2_PAGE_LENT_OUT, S2_PAGE_OWNED},
	{S2_OP_RECLAIM, S2_ROLE_TAKER, S2_PAGE_LENT_IN, S2_PAGE_NONE},
	{S2_OP_DONATE, S2_ROLE_GIVER, S2_PAGE_OWNED, S2_PAGE_NONE},
	{S2_OP_DONATE, S2_ROLE_TAKER, S2_PAGE_NONE, S2_PAGE_OWNED},
};

static const void *find(
	enum s2_op op, enum s2_role role, enum s2_page_state from, enum s2_page_state *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		if (allowed[i].op == op && allowed[i].role == role && allowed[i].from == from) {
			*to = allowed[i].to;
			return &allowed[i];
		}
	}
	return NULL;
}

static void test_every_cell(void **state)
{
	unsigned ok = 0;

	(void)state;
	for (unsigned op = 0; op < S2_OP_COUNT; op++) {
		for (unsigned role = 0; role < S2_ROLE_COUNT; role++) {
			for (unsigned from = 0; from < S2_PAGE_STATE_COUNT; from++) {
				enum s2_page_state next = S2_PAGE_STATE_COUNT;
				enum s2_page_state wanted = S2_PAGE_STATE_COUNT;
				bool is_allowed =
					find((enum s2_op)op, (enum s2_role)role,
						(enum s2_page_state)from, &wanted) != NULL;

				assert_int_equal(s2_state_next((enum s2_op)op, (enum s2_role)role,
							 (enum s2_page_state)from, &next),
					is_allowed ? PLINTH_OK : PLINTH_EPERM);
				assert_int_equal(next, wanted); /* untouched where refused */
				ok += is_allowed ? 1U : 0U;
			}
		}
	}
	assert_int_equal(ok, ARRAY_SIZE(allowed));
}

static void test_out_of_range(void **state)
{
	enum s2_page_state next = S2_PAGE_STATE_COUNT;

	(void)state;
	assert_int_equal(
		s2_state_next(S2_OP_COUNT, S2_ROLE_GIVER, S2_PAGE_OWNED, &next), PLINTH_EINVAL);
	assert_int_equal(
		s2_state_next(S2_OP_LEND, S2_ROLE_COUNT, S2_PAGE_OWNED, &next), PLINTH_EINVAL);
	assert_int_equal(s2_state_next(S2_OP_LEND, S2_ROLE_GIVER, S2_PAGE_STATE_COUNT, &next),
		PLINTH_EINVAL);
	assert_int_equal(next, S2_PAGE_STATE_COUNT);
}

/* There is one owner before and after each operation that both sides accept. */
static void test_owners_are_conserved(void **state)
{
	(void)state;
	for (size_t i = 0; i + 1U < ARRAY_SIZE(allowed); i += 2U) {
		assert_int_equal(s2_state_is_owner(allowed[i].from) +
					 s2_state_is_owner(allowed[i + 1U].from),
			1);
		assert_int_equal(
			s2_state_is_owner(allowed[i].to) + s2_state_is_owner(allowed[i + 1U].to),
			1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell),
		cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_owners_are_conserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
