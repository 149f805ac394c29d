/* SPDX-License-Identifier: Apache-2.0 */
/* A debugger's breakpoints in guest memory: who sees them, and what is left when they go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "gmem_fixture.h"
#include "hypmap/hypmap.h"

#define CODE	 (FIXTURE_IMAGE_0 + 0x1ff8U) /* the last words of a page */
#define ORIGINAL UINT32_C(0x04030201)
#define BLANK	 (VM_RAM_BASE + MIB(3) + KIB(512))

static struct fixture fixture;

/* As without memory: gmem_copy_part() that reads, or that writes. */
static enum { NOTHING_FAILS, READS_FAIL, WRITES_FAIL } failing;

enum plinth_status __real_gmem_copy_part(struct gmem *, const struct gmem_part *, bool write);
enum plinth_status __wrap_gmem_copy_part(struct gmem *, const struct gmem_part *, bool write);

enum plinth_status __wrap_gmem_copy_part(struct gmem *it, const struct gmem_part *part, bool write)
{
	return failing == (write ? WRITES_FAIL : READS_FAIL)
		       ? PLINTH_ENOMEM
		       : __real_gmem_copy_part(it, part, write);
}

static struct gmem *const gmem = &fixture.gmem;

static void run_with_caches(void)
{
	ipa_t cursor = ipa_init(0);

	while (gmem_caches_on(gmem, &cursor) == PLINTH_EAGAIN) {
	}
}

static void put(uint64_t ipa, const void *bytes, size_t size)
{
	assert_int_equal(gmem_write(gmem, ipa_init(ipa), bytes, size), PLINTH_OK);
}

