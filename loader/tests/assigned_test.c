/* SPDX-License-Identifier: Apache-2.0 */
/* VMs with devices of the machine: what they get, what their guests see, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "dts.h"
#include "fixture.h"

#define DIRECT	 VM "memory-direct; assign = "
#define NOT_WITH "memory-direct: not with overcommit, disks in memory, a firmware or ACPI"
#define RAM_AT	 0x0e000000U /* the machine has memory there, whatever its tree says */

#define TRANSPORT(at, irq)                                                                         \
	"virtio_mmio@" #at " { compatible = \"virtio,mmio\"; reg = <0 0x" #at                      \
	" 0 0x200>; interrupts = <0 " #irq " 1>; dma-coherent; };"

static const char machine_tree[] =
	"/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>;"
	"gic: intc@8000000 { compatible = \"arm,gic-v3\"; interrupt-controller;"
	"  #interrupt-cells = <3>; reg = <0 0x8000000 0 0x10000>; };"
	"other: pins { interrupt-controller; #interrupt-cells = <3>; };"
	"pl011@9000000 { compatible = \"arm,pl011\"; reg = <0 0x9000000 0 0x1000>; };"
	/* Eight in a page, with phandles that nobody minds, and two in another one. */
	TRANSPORT(a002000, 32) TRANSPORT(a002200, 33) TRANSPORT(a003000, 40) TRANSPORT(
		a003200, 41) TRANSPORT(a003400, 42) TRANSPORT(a003600, 43) TRANSPORT(a003800,
		44) TRANSPORT(a003a00, 45) TRANSPORT(a003c00,
		46) "virtio_mmio@a003e00 { compatible = \"virtio,mmio\"; reg = <0 0xa003e00 0 "
		    "0x200>;"
		    "  interrupts = <0 47 1>; dma-coherent; phandle = <77>; status = \"okay\"; };"
		    "bus { #address-cells = <1>; #size-cells = <1>; ranges; dma-coherent;"
		    "  gpio@b000000 { compatible = \"x,gpio-2\", \"x,gpio\"; reg = <0xb000000 "
		    "0x1000>,"
		    "    <0xb010000 0x2000>; reg-names = \"a\", \"b\"; interrupts = <0 60 4>, <0 "
		    "61 1>;"
		    "    interrupt-names = \"one\", \"two\"; };"
		    "  clocked@b001000 { reg = <0xb001000 0x1000>; clock-names = \"x\"; };"
		    "  off@b002000 { reg = <0xb002000 0x1000>; status = \"disabled\"; };"
		    "  two@b003000 { reg = <0xb003000 0x100>; };"
		    "  mate@b003100 { reg = <0xb003100 0x100>; };"
		    "  ppi@b004000 { reg = <0xb004000 0x1000>; interrupts = <1 9 4>; };"
		    "  falling@b005000 { reg = <0xb005000 0x1000>; interrupts = <0 62 2>; };"
		    "  shared@b006000 { reg = <0xb006000 0x1000>; interrupts = <0 47 4>; };"
		    "  parent@b007000 { reg = <0xb007000 0x1000>; child { }; };"
		    "  noreg { compatible = \"x,none\"; };"
		    "  pins@b008000 { reg = <0xb008000 0x1000>; interrupt-parent = <&other>;"
		    "    interrupts = <0 63 4>; };"
		    "  console@b009000 { reg = <0xb009000 0x1000>; interrupts = <0 5 4>; };"
		    "  rtc@b00a000 { reg = <0xb00a000 0x1000>; interrupts = <0 2 4>; };"
		    "  far@b00b000 { reg = <0xb00b000 0x1000>; interrupts = <0 256 4>; };"
		    "  odd@b00c000 { reg = <0xb00c000 0x1000>; interrupts = <0 64>; };"
		    "  wrap@fffff000 { reg = <0xfffff000 0>; };"
		    "  many@b00d000 { reg = <0xb00d000 1 0xb00e000 1 0xb00f000 1 0xb020000 1 "
		    "0xb021000 1>; };"
		    "};"
		    "soc { #address-cells = <1>; #size-cells = <1>; ranges = <0 0 0xc0000000 "
		    "0x1000>;"
		    "  moved@0 { reg = <0 0x1000>; }; };"
		    "dma { #address-cells = <1>; #size-cells = <1>; ranges; dma-ranges = <0 0 "
		    "0x40000000 0x1000>;"
		    "  moved@b100000 { reg = <0xb100000 0x1000>; };"
		    "  mate@b102800 { reg = <0xb102800 0x100>; }; };"
		    "window { #address-cells = <1>; #size-cells = <1>; ranges = <0 0 0xb201800 "
		    "0x100>;"
		    "  hidden@0 { reg = <0 0x100>; }; };"
		    "bus2 { #address-cells = <1>; #size-cells = <1>; ranges;"
		    "  a@b102000 { reg = <0xb102000 0x800>; };"
		    "  b@b201000 { reg = <0xb201000 0x800>; };"
		    "  c@b202000 { reg = <0xb202000 0x800>; };"
		    "  five@b104000 { reg = <0xb104000 1 0xb105000 1 0xb106000 1 0xb107000 1 "
		    "0xb202800 1>; };"
		    "  d@b203000 { reg = <0xb203000 0x100>; };"
		    "  e@b203000 { reg = <0xb203000 0x200>; }; };"
		    "pci@d000000 { reg = <0 0xd000000 0 0x1000>; };"
		    "ram@e000000 { reg = <0 0xe000000 0 0x1000>; }; };";

