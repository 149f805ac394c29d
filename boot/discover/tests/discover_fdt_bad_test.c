/* SPDX-License-Identifier: Apache-2.0 */
/* Malformed devicetrees: written with libfdt's sequential writer, or broken after the fact. */
#include "discover/discover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "test_data.h"

static struct machine machine;
static const char *why;
static uint64_t tree[32768 / 8];

static enum plinth_status discover_tree(void)
{
	why = NULL;
	return discover_fdt(tree, fdt_totalsize(tree), &machine, &why);
}

static void begin_tree(unsigned reservations)
{
	assert_int_equal(fdt_create(tree, sizeof(tree)), 0);
	for (unsigned i = 0; i < reservations; i++) {
		assert_int_equal(fdt_add_reservemap_entry(tree, i * UINT64_C(0x10000), 0x1000), 0);
	}
	assert_int_equal(fdt_finish_reservemap(tree), 0);
	assert_int_equal(fdt_begin_node(tree, ""), 0);
}

static void end_tree(void)
{
	assert_int_equal(fdt_end_node(tree), 0);
	assert_int_equal(fdt_finish(tree), 0);
}

static void not_a_tree(void **state)
{
	(void)state;
	memset(tree, 0, sizeof(tree));
	why = NULL;
	assert_int_equal(discover_fdt_size(tree), 0);
	assert_int_equal(discover_fdt_size(NULL), 0);
	assert_int_equal(discover_fdt(NULL, 0, &machine, &why), PLINTH_EINVAL);
	assert_non_null(why);
	assert_int_equal(discover_fdt(tree, sizeof(tree), &machine, &why), PLINTH_EINVAL);
	assert_int_equal(discover_fdt(tree, 39, &machine, &why), PLINTH_EINVAL);
	begin_tree(0);
	end_tree();
	assert_int_equal(
		discover_fdt((char *)tree + 4, sizeof(tree) - 4, &machine, &why), PLINTH_EINVAL);
}

static void too_large(void **state)
{
	(void)state;
	begin_tree(0);
	end_tree();
	assert_true(discover_fdt_size(tree) == fdt_totalsize(tree));
	fdt_set_totalsize(tree, DISCOVER_FDT_MAX + 1U);
	assert_int_equal(discover_fdt_size(tree), 0);
	fdt_set_totalsize(tree, 8);
	assert_int_equal(discover_fdt_size(tree), 0);
}

/* libfdt 1.6.1 would crash on this one. */
static void old_version(void **state)
{
	(void)state;
	begin_tree(0);
	end_tree();
	fdt_set_version(tree, 15);
	assert_int_equal(discover_tree(), PLINTH_EINVAL);
	assert_non_null(strstr(why, "version"));
}

/* Every prefix of a real tree is refused, and not a byte beyond it is read (ASan). */
static void every_truncation(void **state)
{
	size_t size;
	void *whole = test_data_read("odd.dtb", &size);

	(void)state;
	for (size_t n = 0; n < size; n++) {
		void *cut = malloc(n > 0 ? n : 1);

		assert_non_null(cut);
		memcpy(cut, whole, n);
		assert_int_equal(discover_fdt(cut, n, &machine, &why), PLINTH_EINVAL);
		free(cut);
	}
	free(whole);
}

/* Every single byte set to 0xff: anything but a crash. */
static void every_byte_broken(void **state)
{
	size_t size;
	uint8_t *fdt = test_data_read("odd.dtb", &size);
	unsigned accepted = 0;

	(void)state;
	for (size_t n = 0; n < size; n++) {
		uint8_t was = fdt[n];

		fdt[n] = 0xff;
		why = NULL;
		if (discover_fdt(fdt, size, &machine, &why) == PLINTH_OK) {
			accepted++;
		} else {
			assert_non_null(why);
		}
		fdt[n] = was;
	}
	assert_true(accepted > 0);
	free(fdt);
}

