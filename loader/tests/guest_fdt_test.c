/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_fdt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "dts.h"

#define GUARD 0x5aU
#define PEN   UINT64_C(0x5fff0000)

struct built {
	uint8_t *dtb;
	size_t bound;
	struct guest_fdt fdt;
	char *source; /* what dtc says of it, without a warning */
};

static struct loader_host host;
static struct vmdesc desc;
static const struct guest_efi efi = {
	.size = 1,
	.system_table = UINT64_C(0x15fff0000),
	.memory_map = UINT64_C(0x15fff0100),
	.memory_map_size = 120,
	.descriptor_size = 40,
	.descriptor_version = 1,
};

static struct guest_disks disks;
static const struct assigned assigned; /* none: assigned_test.c */

static int setup(void **state)
{
	(void)state;
	host = (struct loader_host){
		.gic_version = 3, .cpu_count = 4, .ipa_bits = 40, .has_entropy = true};
	desc = (struct vmdesc){.vcpu_count = 2,
		.ram_base = VM_RAM_BASE,
		.memory = 0x20000000,
		.kernel = "Image",
		.bootargs = "quiet"};
	disks.count = 0;
	return 0;
}

static struct built build(uint64_t initrd, uint64_t initrd_size)
{
	const struct guest_fdt_input input = {
		.desc = &desc,
		.host = &host,
		.initrd = initrd,
		.initrd_size = initrd_size,
		.pen = PEN,
		.efi = &efi,
		.disks = &disks,
		.assigned = &assigned,
	};
	struct built b = {.bound = guest_fdt_bound(&desc)};

	b.dtb = malloc(b.bound);
	assert_non_null(b.dtb);
	memset(b.dtb, GUARD, b.bound);
	guest_fdt_build(&input, b.dtb, &b.fdt);
	assert_true(b.fdt.size <= b.bound);
	assert_int_equal(fdt_check_full(b.dtb, b.fdt.size), 0);
	b.source = dts_decompile(b.dtb, b.fdt.size);
	return b;
}

static void free_built(struct built *b)
{
	free(b->dtb);
	free(b->source);
}

static void expect_has(const struct built *b, const char *text)
{
	if (strstr(b->source, text) == NULL) {
		fail_msg("no \"%s\" in:\n%s", text, b->source);
	}
}

static void expect_lacks(const struct built *b, const char *text)
{
	if (strstr(b->source, text) != NULL) {
		fail_msg("\"%s\" in:\n%s", text, b->source);
	}
}