static uint8_t *tree;

static bool is_spare(void *ctx, uint64_t base, uint64_t size)
{
	(void)ctx;
	assert_true(is_aligned(base | size, PAGE_SIZE) && size != 0U);
	return base + size <= RAM_AT || base >= RAM_AT + PAGE_SIZE;
}

static int setup(void **state)
{
	static struct loader_ops ops;
	size_t size;

	(void)fixture_setup(state);
	ops = *machine.loader.ops;
	ops.is_spare = is_spare;
	machine.loader.ops = &ops;
	tree = dts_compile(machine_tree, &size);
	machine.loader.host.fdt = tree;
	machine.loader.host.fdt_size = size;
	machine.loader.host.ipa_bits = 48; /* RAM is this program's own memory */
	machine.loader.host.uart_intid = 37;
	return 0;
}

static int teardown(void **state)
{
	free(tree);
	return fixture_teardown(state);
}

/* What the guest's devicetree says, malloc()ed. */
static char *guest_tree(const struct vm_config *c)
{
	for (uint32_t i = 0; i < c->image_count; i++) {
		if (c->images[i].ipa == c->arg) {
			return dts_decompile(
				(const void *)(uintptr_t)c->images[i].source, c->images[i].size);
		}
	}
	fail_msg("no devicetree");
	return NULL;
}

static void expect_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL) {
		fail_msg("no \"%s\" in:\n%s", part, text);
	}
}

