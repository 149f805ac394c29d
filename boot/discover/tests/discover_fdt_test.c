/* SPDX-License-Identifier: Apache-2.0 */
/* Real devicetrees (QEMU's virt) and one that uses the format's freedoms (odd.dts). */
#include "discover/discover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "test_data.h"

static struct machine machine;

static uint8_t *discover_and_keep(const char *name)
{
	const char *why = "";
	size_t size;
	void *fdt = test_data_read(name, &size);

	assert_true(discover_fdt_size(fdt) == size);
	assert_int_equal(discover_fdt(fdt, size, &machine, &why), PLINTH_OK);
	return fdt;
}

static void discover(const char *name)
{
	free(discover_and_keep(name));
}

static void assert_range(const struct boot_range *range, uint64_t base, uint64_t size)
{
	assert_true(range->base == base);
	assert_true(range->size == size);
}

static void assert_virt_devices(void)
{
	assert_int_equal(machine.timer.virt_intid, 27);
	assert_int_equal(machine.timer.phys_intid, 30);
	assert_int_equal(machine.timer.hyp_intid, 26);
	assert_int_equal(machine.timer.frequency, 0);
	assert_int_equal(machine.uart.type, BOOT_UART_PL011);
	assert_range(&machine.uart.regs, 0x9000000, 0x1000);
	assert_int_equal(machine.uart.intid, 33);
	assert_true(machine.rtc == 0x9010000);
	assert_int_equal(machine.seed_size, 40); /* rng-seed and kaslr-seed */
	assert_int_equal(machine.reserved_count, 0);
	assert_int_equal(machine.ram_count, 1);
}

static void virt_gic3_one_cpu(void **state)
{
	(void)state;
	discover("virt-gic3-a57-1.dtb");
	assert_virt_devices();
	assert_range(&machine.ram[0], 0x40000000, 0x10000000);
	assert_int_equal(machine.cpu_count, 1);
	assert_int_equal(machine.gic.version, 3);
	assert_range(&machine.gic.dist, 0x8000000, 0x10000);
	assert_int_equal(machine.gic.redist_count, 1);
	assert_range(&machine.gic.redist[0], 0x80a0000, 0xf60000);
	assert_range(&machine.gic.cpu_if, 0, 0);
	assert_int_equal(machine.gic.maintenance_intid, 25);
	assert_int_equal(machine.psci_conduit, BOOT_CONDUIT_SMC);
	assert_true(machine.initrd.size == 0);
	assert_string_equal(machine.cmdline, "");
}

static void virt_gic3_eight_cpus(void **state)
{
	(void)state;
	discover("virt-gic3-max-8.dtb");
	assert_virt_devices();
	assert_range(&machine.ram[0], 0x40000000, 0x200000000);
	assert_int_equal(machine.cpu_count, 8);
	for (uint32_t i = 0; i < 8; i++) {
		assert_true(machine.cpu[i].mpidr == i);
		assert_int_equal(machine.cpu[i].method, MACHINE_CPU_PSCI);
	}
}

static void virt_gic3_all_cpus(void **state)
{
	(void)state;
	discover("virt-gic3-max-64.dtb");
	assert_virt_devices();
	assert_int_equal(machine.cpu_count, BOOT_CPU_MAX);
	assert_int_equal(machine.cpu_ignored, 0);
	for (uint32_t i = 0; i < BOOT_CPU_MAX; i++) {
		assert_true(machine.cpu[i].mpidr == (i / 16U << 8 | i % 16U));
		assert_int_equal(machine.cpu[i].method, MACHINE_CPU_PSCI);
	}
}

static void virt_gic2_four_cpus(void **state)
{
	(void)state;
	discover("virt-gic2-a57-4.dtb");
	assert_virt_devices();
	assert_int_equal(machine.cpu_count, 4);
	assert_int_equal(machine.gic.version, 2);
}

static void virt_gic2(void **state)
{
	(void)state;
	discover("virt-gic2-a57-8.dtb");
	assert_virt_devices();
	assert_int_equal(machine.cpu_count, 8);
	assert_int_equal(machine.gic.version, 2);
	assert_range(&machine.gic.dist, 0x8000000, 0x10000);
	assert_range(&machine.gic.cpu_if, 0x8010000, 0x10000);
	assert_range(&machine.gic.hyp_if, 0x8030000, 0x10000);
	assert_range(&machine.gic.guest_if, 0x8040000, 0x10000);
	assert_int_equal(machine.gic.maintenance_intid, 25);
}

static void virt_without_el2(void **state)
{
	(void)state;
	discover("virt-el1-a57-1.dtb");
	assert_int_equal(machine.psci_conduit, BOOT_CONDUIT_HVC);
	assert_int_equal(machine.gic.maintenance_intid, 0);
}