/* The whole tree, as dtc writes it, of the plainest VM. */
static void test_golden(void **state)
{
	(void)state;
	static const char golden[] =
		"/dts-v1/;\n\n/ {\n"
		"\tcompatible = \"linux,dummy-virt\";\n\tmodel = \"linux,dummy-virt\";\n"
		"\t#address-cells = <0x02>;\n\t#size-cells = <0x02>;\n"
		"\tinterrupt-parent = <0x01>;\n\n"
		"\taliases {\n\t\tserial0 = \"/pl011@9000000\";\n\t};\n\n"
		"\tchosen {\n\t\tbootargs = \"quiet\";\n\t\tstdout-path = "
		"\"/pl011@9000000\";\n\t};\n\n"
		"\tmemory@40000000 {\n\t\tdevice_type = \"memory\";\n"
		"\t\treg = <0x00 0x40000000 0x00 0x20000000>;\n\t};\n\n"
		"\tcpus {\n\t\t#address-cells = <0x01>;\n\t\t#size-cells = <0x00>;\n\n"
		"\t\tcpu@0 {\n\t\t\tdevice_type = \"cpu\";\n\t\t\tcompatible = \"arm,armv8\";\n"
		"\t\t\treg = <0x00>;\n\t\t\tenable-method = \"psci\";\n\t\t};\n\t};\n\n"
		"\tpsci {\n\t\tcompatible = \"arm,psci-1.0\\0arm,psci-0.2\";\n"
		"\t\tmethod = \"hvc\";\n\t};\n\n"
		"\ttimer {\n\t\tcompatible = \"arm,armv8-timer\\0arm,armv7-timer\";\n"
		"\t\talways-on;\n\t\tinterrupts = <0x01 0x0d 0x08 0x01 0x0e 0x08 0x01 0x0b 0x08 "
		"0x01 "
		"0x0a 0x08>;\n\t};\n\n"
		"\tintc@8000000 {\n\t\tphandle = <0x01>;\n\t\tinterrupt-controller;\n"
		"\t\t#interrupt-cells = <0x03>;\n\t\t#address-cells = <0x00>;\n"
		"\t\tcompatible = \"arm,gic-v3\";\n\t\t#redistributor-regions = <0x01>;\n"
		"\t\treg = <0x00 0x8000000 0x00 0x10000 0x00 0x80a0000 0x00 0x20000>;\n\t};\n\n"
		"\tapb-pclk {\n\t\tcompatible = \"fixed-clock\";\n\t\t#clock-cells = <0x00>;\n"
		"\t\tclock-frequency = <0x16e3600>;\n\t\tclock-output-names = \"clk24mhz\";\n"
		"\t\tphandle = <0x02>;\n\t};\n\n"
		"\tpl011@9000000 {\n\t\tcompatible = \"arm,pl011\\0arm,primecell\";\n"
		"\t\treg = <0x00 0x9000000 0x00 0x1000>;\n\t\tinterrupts = <0x00 0x01 0x04>;\n"
		"\t\tclocks = <0x02 0x02>;\n\t\tclock-names = \"uartclk\\0apb_pclk\";\n\t};\n\n"
		"\tpl031@9010000 {\n\t\tcompatible = \"arm,pl031\\0arm,primecell\";\n"
		"\t\treg = <0x00 0x9010000 0x00 0x1000>;\n\t\tinterrupts = <0x00 0x02 0x04>;\n"
		"\t\tclocks = <0x02>;\n\t\tclock-names = \"apb_pclk\";\n\t};\n\n"
		"\thypervisor {\n\t\tcompatible = \"plinth\";\n\t};\n};\n";

	host.has_entropy = false;
	desc.vcpu_count = 1;

	struct built b = build(0, 0);

	assert_string_equal(b.source, golden);
	assert_int_equal(b.fdt.kaslr_seed, 0);
	assert_int_equal(b.fdt.rng_seed, 0);
	assert_int_equal(b.fdt.token, 0);
	free_built(&b);
}

static void expect_zeroes(const struct built *b, size_t offset, size_t size, const char *name)
{
	int length;
	const uint8_t *value =
		fdt_getprop(b->dtb, fdt_path_offset(b->dtb, "/chosen"), name, &length);

	assert_non_null(value);
	assert_ptr_equal(value, b->dtb + offset);
	assert_int_equal(length, size);
	for (size_t i = 0; i < size; i++) {
		assert_int_equal(value[i], 0);
	}
}

static void test_seeds_and_token(void **state)
{
	(void)state;
	desc.flags = VM_FLAG_CONTROL;

	struct built b = build(0, 0);

	expect_zeroes(&b, b.fdt.kaslr_seed, GUEST_FDT_KASLR_SIZE, "kaslr-seed");
	expect_zeroes(&b, b.fdt.rng_seed, GUEST_FDT_SEED_SIZE, "rng-seed");
	expect_zeroes(&b, b.fdt.token, GUEST_FDT_TOKEN_SIZE, "security-plinth-token");
	free_built(&b);
	desc.flags = 0;
	b = build(0, 0);
	expect_lacks(&b, "token");
	assert_int_equal(b.fdt.token, 0);
	free_built(&b);
}

/* Its PL061 tells of events. */
static void test_gpio_of_a_control_vm(void **state)
{
	static const char node[] =
		"\tpl061@9030000 {\n\t\tcompatible = \"arm,pl061\\0arm,primecell\";\n"
		"\t\treg = <0x00 0x9030000 0x00 0x1000>;\n\t\tinterrupts = <0x00 0x07 0x04>;\n"
		"\t\tclocks = <0x02>;\n\t\tclock-names = \"apb_pclk\";\n"
		"\t\tgpio-controller;\n\t\t#gpio-cells = <0x02>;\n\t};\n";

	(void)state;
	desc.flags = VM_FLAG_CONTROL;

	struct built b = build(0, 0);

	assert_non_null(strstr(b.source, node));
	free_built(&b);
	desc.flags = 0;
	b = build(0, 0);
	expect_lacks(&b, "pl061");
	free_built(&b);
}

static void test_initrd_and_clock(void **state)
{
	(void)state;
	host.timer_frequency = 62500000;

	struct built b = build(UINT64_C(0x4f000123), 0x456);

	expect_has(&b, "linux,initrd-start = <0x00 0x4f000123>;");
	expect_has(&b, "linux,initrd-end = <0x00 0x4f000579>;");
	expect_has(&b, "clock-frequency = <0x3b9aca0>;");
	free_built(&b);
}

