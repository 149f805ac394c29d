/* SPDX-License-Identifier: Apache-2.0 */
#include "gmem_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define STEPS_MAX 100U

struct fixture rig;

int rig_setup(void **state)
{
	(void)state;
	fixture_init(&rig, FIXTURE_CTR, false, 0);
	fixture_start(&rig);
	return 0;
}

int rig_teardown(void **state)
{
	(void)state;
	fixture_fini(&rig);
	return 0;
}

void rig_caches_on(void)
{
	ipa_t cursor = ipa_init(0);

	while (gmem_caches_on(&rig.gmem, &cursor) == PLINTH_EAGAIN) {
	}
}

unsigned rig_caches_off(void)
{
	unsigned steps = 1;

	while (gmem_caches_off(&rig.gmem) == PLINTH_EAGAIN) {
		assert_true(++steps < STEPS_MAX);
	}
	return steps;
}

enum gmem_result rig_fault(uint64_t ipa, enum gmem_access access)
{
	const struct gmem_fault f = {.ipa = {ipa}, .access = access};

	return gmem_fault(&rig.gmem, &f);
}

struct s2_leaf rig_leaf_of(uint64_t ipa)
{
	struct s2_leaf leaf;

	assert_int_equal(s2_lookup(&rig.gmem.space, ipa_init(ipa), &leaf), PLINTH_OK);
	return leaf;
}

void rig_check_leaf(uint64_t ipa, unsigned level, uint32_t attrs, enum s2_page_state state)
{
	struct s2_leaf leaf = rig_leaf_of(ipa);

	assert_true(leaf.valid);
	assert_int_equal(leaf.level, level);
	assert_int_equal(leaf.attrs, attrs);
	assert_int_equal(leaf.state, state);
}
