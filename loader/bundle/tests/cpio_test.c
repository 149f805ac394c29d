/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/cpio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive.h"

static void test_walks_all_entries(void **state)
{
	(void)state;
	struct archive a = {.size = 0};

	archive_add(&a, ".", ARCHIVE_DIRECTORY, NULL);
	archive_add(&a, "./vm", ARCHIVE_DIRECTORY, NULL);
	archive_add(&a, "./vm/vm.dtb", ARCHIVE_REGULAR, "abcde");
	archive_add(&a, "/vm/link", ARCHIVE_SYMLINK, "vm.dtb");
	archive_finish(&a);

	static const struct {
		const char *name;
		enum cpio_kind kind;
		uint32_t size;
	} expected[] = {
		{"", CPIO_DIRECTORY, 0},
		{"vm", CPIO_DIRECTORY, 0},
		{"vm/vm.dtb", CPIO_FILE, 5},
		{"vm/link", CPIO_OTHER, 6},
	};
	const uint8_t *bytes = a.bytes;
	struct cpio cpio;
	struct cpio_entry e;

	cpio_init(&cpio, bytes, a.size);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(cpio_next(&cpio, &e), PLINTH_OK);
		assert_string_equal(e.name, expected[i].name);
		assert_int_equal(e.kind, expected[i].kind);
		assert_int_equal(e.size, expected[i].size);
		assert_ptr_equal((void *)((uintptr_t)(e.data - bytes) & 3U), NULL);
	}
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_ENOENT);
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_ENOENT);
	archive_free(&a);
}

/* Looks in the archive itself, and in its entries read once: one answer. */
static enum plinth_status find(
	const struct archive *a, const char *folder, const char *name, struct cpio_entry *entry)
{
	static struct cpio_entry entries[CPIO_ENTRY_MAX];
	struct cpio_entry other = {.name = NULL};
	struct cpio cpio;
	enum plinth_status status;

	memset(entry, 0, sizeof(*entry));
	cpio_init(&cpio, a->bytes, a->size);
	status = cpio_find(&cpio, folder, name, entry);
	(void)cpio_read(&cpio, entries);
	assert_int_equal(cpio_find(&cpio, folder, name, &other), status);
	assert_ptr_equal(other.name, entry->name);
	assert_ptr_equal(other.data, entry->data);
	assert_int_equal(other.size, entry->size);
	return status;
}

static void test_find(void **state)
{
	(void)state;
	struct archive a = {.size = 0};
	struct cpio_entry e;

	archive_add(&a, "vm/a", ARCHIVE_REGULAR, "old");
	archive_add(&a, "vm2/a", ARCHIVE_REGULAR, "other");
	archive_add(&a, "top", ARCHIVE_REGULAR, "top");
	archive_add(&a, "vm/dir", ARCHIVE_DIRECTORY, NULL);
	archive_add(&a, "vm/a", ARCHIVE_REGULAR, "newer");
	archive_add(&a, "vm-a", ARCHIVE_REGULAR, "beside it");
	archive_finish(&a);
	assert_int_equal(find(&a, "vm", "a", &e), PLINTH_OK);
	assert_memory_equal(e.data, "newer", 5);
	assert_int_equal(find(&a, "", "top", &e), PLINTH_OK);
	assert_int_equal(e.size, 3);
	assert_int_equal(find(&a, "", "vm/a", &e), PLINTH_OK);
	assert_int_equal(find(&a, "v", "a", &e), PLINTH_ENOENT);
	assert_int_equal(find(&a, "vm", "b", &e), PLINTH_ENOENT);
	assert_int_equal(find(&a, "vm", "dir", &e), PLINTH_EINVAL);
	archive_free(&a);
}

static void test_hard_links_share_data(void **state)
{
	(void)state;
	struct archive a = {.size = 0};
	struct cpio_entry e;

	archive_put(&a, (struct archive_item){"a/Image", NULL, 0, ARCHIVE_REGULAR, 7, 2, 0});
	archive_put(&a, (struct archive_item){"x/Image", "wrong", 5, ARCHIVE_REGULAR, 8, 1, 0});
	archive_put(&a, (struct archive_item){"b/Image", "data", 4, ARCHIVE_REGULAR, 7, 2, 0});
	archive_finish(&a);
	assert_int_equal(find(&a, "a", "Image", &e), PLINTH_OK);
	assert_int_equal(e.size, 4);
	assert_memory_equal(e.data, "data", 4);
	assert_string_equal(e.name, "a/Image");
	archive_free(&a);
}

static void test_padded_names(void **state)
{
	(void)state;
	struct archive a = {.size = 0};
	struct cpio_entry e;

	archive_put(&a, (struct archive_item){"vm/a", "x", 1, ARCHIVE_REGULAR, 1, 1, 1234});
	archive_finish(&a);
	assert_int_equal(find(&a, "vm", "a", &e), PLINTH_OK);
	assert_int_equal(e.data[0], 'x');
	archive_free(&a);
}