static void empty_tree_has_nothing(void **state)
{
	(void)state;
	begin_tree(0);
	end_tree();
	memset(&machine, 0xff, sizeof(machine));
	assert_int_equal(discover_tree(), PLINTH_OK);
	assert_int_equal(machine.ram_count, 0);
	assert_int_equal(machine.cpu_count, 0);
	assert_int_equal(machine.gic.version, 0);
	assert_int_equal(machine.uart.type, BOOT_UART_NONE);
	assert_int_equal(machine.psci_conduit, BOOT_CONDUIT_NONE);
	assert_int_equal(machine.seed_size, 0);
}

static void too_many_reservations(void **state)
{
	(void)state;
	begin_tree(MACHINE_RESERVED_MAX);
	end_tree();
	assert_int_equal(discover_tree(), PLINTH_OK);
	assert_int_equal(machine.reserved_count, MACHINE_RESERVED_MAX);
	begin_tree(MACHINE_RESERVED_MAX + 1U);
	end_tree();
	assert_int_equal(discover_tree(), PLINTH_ENOMEM);
	assert_non_null(why);
}

static void reservations_at_the_end_of_the_address_space(void **state)
{
	(void)state;
	assert_int_equal(fdt_create(tree, sizeof(tree)), 0);
	assert_int_equal(fdt_add_reservemap_entry(tree, UINT64_MAX, 5), 0);
	assert_int_equal(fdt_add_reservemap_entry(tree, UINT64_MAX - 0xfff, 0x2000), 0);
	assert_int_equal(fdt_finish_reservemap(tree), 0);
	assert_int_equal(fdt_begin_node(tree, ""), 0);
	end_tree();
	assert_int_equal(discover_tree(), PLINTH_OK);
	assert_int_equal(machine.reserved_count, 1);
	assert_true(machine.reserved[0].size == 0xfff);
}

/* libfdt itself would follow a = a, b = a without end. */
static void alias_loop(void **state)
{
	(void)state;
	begin_tree(0);
	assert_int_equal(fdt_begin_node(tree, "aliases"), 0);
	assert_int_equal(fdt_property_string(tree, "a", "a"), 0);
	assert_int_equal(fdt_end_node(tree), 0);
	assert_int_equal(fdt_begin_node(tree, "chosen"), 0);
	assert_int_equal(fdt_property_string(tree, "stdout-path", "a"), 0);
	assert_int_equal(fdt_end_node(tree), 0);
	end_tree();
	assert_int_equal(discover_tree(), PLINTH_OK);
	assert_int_equal(machine.uart.type, BOOT_UART_NONE);
}

/* Without stdout-path the first PL011 is the console; with one that names another UART, none is. */
static void uart_without_stdout_path(void **state)
{
	static const uint8_t reg[] = {0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 0, 0x10, 0};

	for (int named = 0; named < 2; named++) {
		(void)state;
		begin_tree(0);
		assert_int_equal(fdt_begin_node(tree, "chosen"), 0);
		if (named != 0) {
			assert_int_equal(fdt_property_string(tree, "stdout-path", "/other"), 0);
		}
		assert_int_equal(fdt_end_node(tree), 0);
		assert_int_equal(fdt_begin_node(tree, "other"), 0);
		assert_int_equal(fdt_end_node(tree), 0);
		assert_int_equal(fdt_begin_node(tree, "serial"), 0);
		assert_int_equal(fdt_property_string(tree, "compatible", "arm,pl011"), 0);
		assert_int_equal(fdt_property(tree, "reg", reg, sizeof(reg)), 0);
		assert_int_equal(fdt_end_node(tree), 0);
		end_tree();
		assert_int_equal(discover_tree(), PLINTH_OK);
		assert_int_equal(machine.uart.type, named != 0 ? BOOT_UART_NONE : BOOT_UART_PL011);
		assert_true(machine.uart.regs.base == (named != 0 ? 0 : 0x12340000));
	}
}

static void add_string(const char *name, const char *value)
{
	assert_int_equal(fdt_property(tree, name, value, (int)strlen(value) + 1), 0);
}

static void add_serial(const char *name, uint8_t page, const char *status)
{
	const uint8_t reg[] = {0, 0, 0, 0, 0, 0, page, 0, 0, 0, 0x10, 0};

	assert_int_equal(fdt_begin_node(tree, name), 0);
	assert_int_equal(fdt_property_string(tree, "compatible", "arm,pl011"), 0);
	add_string("status", status);
	assert_int_equal(fdt_property(tree, "reg", reg, sizeof(reg)), 0);
	assert_int_equal(fdt_end_node(tree), 0);
}