static int setup(void **state)
{
	static const uint8_t words[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

	(void)state;
	fixture_init(&fixture, FIXTURE_CTR, false, 0);
	fixture_start(&fixture);
	run_with_caches();
	put(CODE, words, sizeof(words));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	while (gmem_unpatch_step(gmem) == PLINTH_EAGAIN) {
	}
	fixture_fini(&fixture);
	return 0;
}

/* The word as the guest has it. */
static uint32_t *guest(uint64_t ipa)
{
	struct s2_leaf leaf;

	assert_int_equal(s2_lookup(&gmem->space, ipa_init(ipa), &leaf), PLINTH_OK);
	assert_true(leaf.valid);
	return (uint32_t *)pa_to_va(pa_add(leaf.pa, ipa - leaf.ipa.v));
}

static uint32_t seen(uint64_t ipa)
{
	uint32_t word = 0;

	assert_int_equal(gmem_read_u32(gmem, ipa_init(ipa), &word), PLINTH_OK);
	return word;
}

static enum plinth_status patch(uint64_t ipa)
{
	return gmem_patch(gmem, ipa_init(ipa));
}

static enum plinth_status unpatch(uint64_t ipa)
{
	return gmem_unpatch(gmem, ipa_init(ipa));
}

static void the_guest_alone_sees_it(void **state)
{
	(void)state;
	assert_int_equal(patch(CODE), PLINTH_OK);
	assert_int_equal(*guest(CODE), GMEM_PATCH_WORD);
	assert_int_equal(seen(CODE), ORIGINAL);
	assert_true(gmem_is_patched(gmem, ipa_init(CODE)));
	assert_false(gmem_is_patched(gmem, ipa_init(CODE + 4U)));
	assert_int_equal(unpatch(CODE), PLINTH_OK);
	assert_int_equal(*guest(CODE), ORIGINAL);
	assert_int_equal(seen(CODE), ORIGINAL);
	assert_int_equal(unpatch(CODE), PLINTH_ENOENT);
}

/* Every offset and size around two of them, one page ending between. */
static void any_piece_reads_as_it_was(void **state)
{
	uint8_t before[16];
	uint8_t after[16];

	(void)state;
	assert_int_equal(gmem_read(gmem, ipa_init(CODE), before, sizeof(before)), PLINTH_OK);
	assert_int_equal(patch(CODE + 4U), PLINTH_OK);
	assert_int_equal(patch(CODE + 8U), PLINTH_OK);
	for (size_t at = 0; at < sizeof(before); at++) {
		for (size_t size = 1; size <= sizeof(before) - at; size++) {
			memset(after, 0xee, sizeof(after));
			assert_int_equal(
				gmem_read(gmem, ipa_init(CODE + at), after, size), PLINTH_OK);
			assert_memory_equal(after, before + at, size);
			assert_true(size == sizeof(after) || after[size] == 0xee);
		}
	}
}

/* What is written over it is there when it goes, and it stays until then. */
static void any_piece_is_written_behind_it(void **state)
{
	(void)state;
	for (size_t at = 0; at < 12U; at++) {
		for (size_t size = 1; size <= 12U - at; size++) {
			static const uint8_t fill[12] = {[0 ... 11] = 0x77};
			uint8_t expected[12];
			uint8_t now[12];

			assert_int_equal(patch(CODE + 4U), PLINTH_OK);
			assert_int_equal(
				gmem_read(gmem, ipa_init(CODE), expected, sizeof(now)), PLINTH_OK);
			memset(expected + at, 0x77, size);
			put(CODE + at, fill, size);
			assert_int_equal(*guest(CODE + 4U), GMEM_PATCH_WORD);
			assert_int_equal(
				gmem_read(gmem, ipa_init(CODE), now, sizeof(now)), PLINTH_OK);
			assert_memory_equal(now, expected, sizeof(now));
			assert_int_equal(unpatch(CODE + 4U), PLINTH_OK);
			assert_memory_equal(guest(CODE), expected, 8);
			assert_memory_equal(guest(CODE + 8U), expected + 8U, 4);
			assert_int_equal(
				gmem_write(gmem, ipa_init(CODE), "abcdefghijkl", 12), PLINTH_OK);
		}
	}
}

/* Many, put in any order, over a whole page: between them it is written, and each one stays; the
 * page is maintained once, with the guest's caches off too. */
static void a_page_is_written_around_them(void **state)
{
	static uint8_t bytes[PAGE_SIZE];
	uint64_t page = align_down(CODE, PAGE_SIZE);

	(void)state;
	for (unsigned i = 0; i < GMEM_PATCH_MAX; i++) {
		assert_int_equal(patch(page + 12U * (i * 7U % GMEM_PATCH_MAX)), PLINTH_OK);
	}
	assert_int_equal(patch(page), PLINTH_EEXIST);
	*guest(page + 12U) = 0x11223344; /* the guest's again */
	for (unsigned i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i * 3U + 1U);
	}
	put(page, bytes, sizeof(bytes));
	for (unsigned at = 0; at < sizeof(bytes); at += 4U) {
		bool is_patch = at % 12U == 0U && at < 12U * GMEM_PATCH_MAX && at != 12U;

		assert_int_equal(*guest(page + at) == GMEM_PATCH_WORD, is_patch);
		assert_true(is_patch || memcmp(guest(page + at), bytes + at, 4) == 0);
	}
	assert_int_equal(unpatch(page + 24U), PLINTH_OK); /* from the middle */
	assert_true(gmem_is_patched(gmem, ipa_init(page + 36U)));
	while (gmem_unpatch_step(gmem) == PLINTH_EAGAIN) {
	}
	assert_memory_equal(guest(page), bytes, sizeof(bytes));
}

/* A kernel that changes its own code: the word is its own. */
static void what_the_guest_wrote_stays(void **state)
{
	uint32_t other = 0x55667788;

	(void)state;
	assert_int_equal(patch(CODE), PLINTH_OK);
	*guest(CODE) = 0x11223344;
	assert_int_equal(seen(CODE), 0x11223344);
	put(CODE, &other, sizeof(other));
	assert_int_equal(*guest(CODE), other);
	assert_int_equal(unpatch(CODE), PLINTH_OK);
	assert_int_equal(*guest(CODE), other);
}

static void it_is_fetched_anew(void **state)
{
	struct gmem_fault fetch = {.ipa = ipa_init(CODE), .access = GMEM_FETCH, .permission = true};
	struct s2_leaf leaf;

	(void)state;
	assert_int_equal(gmem_fault(gmem, &fetch), GMEM_RESUME);
	assert_int_equal(patch(CODE), PLINTH_OK);
	assert_int_equal(s2_lookup(&gmem->space, ipa_init(CODE), &leaf), PLINTH_OK);
	assert_int_equal(leaf.attrs & S2_ATTR_EXEC, 0);
	assert_int_equal(gmem_fault(gmem, &fetch), GMEM_RESUME);
	assert_int_equal(unpatch(CODE), PLINTH_OK);
	assert_int_equal(s2_lookup(&gmem->space, ipa_init(CODE), &leaf), PLINTH_OK);
	assert_int_equal(leaf.attrs & S2_ATTR_EXEC, 0);
}