static void test_hypervisor_names(void **state)
{
	(void)state;
	struct built b;

	desc.flags = VM_FLAG_VMWARE;
	b = build(0, 0);
	expect_has(&b, "compatible = \"vmware\";");
	expect_has(&b, "linux,uefi-system-table = <0x01 0x5fff0000>;");
	expect_has(&b, "stdout-path");
	expect_lacks(&b, "plinth");
	free_built(&b);
	desc.flags = VM_FLAG_ANONYMOUS;
	b = build(0, 0);
	expect_lacks(&b, "hypervisor");
	expect_lacks(&b, "plinth");
	free_built(&b);
	desc.flags = VM_FLAG_ANONYMOUS | VM_FLAG_VMWARE;
	b = build(0, 0);
	expect_has(&b, "compatible = \"vmware\";");
	free_built(&b);
}

static void test_gicv2(void **state)
{
	(void)state;
	host.gic_version = 2;
	desc.vcpu_count = 8;

	struct built b = build(0, 0);

	expect_has(&b, "compatible = \"arm,cortex-a15-gic\";");
	expect_has(&b, "reg = <0x00 0x8000000 0x00 0x10000 0x00 0x8010000 0x00 0x10000>;");
	expect_has(&b, "interrupts = <0x01 0x0d 0xff08 0x01 0x0e 0xff08 0x01 0x0b 0xff08 0x01 0x0a "
		       "0xff08>;");
	expect_lacks(&b, "redistributor");
	free_built(&b);
}

/* The largest tree there can be: the bound holds, the last CPU is where SGIs find it. */
static void test_most_cpus_and_longest_arguments(void **state)
{
	(void)state;
	static char longest[VMDESC_BOOTARGS_MAX + 1];

	memset(longest, 'x', VMDESC_BOOTARGS_MAX);
	desc.vcpu_count = VM_VCPU_MAX;
	desc.bootargs = longest;
	desc.flags = VM_FLAG_CONTROL;
	desc.secondary_boot = VMDESC_SPIN_TABLE;
	desc.memory = UINT64_C(0x3fc0000000);
	host.timer_frequency = 1;

	struct built b = build(0x40000000, 1);

	expect_has(&b, "cpu@f {");
	expect_has(&b, "cpu@100 {");
	expect_has(&b, "cpu@70a {\n\t\t\tdevice_type = \"cpu\";\n\t\t\tcompatible = "
		       "\"arm,armv8\";\n\t\t\treg = <0x70a>;");
	expect_lacks(&b, "cpu@70b {");
	expect_has(&b, "reg = <0x00 0x40000000 0x3f 0xc0000000>;");
	expect_has(&b, "0x80a0000 0x00 0xf60000>;");
	free_built(&b);
}

/* The words lie in the pen, which is reserved for both who read nodes and who read the header. */
static void test_spin_table(void **state)
{
	(void)state;
	uint64_t base, size;

	desc.secondary_boot = VMDESC_SPIN_TABLE;

	struct built b = build(0, 0);

	expect_has(&b, "/memreserve/\t0x000000005fff0000 0x0000000000010000;");
	expect_has(&b, "reserved-memory {\n\t\t#address-cells = <0x02>;\n\t\t#size-cells = "
		       "<0x02>;\n\t\tranges;\n\n\t\tpen@5fff0000 {\n\t\t\treg = <0x00 0x5fff0000 "
		       "0x00 0x10000>;\n\t\t};\n\t};");
	expect_has(&b, "reg = <0x00>;\n\t\t\tenable-method = \"spin-table\";\n\t\t\t"
		       "cpu-release-addr = <0x00 0x5fff0800>;");
	expect_has(&b, "reg = <0x01>;\n\t\t\tenable-method = \"spin-table\";\n\t\t\t"
		       "cpu-release-addr = <0x00 0x5fff0808>;");
	expect_lacks(&b, "enable-method = \"psci\"");
	expect_has(&b, "psci {"); /* SYSTEM_OFF and SYSTEM_RESET */
	assert_int_equal(fdt_num_mem_rsv(b.dtb), 1);
	assert_int_equal(fdt_get_mem_rsv(b.dtb, 0, &base, &size), 0);
	assert_int_equal(base, PEN);
	free_built(&b);
}