static void odd_memory(void **state)
{
	(void)state;
	discover("odd.dtb");
	assert_int_equal(machine.ram_count, 2); /* neither the empty one nor the disabled one */
	assert_range(&machine.ram[0], 0x80000000, 0x40000000);
	assert_range(&machine.ram[1], 0x800000000, 0x80000000);
	assert_int_equal(machine.reserved_count, 4);
	assert_range(&machine.reserved[0], 0x80000000, 0x10000); /* /memreserve/ */
	assert_range(&machine.reserved[1], 0x90000000, 0x200000);
	assert_range(&machine.reserved[2], 0x91000000, 0x1000);
	assert_range(&machine.reserved[3], 0x92000000, 0x1000);
	assert_range(&machine.initrd, 0x88000000, 0x1234);
}

static void odd_cpus(void **state)
{
	(void)state;
	discover("odd.dtb");
	assert_int_equal(machine.cpu_count, 5); /* one has failed, one is named twice */
	assert_true(machine.cpu[0].mpidr == 0);
	assert_int_equal(machine.cpu[0].method, MACHINE_CPU_PSCI);
	assert_true(machine.cpu[1].mpidr == 0x101);
	assert_int_equal(machine.cpu[1].method, MACHINE_CPU_SPIN_TABLE);
	assert_true(machine.cpu[1].address == 0xd8);
	assert_true(machine.cpu[2].mpidr == 0x100000202); /* Aff3, and no bit that is none's */
	assert_int_equal(machine.cpu[2].method, MACHINE_CPU_UNKNOWN);
	assert_true(machine.cpu[2].address == 0);
	assert_int_equal(machine.cpu[3].method, MACHINE_CPU_PARKING);
	assert_true(machine.cpu[3].address == 0x140000000);
	assert_int_equal(machine.cpu[3].interface, 4);
	assert_int_equal(machine.cpu[4].method, MACHINE_CPU_EXAMPLE);
	assert_true(machine.cpu[4].address == 0x9000000);
	assert_int_equal(machine.psci_conduit, BOOT_CONDUIT_HVC);
}

static void odd_devices(void **state)
{
	(void)state;
	discover("odd.dtb");
	assert_int_equal(machine.gic.version, 3);
	assert_range(&machine.gic.dist, 0xf0100000, 0x10000);
	assert_int_equal(machine.gic.redist_count, 2);
	assert_range(&machine.gic.redist[0], 0xf0200000, 0x100000);
	assert_range(
		&machine.gic.redist[1], 0x100000000, 0x100000); /* the second entry of ranges */
	assert_true(machine.gic.redist_stride == 0x40000);
	assert_range(&machine.gic.guest_if, 0xf0320000, 0x2000);
	assert_range(&machine.uart.regs, 0xf0040200, 0x100); /* two buses down, by an alias */
	assert_int_equal(machine.uart.intid, 65);
	assert_true(machine.rtc == 0); /* its reg leaves its bus's range */
	assert_int_equal(machine.timer.virt_intid, 27);
	assert_int_equal(machine.timer.phys_intid, 30);
	assert_int_equal(machine.timer.hyp_intid, 26);
	assert_int_equal(machine.timer.frequency, 24000000);
}

static void odd_chosen(void **state)
{
	static const uint8_t seed[] = {1, 2, 3, 4, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
	uint8_t *fdt = discover_and_keep("odd.dtb");

	(void)state;
	/* Where whoever keeps the tree finds it, to forget it. */
	assert_int_equal(machine.fdt_seed[0].size, 4);
	assert_memory_equal(fdt + machine.fdt_seed[0].offset, seed, 4);
	assert_int_equal(machine.fdt_seed[1].size, 8);
	assert_memory_equal(fdt + machine.fdt_seed[1].offset, seed + 4, 8);
	free(fdt);
	assert_string_equal(machine.cmdline, "log=debug");
	assert_int_equal(machine.seed_size, sizeof(seed));
	assert_memory_equal(machine.seed, seed, sizeof(seed));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(virt_gic3_one_cpu),
		cmocka_unit_test(virt_gic3_eight_cpus),
		cmocka_unit_test(virt_gic3_all_cpus),
		cmocka_unit_test(virt_gic2_four_cpus),
		cmocka_unit_test(virt_gic2),
		cmocka_unit_test(virt_without_el2),
		cmocka_unit_test(odd_memory),
		cmocka_unit_test(odd_cpus),
		cmocka_unit_test(odd_devices),
		cmocka_unit_test(odd_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
