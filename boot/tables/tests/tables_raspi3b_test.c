/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of a board whose firmware has a spin table: the Raspberry Pi 3, as QEMU's `raspi3b`
 * hands on what -dtb names. It is the Linux kernel's, so it is not kept here but read from Debian's
 * kernel package, which the guests of the tests come from; where nobody has fetched that, it is
 * skipped.
 */
#include "tables/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <glob.h>
#include <libfdt.h>

#include <cmocka.h>

#include "discover/discover.h"
#include "test_data.h"

#define CPUS	   4U
#define RAM_SIZE   UINT32_C(0x3c000000) /* QEMU's, the rest is the GPU's */
#define PEN	   UINT64_C(0x3bff0000)
#define MAILBOX(i) (PEN + 0x1000U + (i)*64U)
#define EDITS	   256U

static void *tree;
static void *rewritten;
static struct machine machine;

/* As the board gets it: QEMU fills in the memory. */
static bool load(void)
{
	const uint32_t memory[] = {0, cpu_to_fdt32(RAM_SIZE)};
	glob_t found;
	size_t size;

	if (glob(RASPI3B_TREES, 0, NULL, &found) != 0) {
		return false;
	}
	void *file = test_data_read(found.gl_pathv[0], &size);

	globfree(&found);
	tree = malloc(size + EDITS);
	assert_non_null(tree);
	assert_int_equal(fdt_open_into(file, tree, (int)(size + EDITS)), 0);
	free(file);
	assert_int_equal(fdt_setprop(tree, fdt_path_offset(tree, "/memory@0"), "reg", memory,
				 sizeof(memory)),
		0);
	return true;
}

static void discover(const void *fdt)
{
	const char *why = "";

	if (discover_fdt(fdt, fdt_totalsize(fdt), &machine, &why) != PLINTH_OK) {
		fail_msg("%s", why);
	}
	assert_int_equal(machine.cpu_count, CPUS);
	for (uint32_t i = 0; i < CPUS; i++) {
		assert_true(machine.cpu[i].mpidr == i);
		assert_int_equal(machine.cpu[i].method, MACHINE_CPU_SPIN_TABLE);
	}
}

static bool is_reserved(uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < machine.reserved_count; i++) {
		if (machine.reserved[i].base <= base &&
			base + size <= machine.reserved[i].base + machine.reserved[i].size) {
			return true;
		}
	}
	return false;
}

static void its_spin_table_becomes_ours(void **state)
{
	static const struct boot_range pen = {PEN, 0x2000};
	struct tables_cpu cpus[CPUS];
	const struct tables_fdt request = {
		.cpus = {TABLES_SPIN_TABLE, cpus, CPUS},
		.reserve = &pen,
		.reserve_count = 1,
		.initrd = {0x08000000, 0x1234},
	};
	const char *why = "";

	(void)state;
	if (!load()) {
		skip();
	}
	discover(tree);
	assert_int_equal(machine.ram_count, 1);
	assert_true(machine.ram[0].base == 0 && machine.ram[0].size == RAM_SIZE);
	assert_int_equal(machine.psci_conduit, BOOT_CONDUIT_NONE);
	for (uint32_t i = 0; i < CPUS; i++) {
		assert_true(machine.cpu[i].address == 0xd8U + 8U * i);
		cpus[i] = (struct tables_cpu){i, MAILBOX(i), i, true};
	}
	assert_true(is_reserved(0xd8, 8U * CPUS));

	size_t size = fdt_totalsize(tree) + TABLES_FDT_SLACK;

	rewritten = malloc(size);
	assert_non_null(rewritten);
	if (tables_rewrite_fdt(tree, rewritten, size, &request, &why) != PLINTH_OK) {
		fail_msg("%s", why);
	}
	discover(rewritten);
	for (uint32_t i = 1; i < CPUS; i++) {
		assert_true(machine.cpu[i].address == MAILBOX(i));
	}
	assert_true(is_reserved(PEN, pen.size));
	assert_true(machine.initrd.base == request.initrd.base);
}

static int teardown(void **state)
{
	(void)state;
	free(tree);
	free(rewritten);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(its_spin_table_becomes_ours, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