static void test_transports(void **state)
{
	const struct vm_config *c = &machine.configs[0];
	char memory[64];
	char *text;

	(void)state;
	fixture_add_vm("a", DIRECT "\"/virtio_mmio@a003e00\", \"/virtio_mmio@a003200\";");
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.line_count, 0);
	assert_int_equal(c->flags & VM_FLAG_MEMORY_DIRECT, VM_FLAG_MEMORY_DIRECT);
	assert_int_equal(c->device_count, 8); /* all of the page */
	for (uint32_t i = 0; i < 8U; i++) {
		bool is_found = false;

		for (uint32_t k = 0; k < 8U; k++) {
			is_found = is_found || c->devices[k].base == 0xa003000U + i * 0x200U;
		}
		assert_true(is_found);
		assert_int_equal(c->devices[i].size, 0x200);
		assert_int_equal(c->devices[i].flags, VM_DEVICE_VIRTIO);
	}
	assert_int_equal(c->interrupt_count, 2); /* of those that are named */
	assert_int_equal(c->interrupts[0].intid, 32 + 47);
	assert_int_equal(c->interrupts[1].intid, 32 + 41);
	assert_int_equal(c->interrupts[0].flags, VM_INTERRUPT_EDGE);
	assert_int_equal(c->ram_base, (uintptr_t)machine.blocks[0].va);
	assert_int_equal(c->ram_size, machine.blocks[0].size);
	assert_int_equal(c->entry, c->ram_base);

	text = guest_tree(c);
	expect_has(text, "virtio_mmio@a003e00 {");
	expect_has(text, "reg = <0x00 0xa003e00 0x00 0x200>;");
	expect_has(text, "interrupts = <0x00 0x2f 0x01>;");
	expect_has(text, "compatible = \"virtio,mmio\";");
	expect_has(text, "dma-coherent;");
	expect_has(text, "virtio_mmio@a003200 {");
	assert_null(strstr(text, "virtio_mmio@a003c00")); /* comes along, is not shown */
	assert_null(strstr(text, "phandle = <0x4d>"));
	snprintf(memory, sizeof(memory), "memory@%llx {", (unsigned long long)c->ram_base);
	expect_has(text, memory);
	assert_null(strstr(text, "memory@40000000"));
	free(text);
}

/* Any device: below a bus, with two ranges of registers and two kinds of interrupts. */
static void test_any_device(void **state)
{
	const struct vm_config *c = &machine.configs[0];
	char *text;

	(void)state;
	fixture_add_vm("a", DIRECT "\"/bus/gpio@b000000\";");
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(c->device_count, 2);
	assert_int_equal(c->devices[1].base, 0xb010000);
	assert_int_equal(c->devices[1].size, 0x2000);
	assert_int_equal(c->devices[0].flags | c->devices[1].flags, 0);
	assert_int_equal(c->interrupt_count, 2);
	assert_int_equal(c->interrupts[0].flags, 0);
	assert_int_equal(c->interrupts[1].flags, VM_INTERRUPT_EDGE);
	text = guest_tree(c);
	expect_has(text, "gpio@b000000 {");
	expect_has(text, "reg = <0x00 0xb000000 0x00 0x1000 0x00 0xb010000 0x00 0x2000>;");
	expect_has(text, "compatible = \"x,gpio-2\\0x,gpio\";");
	expect_has(text, "interrupts = <0x00 0x3c 0x04 0x00 0x3d 0x01>;");
	expect_has(text, "interrupt-names = \"one\\0two\";");
	expect_has(text, "reg-names = \"a\\0b\";");
	expect_has(text, "dma-coherent;"); /* the bus's */
	free(text);
}