static void test_stub(void **state)
{
	(void)state;
	static const char golden[] =
		"/dts-v1/;\n\n/ {\n\t#address-cells = <0x02>;\n\t#size-cells = <0x02>;\n\n"
		"\tchosen {\n\t\tbootargs = \"quiet\";\n"
		"\t\tlinux,uefi-system-table = <0x01 0x5fff0000>;\n"
		"\t\tlinux,uefi-mmap-start = <0x01 0x5fff0100>;\n"
		"\t\tlinux,uefi-mmap-size = <0x78>;\n"
		"\t\tlinux,uefi-mmap-desc-size = <0x28>;\n"
		"\t\tlinux,uefi-mmap-desc-ver = <0x01>;\n"
		"\t\tlinux,uefi-secure-boot = <0x02>;\n"
		"\t\tlinux,initrd-start = <0x00 0x4f000000>;\n"
		"\t\tlinux,initrd-end = <0x00 0x4f000100>;\n\t};\n};\n";

	host.has_entropy = false;
	desc.tables = VMDESC_ACPI;
	desc.secondary_boot = VMDESC_PARKING;

	struct built b = build(UINT64_C(0x4f000000), 0x100);

	assert_string_equal(b.source, golden);
	assert_int_equal(fdt_num_mem_rsv(b.dtb), 0);
	free_built(&b);
	host.has_entropy = true;
	desc.flags = VM_FLAG_CONTROL;
	b = build(0, 0);
	expect_zeroes(&b, b.fdt.kaslr_seed, GUEST_FDT_KASLR_SIZE, "kaslr-seed");
	expect_zeroes(&b, b.fdt.rng_seed, GUEST_FDT_SEED_SIZE, "rng-seed");
	expect_zeroes(&b, b.fdt.token, GUEST_FDT_TOKEN_SIZE, "security-plinth-token");
	free_built(&b);
}

static void test_disks(void **state)
{
	static const char node[] = "\tpmem@140000000 {\n"
				   "\t\tcompatible = \"pmem-region\";\n"
				   "\t\treg = <0x01 0x40000000 0x01 0x800000>;\n"
				   "\t\tvolatile;\n\t};\n";
	static const char read_only[] = "\tpmem@3fbfe00000 {\n"
					"\t\tcompatible = \"pmem-region\";\n"
					"\t\treg = <0x3f 0xbfe00000 0x00 0x200000>;\n"
					"\t\tvolatile;\n\t\tread-only;\n\t};\n";

	(void)state;
	disks.count = VMDESC_DISK_MAX;
	desc.disk_count = VMDESC_DISK_MAX;
	disks.disk[0] = (struct guest_disk){GIB(5), GIB(4) + MIB(8), false};
	for (uint32_t i = 1; i < VMDESC_DISK_MAX; i++) {
		disks.disk[i] = (struct guest_disk){GIB(255) - i * MIB(2), MIB(2), true};
	}

	struct built b = build(0, 0);

	assert_non_null(strstr(b.source, node));
	assert_non_null(strstr(b.source, read_only));
	assert_non_null(strstr(b.source, "pmem@3fbf200000 {"));
	free_built(&b);
	desc.tables = VMDESC_ACPI; /* the NFIT tells */
	b = build(0, 0);
	assert_null(strstr(b.source, "pmem"));
	free_built(&b);
}

static void test_mpidr(void **state)
{
	(void)state;
	assert_int_equal(guest_fdt_mpidr(0), 0);
	assert_int_equal(guest_fdt_mpidr(15), 0xf);
	assert_int_equal(guest_fdt_mpidr(16), 0x100);
	assert_int_equal(guest_fdt_mpidr(122), 0x70a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_golden, setup),
		cmocka_unit_test_setup(test_seeds_and_token, setup),
		cmocka_unit_test_setup(test_gpio_of_a_control_vm, setup),
		cmocka_unit_test_setup(test_initrd_and_clock, setup),
		cmocka_unit_test_setup(test_hypervisor_names, setup),
		cmocka_unit_test_setup(test_gicv2, setup),
		cmocka_unit_test_setup(test_most_cpus_and_longest_arguments, setup),
		cmocka_unit_test_setup(test_spin_table, setup),
		cmocka_unit_test_setup(test_stub, setup),
		cmocka_unit_test_setup(test_disks, setup),
		cmocka_unit_test(test_mpidr),
	};

	return cmocka_run_group_tests_name("loader/guest_fdt", tests, NULL, NULL);
}