static void what_cannot_be_one(void **state)
{
	(void)state;
	assert_int_equal(patch(CODE + 2U), PLINTH_EINVAL);
	assert_int_equal(patch(VM_RAM_BASE - 4U), PLINTH_EINVAL);
	assert_int_equal(patch(VM_RAM_BASE + FIXTURE_RAM), PLINTH_EINVAL);
	assert_int_equal(patch(UINT64_MAX - 3U), PLINTH_EINVAL);
	assert_int_equal(patch(CODE), PLINTH_OK);
	assert_int_equal(patch(CODE), PLINTH_EEXIST);
	for (unsigned i = 1; i < GMEM_PATCH_MAX; i++) {
		assert_int_equal(patch(CODE - i * 4U), PLINTH_OK);
	}
	assert_int_equal(patch(CODE + 4U), PLINTH_ENOMEM);
	assert_int_equal(unpatch(CODE - 8U), PLINTH_OK);
	assert_int_equal(patch(CODE + 4U), PLINTH_OK);
}

static void all_go_step_by_step(void **state)
{
	unsigned steps = 1;

	(void)state;
	assert_int_equal(gmem_unpatch_step(gmem), PLINTH_OK);
	for (unsigned i = 0; i < 3U; i++) {
		assert_int_equal(patch(CODE - i * 4U), PLINTH_OK);
	}
	while (gmem_unpatch_step(gmem) == PLINTH_EAGAIN) {
		steps++;
	}
	assert_int_equal(steps, 3);
	assert_int_equal(*guest(CODE), ORIGINAL);
}

static void a_reset_forgets_them(void **state)
{
	(void)state;
	assert_int_equal(patch(CODE), PLINTH_OK);
	fixture_reset(&fixture);
	assert_false(gmem_is_patched(gmem, ipa_init(CODE)));
	fixture_start(&fixture);
	run_with_caches();
	assert_int_not_equal(seen(CODE), GMEM_PATCH_WORD);
}

/* The guest gives the page away meanwhile: nothing is put back into what it gets later. */
static void memory_may_be_given_away(void **state)
{
	uint32_t word = 9;

	(void)state;
	assert_int_equal(patch(BLANK), PLINTH_OK);
	assert_int_equal(gmem_relinquish(gmem, ipa_init(BLANK), S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(gmem_read_u32(gmem, ipa_init(BLANK), &word), PLINTH_EFAULT);
	assert_int_equal(unpatch(BLANK), PLINTH_OK);
	assert_int_equal(gmem_retake(gmem, ipa_init(BLANK), S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(seen(BLANK), 0);
	/* The same, back before it goes. */
	assert_int_equal(patch(BLANK), PLINTH_OK);
	assert_int_equal(gmem_relinquish(gmem, ipa_init(BLANK), S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(patch(BLANK + 4U), PLINTH_EFAULT);
	assert_int_equal(gmem_retake(gmem, ipa_init(BLANK), S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(seen(BLANK), 0);
}

/* A page that is to be shown anew may want a table: without one nothing is lost. */
static void what_cannot_be_put_back_stays(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2U; i++) {
		assert_int_equal(patch(CODE), PLINTH_OK);
		failing = i == 0U ? READS_FAIL : WRITES_FAIL;
		assert_int_equal(unpatch(CODE), PLINTH_ENOMEM);
		assert_int_equal(gmem_unpatch_step(gmem), PLINTH_ENOMEM);
		assert_true(gmem_is_patched(gmem, ipa_init(CODE)));
		assert_int_equal(*guest(CODE), GMEM_PATCH_WORD);
		failing = NOTHING_FAILS;
		assert_int_equal(seen(CODE), ORIGINAL);
		assert_int_equal(gmem_unpatch_step(gmem), PLINTH_OK);
		assert_int_equal(*guest(CODE), ORIGINAL);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_guest_alone_sees_it, setup, teardown),
		cmocka_unit_test_setup_teardown(any_piece_reads_as_it_was, setup, teardown),
		cmocka_unit_test_setup_teardown(any_piece_is_written_behind_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_page_is_written_around_them, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_guest_wrote_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(it_is_fetched_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_one, setup, teardown),
		cmocka_unit_test_setup_teardown(all_go_step_by_step, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_forgets_them, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_may_be_given_away, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_put_back_stays, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