static const struct {
	const char *properties;
	const char *line; /* of what is behind VM "bad": */
} refusals[] = {
	{VM "assign = \"/bus/gpio@b000000\";",
		"assign: needs memory-direct: no SMMU translates what devices access"},
	{VM "memory-direct;", "memory-direct: is for VMs with assign"},
	{VM "memory-direct; assign;", "assign: is not a list of strings"},
	{VM "memory-direct; assign = [2f 61];", "assign: is not a list of strings"},
	{DIRECT "\"/pci@d000000\", \"/bus/gpio@b000000\", \"/pci@d000000\";",
		"assign: \"/pci@d000000\" is named twice, or one too many"},
	{DIRECT "\"/virtio_mmio@a002000\", \"/virtio_mmio@a002200\", \"/virtio_mmio@a003000\", "
		"\"/virtio_mmio@a003200\", \"/virtio_mmio@a003400\", \"/virtio_mmio@a003600\", "
		"\"/virtio_mmio@a003800\", \"/virtio_mmio@a003a00\", \"/virtio_mmio@a003c00\";",
		"assign: \"/virtio_mmio@a003c00\" is named twice, or one too many"},
	{DIRECT "\"/pci@d000000\"; overcommit;", NOT_WITH},
	{DIRECT "\"/pci@d000000\"; firmware = \"uefi\";", NOT_WITH},
	{DIRECT "\"/pci@d000000\"; disk@0 { size = <0x200000>; };", NOT_WITH},
	{DIRECT "\"/pci@d000000\"; tables = \"acpi\";", NOT_WITH},
	{DIRECT "\"/virtio_mmio\";", "assign: \"/virtio_mmio\" is not in the machine's devicetree"},
	{DIRECT "\"virtio_mmio@a003e00\";",
		"assign: \"virtio_mmio@a003e00\" is not in the machine's devicetree"},
	{DIRECT "\"/bus/gpio@b000000/\";",
		"assign: \"/bus/gpio@b000000/\" is not in the machine's devicetree"},
	{DIRECT "\"\";", "assign: \"\" is not in the machine's devicetree"},
	{DIRECT "\"/bus/off@b002000\";", "assign: \"/bus/off@b002000\" is disabled"},
	{DIRECT "\"/bus/clocked@b001000\";", "assign: \"/bus/clocked@b001000\" has "
					     "\"clock-names\", which cannot be copied"},
	{DIRECT "\"/bus/parent@b007000\";",
		"assign: \"/bus/parent@b007000\" has nodes below it, which cannot be copied"},
	{DIRECT "\"/bus/noreg\";",
		"assign: \"/bus/noreg\" has no registers, or more than 4 ranges or 4 GiB of them"},
	{DIRECT "\"/bus/wrap@fffff000\";", "assign: \"/bus/wrap@fffff000\" has no registers, or "
					   "more than 4 ranges or 4 GiB of them"},
	{DIRECT "\"/bus/many@b00d000\";", "assign: \"/bus/many@b00d000\" has no registers, or more "
					  "than 4 ranges or 4 GiB of them"},
	{DIRECT "\"/bus/ppi@b004000\";", "assign: \"/bus/ppi@b004000\" has an interrupt that is no "
					 "SPI of the GIC below 256, or of another trigger"},
	{DIRECT "\"/bus/far@b00b000\";", "assign: \"/bus/far@b00b000\" has an interrupt that is no "
					 "SPI of the GIC below 256, or of another trigger"},
	{DIRECT "\"/bus/falling@b005000\";",
		"assign: \"/bus/falling@b005000\" has an interrupt "
		"that is no SPI of the GIC below 256, or of another trigger"},
	{DIRECT "\"/bus/odd@b00c000\";", "assign: \"/bus/odd@b00c000\" has an interrupt that is no "
					 "SPI of the GIC below 256, or of another trigger"},
	{DIRECT "\"/bus/pins@b008000\";", "assign: \"/bus/pins@b008000\" has an interrupt that is "
					  "no SPI of the GIC below 256, or of another trigger"},
	{DIRECT "\"/bus/console@b009000\";", "assign: \"/bus/console@b009000\" has an interrupt "
					     "that the VM or Plinth has already"},
	{DIRECT "\"/bus/rtc@b00a000\";", "assign: \"/bus/rtc@b00a000\" has an interrupt that the "
					 "VM or Plinth has already"},
	{DIRECT "\"/bus/two@b003000\";",
		"assign: \"mate@b003100\" shares a 4 KiB page, and is not named"},
	{DIRECT "\"/bus2/a@b102000\";",
		"assign: \"mate@b102800\" shares a 4 KiB page, and is not named"},
	{DIRECT "\"/bus2/b@b201000\";", "assign: \"window\" shares a 4 KiB page, and is not named"},
	{DIRECT "\"/bus2/c@b202000\";",
		"assign: \"five@b104000\" shares a 4 KiB page, and is not named"},
	{DIRECT "\"/bus2/d@b203000\", \"/bus2/e@b203000\";",
		"assign: \"/bus2/e@b203000\" is described twice, differently"},
	{DIRECT "\"/soc/moved@0\";",
		"assign: \"/soc/moved@0\" is on a bus that translates addresses"},
	{DIRECT "\"/dma/moved@b100000\";",
		"assign: \"/dma/moved@b100000\" is on a bus that translates addresses"},
	{DIRECT "\"/pl011@9000000\";", "assign: \"/pl011@9000000\" lies where the VM "
				       "has something of its own"},
	{DIRECT "\"/ram@e000000\";",
		"assign: \"/ram@e000000\" shares its pages with memory or a device of Plinth's"},
};