static void console_is_where_chosen_says(void **state)
{
	static const struct {
		const char *path;
		uint64_t base; /* 0: there is none */
	} rows[] = {
		{"/serial@1", 0x2000},
		{"/serial@1:115200n8", 0x2000},
		{"/bus/serial@1", 0x1000},
		{"/serial@2", 0x3000},
		{"/serial", 0x2000}, /* libfdt: the first with any unit address */
		{"second", 0x3000},
		{"second:9600", 0x3000},
		{"/off", 0},
		{"/serial@", 0x1000}, /* nowhere: the first of all */
		{"third", 0x1000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_tree(0);
		assert_int_equal(fdt_begin_node(tree, "bus"), 0);
		assert_int_equal(fdt_property_u32(tree, "#address-cells", 2), 0);
		assert_int_equal(fdt_property(tree, "ranges", "", 0), 0);
		add_serial("serial@1", 0x10, "okay");
		assert_int_equal(fdt_end_node(tree), 0);
		add_serial("serial@1", 0x20, "okay");
		add_serial("serial@2", 0x30, "okay");
		add_serial("off", 0x40, "disabled");
		assert_int_equal(fdt_begin_node(tree, "aliases"), 0);
		assert_int_equal(fdt_property_string(tree, "second", "/serial@2"), 0);
		assert_int_equal(fdt_end_node(tree), 0);
		assert_int_equal(fdt_begin_node(tree, "chosen"), 0);
		add_string("stdout-path", rows[i].path);
		assert_int_equal(fdt_end_node(tree), 0);
		end_tree();
		assert_int_equal(discover_tree(), PLINTH_OK);
		assert_true(machine.uart.regs.base == rows[i].base);
		assert_int_equal(
			machine.uart.type, rows[i].base != 0 ? BOOT_UART_PL011 : BOOT_UART_NONE);
	}
}

/* The console is known before /chosen is, and need not be looked for again. */
static void first_console_is_at_the_top(void **state)
{
	(void)state;
	begin_tree(0);
	add_serial("serial@2", 0x20, "okay");
	add_serial("serial@22", 0x30, "okay");
	assert_int_equal(fdt_begin_node(tree, "chosen"), 0);
	assert_int_equal(fdt_property_string(tree, "stdout-path", "/serial@22"), 0);
	assert_int_equal(fdt_end_node(tree), 0);
	end_tree();
	assert_int_equal(discover_tree(), PLINTH_OK);
	assert_true(machine.uart.regs.base == 0x3000);
}

/* A string of `compatible` ends with a NUL, whatever lies behind it. */
static void compatible_without_end(void **state)
{
	static const char names[] = "odd,psci\0arm,psci-0.2";

	(void)state;
	for (int cut = 0; cut < 2; cut++) {
		begin_tree(0);
		assert_int_equal(fdt_begin_node(tree, "psci"), 0);
		assert_int_equal(
			fdt_property(tree, "compatible", names, (int)sizeof(names) - cut), 0);
		assert_int_equal(fdt_property_string(tree, "method", "smc"), 0);
		assert_int_equal(fdt_end_node(tree), 0);
		end_tree();
		assert_int_equal(discover_tree(), PLINTH_OK);
		assert_int_equal(
			machine.psci_conduit, cut != 0 ? BOOT_CONDUIT_NONE : BOOT_CONDUIT_SMC);
	}
}

/* A memory range that wraps, and an initrd that ends before it starts, are left out. */
static void wrapping_values(void **state)
{
	static const uint8_t wraps[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 0x20, 0};

	(void)state;
	begin_tree(0);
	assert_int_equal(fdt_begin_node(tree, "memory"), 0);
	assert_int_equal(fdt_property_string(tree, "device_type", "memory"), 0);
	assert_int_equal(fdt_property(tree, "reg", wraps, sizeof(wraps)), 0);
	assert_int_equal(fdt_end_node(tree), 0);
	assert_int_equal(fdt_begin_node(tree, "chosen"), 0);
	assert_int_equal(fdt_property_u32(tree, "linux,initrd-start", 0x2000), 0);
	assert_int_equal(fdt_property_u32(tree, "linux,initrd-end", 0x1000), 0);
	assert_int_equal(fdt_end_node(tree), 0);
	end_tree();
	assert_int_equal(discover_tree(), PLINTH_OK);
	assert_int_equal(machine.ram_count, 0);
	assert_true(machine.initrd.size == 0);
}

static void long_command_line(void **state)
{
	char text[BOOT_CMDLINE_SIZE + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[BOOT_CMDLINE_SIZE] = '\0';
	begin_tree(0);
	assert_int_equal(fdt_begin_node(tree, "chosen"), 0);
	assert_int_equal(fdt_property(tree, "bootargs", text, sizeof(text)), 0);
	assert_int_equal(fdt_end_node(tree), 0);
	end_tree();
	assert_int_equal(discover_tree(), PLINTH_OK);
	assert_true(machine.cmdline_cut);
	assert_int_equal(strlen(machine.cmdline), BOOT_CMDLINE_SIZE - 1U);
}

/* Cells beyond what 64 bits hold, and deeper than the walk's stack: no answer, no harm. */
static void deep_and_wide(void **state)
{
	(void)state;
	begin_tree(0);
	assert_int_equal(fdt_property_u32(tree, "#address-cells", 4), 0);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(fdt_begin_node(tree, "n"), 0);
		assert_int_equal(fdt_property_string(tree, "compatible", "arm,gic-v3"), 0);
		assert_int_equal(
			fdt_property(tree, "reg", "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", 20),
			0);
	}
	for (int i = 0; i < 40; i++) {
		assert_int_equal(fdt_end_node(tree), 0);
	}
	/* Behind it the walk is at the top again. */
	assert_int_equal(fdt_begin_node(tree, "chosen"), 0);
	assert_int_equal(fdt_property_string(tree, "bootargs", "behind"), 0);
	assert_int_equal(fdt_end_node(tree), 0);
	end_tree();
	assert_int_equal(discover_tree(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 0);
	assert_string_equal(machine.cmdline, "behind");
}

static void many_cpus(void **state)
{
	char name[16];

	(void)state;
	begin_tree(0);
	assert_int_equal(fdt_begin_node(tree, "cpus"), 0);
	assert_int_equal(fdt_property_u32(tree, "#address-cells", 1), 0);
	assert_int_equal(fdt_property_u32(tree, "#size-cells", 0), 0);
	for (uint32_t i = 0; i < BOOT_CPU_MAX + 3U; i++) {
		(void)snprintf(name, sizeof(name), "cpu@%x", i);
		assert_int_equal(fdt_begin_node(tree, name), 0);
		assert_int_equal(fdt_property_string(tree, "device_type", "cpu"), 0);
		assert_int_equal(fdt_property_u32(tree, "reg", i), 0);
		assert_int_equal(fdt_end_node(tree), 0);
	}
	assert_int_equal(fdt_end_node(tree), 0);
	end_tree();
	assert_int_equal(discover_tree(), PLINTH_OK);
	assert_int_equal(machine.cpu_count, BOOT_CPU_MAX);
	assert_int_equal(machine.cpu_ignored, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_a_tree),
		cmocka_unit_test(too_large),
		cmocka_unit_test(old_version),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(every_byte_broken),
		cmocka_unit_test(empty_tree_has_nothing),
		cmocka_unit_test(too_many_reservations),
		cmocka_unit_test(reservations_at_the_end_of_the_address_space),
		cmocka_unit_test(alias_loop),
		cmocka_unit_test(uart_without_stdout_path),
		cmocka_unit_test(console_is_where_chosen_says),
		cmocka_unit_test(first_console_is_at_the_top),
		cmocka_unit_test(compatible_without_end),
		cmocka_unit_test(wrapping_values),
		cmocka_unit_test(long_command_line),
		cmocka_unit_test(deep_and_wide),
		cmocka_unit_test(many_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
