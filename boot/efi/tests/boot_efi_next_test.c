/* SPDX-License-Identifier: Apache-2.0 */
/* Starting another application, with an initrd for it. */
#include "efi/efi_next.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake_efi.h"

static struct efi efi;
static uint8_t kernel[100];
static uint8_t initrd[50];
static struct efi_next next;

static int setup(void **state)
{
	(void)state;
	fake_efi_reset();
	fake_efi_open(&efi);
	memset(initrd, 0x77, sizeof(initrd));
	next = (struct efi_next){
		.image = {(uintptr_t)kernel, sizeof(kernel)},
		.initrd = {(uintptr_t)initrd, sizeof(initrd)},
		.options = "console=x",
	};
	return 0;
}

/* The next stage reads its options and its initrd, as Linux's stub does. */
static void read_everything(void)
{
	const efi_char_t *options = fake_efi.next.load_options;
	struct efi_load_file2 *offer = fake_efi.offer;
	uint8_t copy[sizeof(initrd) + 1U] = {0};
	uint64_t size = 0;

	assert_int_equal(fake_efi.next.load_options_size, 2U * sizeof("console=x"));
	for (size_t i = 0; i < sizeof("console=x"); i++) {
		assert_int_equal(options[i], (uint8_t)next.options[i]);
	}
	assert_non_null(offer);
	assert_true(offer->load_file(offer, NULL, 1, &size, NULL) == EFI_UNSUPPORTED);
	assert_true(offer->load_file(offer, NULL, 0, NULL, NULL) == EFI_INVALID_PARAMETER);
	assert_true(offer->load_file(offer, NULL, 0, &size, NULL) == EFI_BUFFER_TOO_SMALL);
	assert_true(size == sizeof(initrd));
	size--;
	assert_true(offer->load_file(offer, NULL, 0, &size, copy) == EFI_BUFFER_TOO_SMALL);
	assert_int_equal(copy[0], 0);
	size = sizeof(copy);
	assert_true(offer->load_file(offer, NULL, 0, &size, copy) == EFI_SUCCESS);
	assert_true(size == sizeof(initrd));
	assert_memory_equal(copy, initrd, sizeof(initrd));
	assert_int_equal(copy[sizeof(initrd)], 0);
}

static void with_an_initrd(void **state)
{
	(void)state;
	fake_efi.started = read_everything;
	fake_efi.start_status = EFI_NOT_FOUND;
	assert_true(efi_start_next(&efi, &next) == EFI_NOT_FOUND);
	assert_ptr_equal(fake_efi.source, kernel);
	assert_true(fake_efi.source_size == sizeof(kernel));
	/* Nothing of the offer is left: it lay on a stack. */
	assert_int_equal(fake_efi.offers, 1);
	assert_null(fake_efi.offer);
	assert_false(fake_efi.has_path);
	assert_true(fake_efi_printed("EFI status 0x800000000000000e"));
}

/* An initrd that was for us gives way while the next stage runs. */
static void in_place_of_another(void **state)
{
	(void)state;
	fake_efi.initrd = kernel;
	fake_efi.started = read_everything;
	assert_true(efi_start_next(&efi, &next) == EFI_SUCCESS);
	assert_int_equal(fake_efi.offers, 2);
	assert_null(fake_efi.offer);
	assert_false(fake_efi.has_path);
}

static void without_an_initrd(void **state)
{
	(void)state;
	next.initrd.size = 0;
	assert_true(efi_start_next(&efi, &next) == EFI_SUCCESS);
	assert_ptr_equal(fake_efi.source, kernel);
	assert_int_equal(fake_efi.offers, 0);
}

static void what_the_firmware_does_not_load(void **state)
{
	(void)state;
	fake_efi.load_status = EFI_UNSUPPORTED;
	fake_efi.started = read_everything;
	assert_true(efi_start_next(&efi, &next) == EFI_UNSUPPORTED);
	assert_null(fake_efi.next.load_options);
	assert_null(fake_efi.offer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(with_an_initrd, setup),
		cmocka_unit_test_setup(in_place_of_another, setup),
		cmocka_unit_test_setup(without_an_initrd, setup),
		cmocka_unit_test_setup(what_the_firmware_does_not_load, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