/* The entries read at once are those that are read one by one, and so is the end. */
static void test_read_at_once(void **state)
{
	(void)state;
	static struct cpio_entry entries[CPIO_ENTRY_MAX];
	struct archive a = {.size = 0};
	struct cpio cpio;
	struct cpio_entry e;

	archive_add(&a, "vm/a", ARCHIVE_REGULAR, "12345");
	archive_add(&a, "vm/b", ARCHIVE_REGULAR, "6");

	size_t second = a.size;

	archive_add(&a, "vm/c", ARCHIVE_REGULAR, "7");
	archive_finish(&a);
	cpio_init(&cpio, a.bytes, second + 8);
	assert_int_equal(cpio_read(&cpio, entries), PLINTH_ERANGE);
	assert_int_equal(cpio.offset, second);
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_OK);
	assert_string_equal(e.name, "vm/a");
	/* Whatever was passed already is found. */
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_OK);
	assert_int_equal(cpio_find(&cpio, "vm", "a", &e), PLINTH_OK);
	assert_memory_equal(e.data, "12345", 5);
	assert_int_equal(cpio_find(&cpio, "vm", "c", &e), PLINTH_ENOENT);
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_ERANGE);
	assert_int_equal(cpio.offset, second);
	archive_free(&a);
}

/* Cut at every length: what was whole before the cut is found, nothing is read behind it. */
static void test_every_truncation(void **state)
{
	(void)state;
	struct archive a = {.size = 0};

	archive_add(&a, "vm/a", ARCHIVE_REGULAR, "12345");

	size_t whole = a.size - 3; /* the padding behind the data may be missing */

	archive_finish(&a);
	for (size_t size = 0; size < a.size; size++) {
		struct archive cut = archive_prefix(&a, size);
		struct cpio cpio;
		struct cpio_entry e;
		enum plinth_status status;

		cpio_init(&cpio, cut.bytes, size);
		status = cpio_next(&cpio, &e);
		assert_int_equal(status, size >= whole ? PLINTH_OK : PLINTH_ERANGE);
		if (status == PLINTH_OK) {
			status = cpio_next(&cpio, &e);
			/* The trailer's own padding (1 byte here) is not missed. */
			assert_int_equal(
				status, size >= a.size - 3 ? PLINTH_ENOENT : PLINTH_ERANGE);
		}
		archive_free(&cut);
	}
	archive_free(&a);
}

static void test_malformed(void **state)
{
	(void)state;
	struct archive a = {.size = 0};
	struct cpio cpio;
	struct cpio_entry e;

	archive_add(&a, "vm/a", ARCHIVE_REGULAR, "1");
	archive_finish(&a);
	for (size_t i = 0; i < 110; i++) {
		struct archive b = archive_prefix(&a, a.size);

		b.bytes[i] = 'g';
		cpio_init(&cpio, b.bytes, b.size);
		assert_int_equal(cpio_next(&cpio, &e), PLINTH_EINVAL);
		assert_int_equal(cpio.offset, 0);
		archive_free(&b);
	}

	struct archive huge = archive_prefix(&a, a.size);

	memcpy(huge.bytes + 6 + 11 * 8, "FFFFFFFF", 8); /* name size */
	cpio_init(&cpio, huge.bytes, huge.size);
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_ERANGE);
	memcpy(huge.bytes + 6 + 11 * 8, "00000000", 8);
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_EINVAL);
	archive_free(&huge);
	huge = archive_prefix(&a, a.size);
	memcpy(huge.bytes + 6 + 6 * 8, "fffffff0", 8); /* file size, in lower case */
	cpio_init(&cpio, huge.bytes, huge.size);
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_ERANGE);
	archive_free(&huge);
	archive_free(&a);
}

static void test_name_too_long(void **state)
{
	(void)state;
	struct archive a = {.size = 0};
	char name[CPIO_NAME_MAX + 2];
	struct cpio cpio;
	struct cpio_entry e;

	memset(name, 'n', sizeof(name));
	name[CPIO_NAME_MAX] = '\0';
	archive_add(&a, name, ARCHIVE_REGULAR, NULL);
	name[CPIO_NAME_MAX] = 'n';
	name[CPIO_NAME_MAX + 1] = '\0';
	archive_add(&a, name, ARCHIVE_REGULAR, NULL);
	cpio_init(&cpio, a.bytes, a.size);
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_OK);
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_EINVAL);
	archive_free(&a);
}

static void test_too_many_entries(void **state)
{
	(void)state;
	struct archive one = {.size = 0};
	size_t count = CPIO_ENTRY_MAX + 1;

	archive_add(&one, "x", ARCHIVE_REGULAR, NULL);

	uint8_t *bytes = malloc(one.size * count);
	struct cpio cpio;
	struct cpio_entry e;

	for (size_t i = 0; i < count; i++) {
		memcpy(bytes + i * one.size, one.bytes, one.size);
	}
	cpio_init(&cpio, bytes, one.size * count);
	for (size_t i = 0; i < CPIO_ENTRY_MAX; i++) {
		assert_int_equal(cpio_next(&cpio, &e), PLINTH_OK);
	}
	assert_int_equal(cpio_next(&cpio, &e), PLINTH_ENOMEM);

	struct cpio_entry *entries = malloc(CPIO_ENTRY_MAX * sizeof(*entries));

	assert_non_null(entries);
	cpio_init(&cpio, bytes, one.size * count);
	assert_int_equal(cpio_read(&cpio, entries), PLINTH_ENOMEM);
	assert_int_equal(cpio.entry_count, CPIO_ENTRY_MAX);
	free(entries);
	free(bytes);
	archive_free(&one);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks_all_entries),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_hard_links_share_data),
		cmocka_unit_test(test_padded_names),
		cmocka_unit_test(test_read_at_once),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_name_too_long),
		cmocka_unit_test(test_too_many_entries),
	};

	return cmocka_run_group_tests_name("bundle/cpio", tests, NULL, NULL);
}