static void test_refusals(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		char line[HARNESS_LINE_SIZE];

		snprintf(line, sizeof(line), "VM \"bad\": %s", refusals[i].line);
		fixture_add_vm("bad", refusals[i].properties);
		fixture_expect_line(line);
		(void)teardown(state);
		(void)setup(state);
	}
}

#define UNREADABLE "may lie in the same 4 KiB page: that cannot be read"

/* Who cannot be placed may be in the page. */
static void test_unreadable_neighbours(void **state)
{
	static const char start[] = "/dts-v1/; / { #address-cells = <2>; #size-cells = <2>;"
				    " dev@b000000 { reg = <0 0xb000000 0 0x1000>; }; ";
	static const struct {
		const char *nodes;
		const char *name;
		const char *why;
	} rows[] = {
		{"odd { reg = <0 0xb000000 0>; }; };", "odd", UNREADABLE},
		{"wrap { reg = <0xffffffff 0xfffff000 0 0x2000>; }; };", "wrap", UNREADABLE},
		{"bus { #address-cells = <3>; #size-cells = <1>; ranges; x { reg = <1 0 0 1>; }; "
		 "}; };",
			"x", UNREADABLE},
		{"bus { #address-cells = <5>; ranges; x { reg = <0 0xb000000 1>; }; }; };", "x",
			UNREADABLE},
		{"bus { #address-cells = <1>; #size-cells = <1>; ranges = <0 0 0xb000000>; }; };",
			"bus", UNREADABLE},
		{"bus { #address-cells = <5>; ranges = <0 0 0xb000000 1>; }; };", "bus",
			UNREADABLE},
		/* One whose end nobody knows is there, too. */
		{"bus { #address-cells = <1>; #size-cells = <0>; ranges; x { reg = <0xb000800>; "
		 "}; }; };",
			"x", "shares a 4 KiB page, and is not named"},
		{"b1 { ranges; b2 { ranges; b3 { ranges; b4 { ranges; b5 { ranges; b6 { ranges; "
		 "b7 { ranges; b8 { ranges; b9 { ranges; b10 { ranges; b11 { ranges; b12 { ranges; "
		 "b13 { ranges; b14 { ranges; b15 { ranges; x { reg = <0 0xb000000 1>; }; }; }; }; "
		 "}; }; }; }; }; }; }; }; }; }; }; }; };",
			"b15", "has nodes too deep below it"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[768];
		char line[HARNESS_LINE_SIZE];

		free(tree);
		snprintf(text, sizeof(text), "%s%s", start, rows[i].nodes);
		tree = dts_compile(text, &machine.loader.host.fdt_size);
		machine.loader.host.fdt = tree;
		snprintf(line, sizeof(line), "VM \"bad\": assign: \"%s\" %s", rows[i].name,
			rows[i].why);
		fixture_add_vm("bad", DIRECT "\"/dev@b000000\";");
		fixture_expect_line(line);
		(void)teardown(state);
		(void)setup(state);
	}
}

static void test_neighbours_that_are_named(void **state)
{
	(void)state;
	fixture_add_vm("a", DIRECT "\"/bus/two@b003000\", \"/bus/mate@b003100\";");
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.configs[0].device_count, 2);
}

