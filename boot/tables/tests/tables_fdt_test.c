/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's own devicetrees, a made-up board and broken ones, rewritten: what comes out is read back
 * by boot's own discovery, and by libfdt where that does not look. */
#include "tables/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <libfdt.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "discover/discover.h"
#include "test_data.h"

#define MAILBOX(i) (UINT64_C(0x7fff0000) + (i)*64U)

static struct tables_cpu cpus[BOOT_CPU_MAX];
static const struct boot_range pen = {0x7fffe000, 0x2000};
static struct tables_fdt request;
static struct machine machine; /* what the original says */
static struct machine found;   /* what the rewritten one says */
static void *from;
static void *to;
static size_t to_size;

static int setup(void **state)
{
	(void)state;
	from = NULL;
	to = NULL;
	memset(cpus, 0, sizeof(cpus));
	request = (struct tables_fdt){
		.cpus = {TABLES_SPIN_TABLE, cpus, 0},
		.reserve = &pen,
		.reserve_count = 1,
		.initrd = {0x48000000, 0x1234},
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(from);
	free(to);
	return 0;
}

static void read_machine(const void *fdt, size_t size, struct machine *out)
{
	const char *why = "";

	if (discover_fdt(fdt, size, out, &why) != PLINTH_OK) {
		fail_msg("%s", why);
	}
}

/* Loads a tree; all of its CPUs are present. */
static void load(const char *name)
{
	size_t size;

	from = test_data_read(name, &size);
	read_machine(from, size, &machine);
	for (uint32_t i = 0; i < machine.cpu_count; i++) {
		cpus[i] = (struct tables_cpu){machine.cpu[i].mpidr, MAILBOX(i), i + 3U, true};
	}
	request.cpus.count = machine.cpu_count;
	to_size = size + TABLES_FDT_SLACK;
	to = malloc(to_size);
	assert_non_null(to);
}

static enum plinth_status rewrite(void)
{
	const char *why = NULL;
	enum plinth_status status = tables_rewrite_fdt(from, to, to_size, &request, &why);

	assert_true((status == PLINTH_OK) == (why == NULL));
	return status;
}

/* Rewrites, and reads the result back into `found`. */
static void rewrite_and_read(void)
{
	assert_int_equal(rewrite(), PLINTH_OK);
	assert_int_equal(fdt_check_full(to, fdt_totalsize(to)), 0);
	read_machine(to, fdt_totalsize(to), &found);
}

static void assert_reserved(unsigned times)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < found.reserved_count; i++) {
		count += found.reserved[i].base == pen.base && found.reserved[i].size == pen.size;
	}
	assert_int_equal(count, times);
}

static bool mentions_psci(void)
{
	return fdt_node_offset_by_compatible(to, -1, "arm,psci-0.2") >= 0 ||
	       fdt_node_offset_by_compatible(to, -1, "arm,psci-1.0") >= 0 ||
	       fdt_node_offset_by_prop_value(to, -1, "enable-method", "psci", 5) >= 0;
}

static void psci_becomes_spin_table(void **state)
{
	static const char *const trees[] = {"virt-gic3-a57-1.dtb", "virt-gic3-max-8.dtb",
		"virt-gic3-max-64.dtb", "virt-gic2-a57-4.dtb", "virt-gic2-a57-8.dtb",
		"virt-el1-a57-1.dtb"};

	for (size_t t = 0; t < ARRAY_SIZE(trees); t++) {
		setup(state);
		load(trees[t]);
		rewrite_and_read();

		assert_int_equal(found.cpu_count, machine.cpu_count);
		for (uint32_t i = 0; i < found.cpu_count; i++) {
			assert_int_equal(found.cpu[i].method, MACHINE_CPU_SPIN_TABLE);
			assert_true(found.cpu[i].address == MAILBOX(i));
			assert_true(found.cpu[i].mpidr == machine.cpu[i].mpidr);
		}
		assert_false(mentions_psci());
		assert_int_equal(found.psci_conduit, BOOT_CONDUIT_NONE);
		assert_reserved(2); /* /memreserve/ and /reserved-memory */
		assert_true(found.initrd.base == 0x48000000 && found.initrd.size == 0x1234);
		/* what is none of our business stays */
		assert_memory_equal(&found.gic, &machine.gic, sizeof(found.gic));
		assert_memory_equal(found.ram, machine.ram, sizeof(found.ram));
		assert_true(fdt_totalsize(to) < fdt_totalsize(from) + 2048U); /* packed */
		teardown(state);
	}
	setup(state);
}

static void parking_is_named(void **state)
{
	(void)state;
	load("virt-gic3-max-8.dtb");
	request.cpus.target = TABLES_PARKING;
	rewrite_and_read();

	for (uint32_t i = 0; i < found.cpu_count; i++) {
		assert_int_equal(found.cpu[i].method, MACHINE_CPU_PARKING);
		assert_true(found.cpu[i].address == MAILBOX(i));
		assert_int_equal(found.cpu[i].interface, i + 3U);
	}
	assert_reserved(1);
	assert_int_equal(fdt_num_mem_rsv(to), fdt_num_mem_rsv(from));
	int node = fdt_path_offset(to, "/reserved-memory/pen@7fffe000");

	assert_true(node >= 0);
	assert_non_null(fdt_getprop(to, node, "no-map", NULL));
}

