/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "percpu/percpu.h"
#include "vgpio/vgpio.h"

#define ALL_DATA 0x3fcU
#define DIR	 0x400U
#define IS	 0x404U
#define IBE	 0x408U
#define IEV	 0x40cU
#define IE	 0x410U
#define RIS	 0x414U
#define MIS	 0x418U
#define IC	 0x41cU
#define EVENTS	 VGPIO_EVENT_LINES

static struct percpu cpu0;
static struct vgpio gpio;
static bool line;

static void set_line(void *ctx, bool level)
{
	assert_ptr_equal(ctx, &cpu0);
	assert_int_not_equal(level, line);
	line = level;
}

static int setup(void **state)
{
	static const struct vgpio_ops ops = {.set_line = set_line};

	(void)state;
	arch_percpu_set(&cpu0);
	line = false;
	vgpio_init(&gpio, &ops, &cpu0);
	return 0;
}

static uint64_t read(uint64_t offset, uint8_t size)
{
	struct mmio_access access = {.offset = offset, .size = size};

	assert_int_equal(vgpio_mmio(&gpio, &access), MMIO_DONE);
	return access.value;
}

static void write(uint64_t offset, uint64_t value)
{
	struct mmio_access access = {.offset = offset, .value = value, .size = 1, .write = true};

	assert_int_equal(vgpio_mmio(&gpio, &access), MMIO_DONE);
}

/* As Linux's driver sets a line up for rising edges. */
static void rising_edges(void **state)
{
	(void)state;
	write(IEV, 1);
	write(IC, 1);
	write(IE, 1);
	assert_false(line);
	vgpio_set_events(&gpio, true);
	assert_true(line);
	assert_int_equal(read(ALL_DATA, 1), EVENTS);
	assert_int_equal(read(MIS, 4), 1);
	assert_int_equal(read(RIS, 4), 1); /* falling edges are what the others wait for */
	write(IC, 1);
	assert_false(line);
	vgpio_set_events(&gpio, true); /* no edge */
	assert_false(line);
	vgpio_set_events(&gpio, false);
	assert_false(line);
	vgpio_set_events(&gpio, true);
	assert_true(line);
	write(IE, 0);
	assert_false(line);
	assert_int_equal(read(MIS, 4), 0);
}

static void other_senses(void **state)
{
	(void)state;
	write(IE, 7);
	write(IBE, 1);
	write(IS, 4); /* line 2: by level, low */
	assert_true(line);
	write(IEV, 4);
	assert_false(line);
	vgpio_set_events(&gpio, true);
	assert_int_equal(read(MIS, 1), 5); /* both edges; high level */
	write(IC, 7);
	assert_int_equal(read(MIS, 1), 4); /* a level stays */
	vgpio_set_events(&gpio, false);
	assert_int_equal(read(MIS, 1), 3); /* both edges; falling edge */
}

static void data_goes_by_mask(void **state)
{
	(void)state;
	vgpio_set_events(&gpio, true);
	assert_int_equal(read(0x08U, 1), 2); /* line 1 alone */
	assert_int_equal(read(0x20U, 1), 0); /* line 3 is nobody's */
	write(DIR, 0x18);
	write(0x60U, 0xff); /* lines 3 and 4 */
	assert_int_equal(read(ALL_DATA, 1), 0xff);
	write(0x40U, 0); /* line 4 */
	assert_int_equal(read(ALL_DATA, 1), 0xef);
	assert_int_equal(read(DIR, 1), 0x18);
	vgpio_reset(&gpio);
	assert_int_equal(read(DIR, 1), 0);
	assert_int_equal(read(ALL_DATA, 1), EVENTS);
}

static void accesses(void **state)
{
	struct mmio_access wide = {.offset = DIR, .size = 8};

	(void)state;
	assert_int_equal(vgpio_mmio(&gpio, &wide), MMIO_FAULT);
	assert_int_equal(read(0xfe0U, 4), 0x61);
	assert_int_equal(read(0xfe4U, 4), 0x10);
	assert_int_equal(read(0xff0U, 4), 0x0d);
	assert_int_equal(read(0xffcU, 1), 0xb1);
	assert_int_equal(read(0x500U, 4), 0);
	write(0x500U, 0xff);
	assert_int_equal(read(DIR + 1U, 1), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rising_edges, setup),
		cmocka_unit_test_setup(other_senses, setup),
		cmocka_unit_test_setup(data_goes_by_mask, setup),
		cmocka_unit_test_setup(accesses, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