/* The first VM keeps what it has. */
static void test_a_page_is_not_split(void **state)
{
	(void)state;
	fixture_add_vm("a", DIRECT "\"/virtio_mmio@a003e00\";");
	fixture_add_vm("b", DIRECT "\"/virtio_mmio@a003c00\";");
	fixture_add_vm("c", DIRECT "\"/bus/shared@b006000\";");
	fixture_add_vm("d", DIRECT "\"/virtio_mmio@a002000\";");
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.config_count, 2);
	assert_string_equal(machine.configs[0].name, "a");
	assert_string_equal(machine.configs[1].name, "d");
	assert_int_equal(machine.configs[1].device_count, 2);
	assert_int_equal(machine.line_count, 2);
	assert_string_equal(machine.lines[0],
		"VM \"b\": assign: \"/virtio_mmio@a003c00\" shares its 4 KiB page with VM \"a\"");
	assert_string_equal(machine.lines[1],
		"VM \"c\": assign: \"/bus/shared@b006000\" shares an interrupt with VM \"a\"");
}

static void test_the_machine(void **state)
{
	static const char no_tree[] = "VM \"bad\": assign: needs a machine that a devicetree "
				      "describes, and a VM of its boot "
				      "loader's bundle";

	(void)state;
	machine.loader.host.has_fwb = true;
	fixture_add_vm("bad", DIRECT "\"/pci@d000000\";");
	fixture_expect_line("VM \"bad\": assign: \"/pci@d000000\" is not dma-coherent, and guests' "
			    "memory here is always cached (FEAT_S2FWB)");
	(void)teardown(state);
	(void)setup(state);
	machine.loader.host.has_fwb = true;
	fixture_add_vm("a", DIRECT "\"/bus/gpio@b000000\";");
	assert_int_equal(fixture_load(), PLINTH_OK);
	(void)teardown(state);
	(void)setup(state);
	machine.loader.host.fdt = NULL;
	fixture_add_vm("bad", DIRECT "\"/pci@d000000\";");
	fixture_expect_line(no_tree);
	(void)teardown(state);
	(void)setup(state);
	tree[200] ^= 0xffU; /* in the structure block: no valid devicetree any more */
	machine.loader.host.fdt_size = 100;
	fixture_add_vm("bad", DIRECT "\"/pci@d000000\";");
	fixture_expect_line(no_tree);
}

static void test_no_memory_in_one_piece(void **state)
{
	(void)state;
	machine.failing_call = 2; /* the first, of a gigabyte's alignment, is refused anyway */
	fixture_add_vm("bad", DIRECT "\"/pci@d000000\";");
	fixture_expect_line("VM \"bad\": memory: memory-direct: no 0x4000000 bytes in one piece "
			    "where a VM's RAM can be");
	(void)teardown(state);
	(void)setup(state);
	machine.loader.host.free_memory = MIB(32);
	fixture_add_vm("bad", DIRECT "\"/pci@d000000\";");
	archive_finish(&bundle);
	assert_int_equal(harness_load(&machine, bundle.bytes, bundle.size), PLINTH_ENOENT);
	assert_non_null(strstr(machine.lines[0], "only 0x2000000 are free"));
	(void)teardown(state);
	(void)setup(state);
	machine.loader.host.ipa_bits = 40;
	fixture_add_vm("bad", DIRECT "\"/pci@d000000\";");
	archive_finish(&bundle);
	assert_int_equal(harness_load(&machine, bundle.bytes, bundle.size), PLINTH_ENOENT);
	assert_non_null(strstr(machine.lines[0], "where a VM's RAM can be"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_transports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable_neighbours, setup, teardown),
		cmocka_unit_test_setup_teardown(test_neighbours_that_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_page_is_not_split, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory_in_one_piece, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