static const struct boot_range second_pen = {0x7fff0000, 0x2000};

/* The second mpboot of a chain: nothing of the first one's protocol stays. */
static void parking_becomes_spin_table(void **state)
{
	void *first;

	(void)state;
	load("virt-gic3-max-8.dtb");
	request.cpus.target = TABLES_PARKING;
	rewrite_and_read();
	first = from;
	from = to;
	to = malloc(to_size);
	request.cpus.target = TABLES_SPIN_TABLE;
	request.reserve = &second_pen; /* the first one's is reserved, and still in use */
	rewrite_and_read();
	int cpu = fdt_path_offset(to, "/cpus/cpu@3");

	assert_int_equal(found.cpu[3].method, MACHINE_CPU_SPIN_TABLE);
	assert_null(fdt_getprop(to, cpu, "plinth,parked-address", NULL));
	assert_null(fdt_getprop(to, cpu, "plinth,cpu-interface-number", NULL));
	free(first);
}

static void the_absent_are_left_out(void **state)
{
	(void)state;
	load("virt-gic3-max-8.dtb");
	assert_true(fdt_path_offset(from, "/cpus/cpu-map") >= 0);
	cpus[2].present = false;
	cpus[7].present = false;
	rewrite_and_read();

	assert_int_equal(found.cpu_count, 6);
	assert_true(found.cpu[2].mpidr == 3);
	assert_true(fdt_path_offset(to, "/cpus/cpu@2") < 0);
	/* it would name them */
	assert_true(fdt_path_offset(to, "/cpus/cpu-map") < 0);
}

static void the_unlisted_are_left_out(void **state)
{
	(void)state;
	load("virt-gic3-max-8.dtb");
	request.cpus.count = 3;
	rewrite_and_read();

	assert_int_equal(found.cpu_count, 3);
	assert_false(mentions_psci());
}

static void all_present_keep_their_map(void **state)
{
	(void)state;
	load("virt-gic3-max-8.dtb");
	rewrite_and_read();
	assert_true(fdt_path_offset(to, "/cpus/cpu-map") >= 0);
}

static void odd_board(void **state)
{
	(void)state;
	load("odd.dtb");
	rewrite_and_read();

	/* one has failed, says the firmware, and one is named twice: whoever is on the list stays
	 */
	assert_int_equal(found.cpu_count, machine.cpu_count);
	for (uint32_t i = 0; i < found.cpu_count; i++) {
		assert_int_equal(found.cpu[i].method, MACHINE_CPU_SPIN_TABLE);
		assert_true(found.cpu[i].address == MAILBOX(i));
	}
	assert_true(found.reserved_count == machine.reserved_count + 2U);
	assert_false(mentions_psci());
}

static void no_initrd(void **state)
{
	(void)state;
	load("odd.dtb");
	assert_true(machine.initrd.size != 0);
	request.initrd = (struct boot_range){0};
	rewrite_and_read();

	assert_true(found.initrd.size == 0);
	assert_null(fdt_getprop(to, fdt_path_offset(to, "/chosen"), "linux,initrd-end", NULL));
}

static void too_small(void **state)
{
	(void)state;
	load("virt-gic3-max-8.dtb");
	(void)fdt_pack(from);
	for (to_size = 0; to_size < fdt_totalsize(from) + 256U; to_size += 16U) {
		enum plinth_status status = rewrite();

		assert_int_equal(status, PLINTH_ENOMEM);
	}
}

/* A tree of the test's own with `extra` changes. */
static void make(void (*extra)(void *fdt, int cpus_node))
{
	int node, parent;

	from = malloc(8192);
	to_size = 8192 + TABLES_FDT_SLACK;
	to = malloc(to_size);
	assert_int_equal(fdt_create_empty_tree(from, 8192), 0);
	assert_int_equal(fdt_setprop_u32(from, 0, "#address-cells", 1), 0);
	assert_int_equal(fdt_setprop_u32(from, 0, "#size-cells", 1), 0);
	parent = fdt_add_subnode(from, 0, "cpus");
	assert_int_equal(fdt_setprop_u32(from, parent, "#address-cells", 1), 0);
	assert_int_equal(fdt_setprop_u32(from, parent, "#size-cells", 0), 0);
	node = fdt_add_subnode(from, parent, "cpu");
	assert_int_equal(fdt_setprop(from, node, "device_type", "cpu", 4), 0);
	assert_int_equal(fdt_setprop_u32(from, node, "reg", 0), 0);
	cpus[0] = (struct tables_cpu){0, MAILBOX(0), 0, true};
	request.cpus.count = 1;
	extra(from, parent);
}

static void nothing(void *fdt, int cpus_node)
{
	(void)fdt;
	(void)cpus_node;
}

static void small_tree_gets_what_it_lacks(void **state)
{
	(void)state;
	make(nothing);
	rewrite_and_read();

	assert_int_equal(found.cpu_count, 1);
	assert_true(found.initrd.base == 0x48000000);
	assert_reserved(2);
}

static void add_cpu_without_reg(void *fdt, int cpus_node)
{
	int node = fdt_add_subnode(fdt, cpus_node, "cpu@1");

	assert_int_equal(fdt_setprop(fdt, node, "device_type", "cpu", 4), 0);
}

static void cpu_without_reg_goes(void **state)
{
	(void)state;
	make(add_cpu_without_reg);
	rewrite_and_read();
	assert_int_equal(found.cpu_count, 1);
	assert_true(fdt_path_offset(to, "/cpus/cpu@1") < 0);
	assert_true(fdt_path_offset(to, "/cpus/cpu") >= 0);
}

/* Two nodes that name each other, as caches might. */
static void add_cycle(void *fdt, int cpus_node)
{
	int b = fdt_add_subnode(fdt, cpus_node, "l2-b");

	assert_int_equal(fdt_setprop_u32(fdt, b, "phandle", 2), 0);
	assert_int_equal(fdt_setprop_u32(fdt, b, "next-level-cache", 1), 0);
	int a = fdt_add_subnode(fdt, cpus_node, "l2-a");

	assert_int_equal(fdt_setprop_u32(fdt, a, "phandle", 1), 0);
	assert_int_equal(fdt_setprop_u32(fdt, a, "next-level-cache", 2), 0);
}

static void cyclic_phandles(void **state)
{
	(void)state;
	make(add_cycle);
	rewrite_and_read();
	assert_int_equal(found.cpu_count, 1);
}

static void add_idle_states(void *fdt, int cpus_node)
{
	int states = fdt_add_subnode(fdt, cpus_node, "idle-states");
	int domains, cpu;

	assert_int_equal(fdt_setprop_string(fdt, states, "entry-method", "psci"), 0);
	cpu = fdt_path_offset(fdt, "/cpus/cpu");
	assert_int_equal(fdt_setprop_u32(fdt, cpu, "cpu-idle-states", 9), 0);
	assert_int_equal(fdt_setprop_u32(fdt, cpu, "power-domains", 10), 0);
	for (int i = 0; i < 3; i++) {
		char name[] = "psci0";

		name[4] = (char)('0' + i);
		domains = fdt_add_subnode(fdt, 0, name);
		assert_int_equal(fdt_setprop_string(fdt, domains, "compatible", "arm,psci-1.0"), 0);
	}
}

static void all_that_rests_on_psci_goes(void **state)
{
	(void)state;
	make(add_idle_states);
	rewrite_and_read();
	assert_true(fdt_path_offset(to, "/cpus/idle-states") < 0);
	assert_null(fdt_getprop(to, fdt_path_offset(to, "/cpus/cpu"), "cpu-idle-states", NULL));
	assert_null(fdt_getprop(to, fdt_path_offset(to, "/cpus/cpu"), "power-domains", NULL));
	assert_false(mentions_psci());
}

static void drop_cpus(void *fdt, int cpus_node)
{
	assert_int_equal(fdt_del_node(fdt, cpus_node), 0);
}

static void small_cells(void *fdt, int cpus_node)
{
	int node = fdt_add_subnode(fdt, 0, "reserved-memory");

	(void)cpus_node;
	assert_int_equal(fdt_setprop_u32(fdt, node, "#size-cells", 0), 0);
}

static const struct boot_range high = {0x100000000, 0x1000};

static void what_cannot_be_is_refused(void **state)
{
	make(drop_cpus);
	assert_int_equal(rewrite(), PLINTH_EINVAL);
	teardown(state);
	setup(state);
	make(small_cells);
	assert_int_equal(rewrite(), PLINTH_EINVAL);
	teardown(state);
	setup(state);
	make(nothing);
	request.reserve = &high; /* the root has one cell */
	assert_int_equal(rewrite(), PLINTH_EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(psci_becomes_spin_table, setup, teardown),
		cmocka_unit_test_setup_teardown(parking_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(parking_becomes_spin_table, setup, teardown),
		cmocka_unit_test_setup_teardown(the_absent_are_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(the_unlisted_are_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(all_present_keep_their_map, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_board, setup, teardown),
		cmocka_unit_test_setup_teardown(no_initrd, setup, teardown),
		cmocka_unit_test_setup_teardown(too_small, setup, teardown),
		cmocka_unit_test_setup_teardown(small_tree_gets_what_it_lacks, setup, teardown),
		cmocka_unit_test_setup_teardown(cpu_without_reg_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(cyclic_phandles, setup, teardown),
		cmocka_unit_test_setup_teardown(all_that_rests_on_psci_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
