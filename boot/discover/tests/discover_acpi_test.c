/* SPDX-License-Identifier: Apache-2.0 */
/* Real tables (AAVMF's, on QEMU's virt), and the same changed or broken. */
#include "discover/discover_acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "test_acpi.h"

#define BASE UINT64_C(0x7f000003)

static struct machine machine;
static struct test_acpi set;

static enum plinth_status discover_set(void)
{
	const struct acpi_memory memory = {.map = test_acpi_map, .ctx = &set};
	const char *why = NULL;
	enum plinth_status status;

	memset(&machine, 0, sizeof(machine));
	status = discover_acpi(&memory, test_acpi_rsdp(&set), &machine, &why);
	assert_true((status != PLINTH_OK) == (why != NULL));
	return status;
}

static void load(const char *name)
{
	test_acpi_load(&set, name, BASE);
}

static void discover(const char *name)
{
	load(name);
	assert_int_equal(discover_set(), PLINTH_OK);
}

static int teardown(void **state)
{
	(void)state;
	test_acpi_free(&set);
	return 0;
}

static void assert_range(const struct boot_range *range, uint64_t base, uint64_t size)
{
	assert_true(range->base == base);
	assert_true(range->size == size);
}

static struct acpi_madt *madt(void)
{
	return (struct acpi_madt *)test_acpi_table(&set, ACPI_SIGNATURE_MADT);
}

/* The MADT's structure `index` of a type. */
static void *entry(uint8_t type, uint32_t index)
{
	struct acpi_madt_walk walk;
	struct acpi_madt_entry *found;

	acpi_madt_walk_init(&walk, madt());
	do {
		found = acpi_madt_next(&walk, type, sizeof(*found));
		assert_non_null(found);
	} while (index-- > 0U);
	return found;
}

static void reseal(const char *signature)
{
	acpi_seal(test_acpi_table(&set, signature));
}

static void assert_virt_devices(void)
{
	assert_int_equal(machine.timer.virt_intid, 27);
	assert_int_equal(machine.timer.phys_intid, 30);
	assert_int_equal(machine.timer.hyp_intid, 26);
	assert_int_equal(machine.uart.type, BOOT_UART_PL011);
	assert_range(&machine.uart.regs, 0x9000000, 0x1000);
	assert_int_equal(machine.uart.intid, 33);
	assert_int_equal(machine.psci_conduit, BOOT_CONDUIT_SMC);
}

static void gic3_four_cpus(void **state)
{
	(void)state;
	discover("aavmf-gic3-a57-4.acpi");
	assert_virt_devices();
	assert_int_equal(machine.cpu_count, 4);
	for (uint32_t i = 0; i < 4U; i++) {
		assert_true(machine.cpu[i].mpidr == i);
		assert_int_equal(machine.cpu[i].method, MACHINE_CPU_PSCI);
	}
	assert_int_equal(machine.gic.version, 3);
	assert_range(&machine.gic.dist, 0x8000000, 0x10000);
	assert_int_equal(machine.gic.redist_count, 1);
	assert_range(&machine.gic.redist[0], 0x80a0000, 0xf60000);
	assert_int_equal(machine.gic.maintenance_intid, 25);
	assert_int_equal(machine.ram_count, 0);
}

static void gic3_many_cpus(void **state)
{
	(void)state;
	discover("aavmf-gic3-max-64.acpi");
	assert_virt_devices();
	assert_int_equal(machine.cpu_count, 64);
	assert_true(machine.cpu[63].mpidr == 0x30f); /* 16 to a cluster */
	assert_int_equal(machine.cpu_ignored, 0);
}

static void gic2_eight_cpus(void **state)
{
	(void)state;
	discover("aavmf-gic2-a57-8.acpi");
	assert_virt_devices();
	assert_int_equal(machine.cpu_count, 8);
	assert_int_equal(machine.gic.version, 2);
	assert_range(&machine.gic.dist, 0x8000000, 0x1000);
	assert_range(&machine.gic.cpu_if, 0x8010000, 0x2000);
	assert_range(&machine.gic.hyp_if, 0x8030000, 0x1000);
	assert_range(&machine.gic.guest_if, 0x8040000, 0x2000);
	assert_int_equal(machine.gic.redist_count, 0);
	assert_int_equal(machine.gic.maintenance_intid, 25);
}

/* Without EL2, QEMU's PSCI is behind HVC. */
static void below_el2(void **state)
{
	(void)state;
	discover("aavmf-el1-a57-1.acpi");
	assert_int_equal(machine.cpu_count, 1);
	assert_int_equal(machine.psci_conduit, BOOT_CONDUIT_HVC);
}

static void no_psci(void **state)
{
	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	((struct acpi_fadt *)test_acpi_table(&set, "FACP"))->arm_boot_arch = 0;
	reseal("FACP");
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.psci_conduit, BOOT_CONDUIT_NONE);
	assert_int_equal(machine.cpu[0].method, MACHINE_CPU_UNKNOWN);
	assert_int_equal(machine.cpu_count, 4);
}

static void parked_cpus(void **state)
{
	struct acpi_madt_gicc *gicc;

	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	gicc = entry(ACPI_MADT_GICC, 2);
	gicc->parking_protocol_version = 1;
	gicc->parked_address = 0x4000f000;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.cpu[2].method, MACHINE_CPU_PSCI); /* both: PSCI counts */
	((struct acpi_fadt *)test_acpi_table(&set, "FACP"))->arm_boot_arch = 0;
	reseal("FACP");
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.cpu[2].method, MACHINE_CPU_PARKING);
	assert_true(machine.cpu[2].address == 0x4000f000U);
	assert_int_equal(machine.cpu[2].interface, 2);
	gicc->parking_protocol_version = 2;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.cpu[2].method, MACHINE_CPU_UNKNOWN);
}

/* A table that is missing leaves its part zero, the others stay. */
static void tables_may_be_missing(void **state)
{
	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	test_acpi_table(&set, "GTDT")->signature[0] = 'X';
	reseal("XTDT");
	test_acpi_table(&set, "SPCR")->signature[0] = 'X';
	reseal("XPCR");
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.timer.virt_intid, 0);
	assert_int_equal(machine.uart.type, BOOT_UART_NONE);
	assert_int_equal(machine.cpu_count, 4);
	madt()->header.signature[0] = 'X';
	reseal("XPIC");
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.cpu_count, 0);
	assert_int_equal(machine.gic.version, 0);
}

static void a_wrong_checksum_is_a_missing_table(void **state)
{
	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	madt()->header.checksum++;
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 0);
	assert_int_equal(machine.psci_conduit, BOOT_CONDUIT_SMC);
}

static void a_root_that_is_broken(void **state)
{
	struct acpi_rsdp *rsdp;

	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	rsdp = (struct acpi_rsdp *)set.bytes;
	rsdp->xsdt_address ^= UINT64_C(1) << 40;
	acpi_seal_rsdp(rsdp);
	assert_int_equal(discover_set(), PLINTH_EINVAL);
	rsdp->signature[0] = 'X';
	assert_int_equal(discover_set(), PLINTH_EINVAL);
}

static void cpus_that_are_off_or_twice_are_left_out(void **state)
{
	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	((struct acpi_madt_gicc *)entry(ACPI_MADT_GICC, 1))->flags = 0;
	((struct acpi_madt_gicc *)entry(ACPI_MADT_GICC, 3))->mpidr = UINT64_C(1) << 31 | 2U;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.cpu_count, 2);
	assert_true(machine.cpu[1].mpidr == 2U);
}

static void redistributors_by_cpu(void **state)
{
	struct acpi_madt_gicr *gicr;

	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	gicr = entry(ACPI_MADT_GICR, 0);
	gicr->entry.type = 0x7f;
	for (uint32_t i = 0; i < 4U; i++) {
		struct acpi_madt_gicc *gicc = entry(ACPI_MADT_GICC, i);

		/* Two that touch, two alone. */
		gicc->gicr_base_address = UINT64_C(0x80a0000) + i * 0x20000U +
					  (i > 2U ? 0x20000U : 0U) + (i > 1U ? 0x100000U : 0U);
	}
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 3);
	assert_int_equal(machine.gic.redist_count, 3);
	assert_range(&machine.gic.redist[0], 0x80a0000, 0x40000);
	assert_range(&machine.gic.redist[2], 0x8220000, 0x20000);
	/* GICv4's are larger: these would overlap. */
	((struct acpi_madt_gicd *)entry(ACPI_MADT_GICD, 0))->gic_version = 4;
	((struct acpi_madt_gicc *)entry(ACPI_MADT_GICC, 1))->gicr_base_address = 0x80e0000;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_range(&machine.gic.redist[0], 0x80a0000, 0x80000);
	/* One that has none: the GIC is not described whole. */
	((struct acpi_madt_gicc *)entry(ACPI_MADT_GICC, 2))->gicr_base_address = 0;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 0);
}

/* More regions than there is room for: half a GIC is none. */
static void redistributors_without_end(void **state)
{
	(void)state;
	load("aavmf-gic3-max-64.acpi");
	((struct acpi_madt_gicr *)entry(ACPI_MADT_GICR, 0))->entry.type = 0x7f;
	for (uint32_t i = 0; i < 64U; i++) {
		struct acpi_madt_gicc *gicc = entry(ACPI_MADT_GICC, i);

		gicc->gicr_base_address = 0x10000000 + i * UINT64_C(0x100000);
		gicc->flags = i < BOOT_GICR_MAX ? ACPI_GICC_ENABLED : 0U;
	}
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.redist_count, BOOT_GICR_MAX);
	((struct acpi_madt_gicc *)entry(ACPI_MADT_GICC, BOOT_GICR_MAX))->flags = ACPI_GICC_ENABLED;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 0);
}

static void gic_versions(void **state)
{
	struct acpi_madt_gicd *gicd;

	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	gicd = entry(ACPI_MADT_GICD, 0);
	gicd->gic_version = 0;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 3);
	gicd->gic_version = 5;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 0);
	gicd->gic_version = 3;
	gicd->physical_base_address = UINT64_MAX - 0xfffU;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 0);
	gicd->physical_base_address = 0x8000010;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 0);
}

static void gic2_without_a_version(void **state)
{
	(void)state;
	load("aavmf-gic2-a57-8.acpi");
	((struct acpi_madt_gicd *)entry(ACPI_MADT_GICD, 0))->gic_version = 0;
	((struct acpi_madt_gicc *)entry(ACPI_MADT_GICC, 0))->gich = 0;
	reseal(ACPI_SIGNATURE_MADT);
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.gic.version, 2);
	assert_range(&machine.gic.guest_if, 0, 0);
}

static void interrupts_out_of_range_are_none(void **state)
{
	struct acpi_gtdt *gtdt;
	struct acpi_spcr *spcr;

	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	gtdt = (struct acpi_gtdt *)test_acpi_table(&set, "GTDT");
	spcr = (struct acpi_spcr *)test_acpi_table(&set, "SPCR");
	gtdt->virtual_el1_timer_gsiv = 32;
	gtdt->el2_timer_gsiv = 15;
	reseal("GTDT");
	spcr->global_system_interrupt = 1020;
	reseal("SPCR");
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.timer.virt_intid, 0);
	assert_int_equal(machine.timer.hyp_intid, 0);
	assert_int_equal(machine.timer.phys_intid, 30);
	assert_int_equal(machine.uart.type, BOOT_UART_PL011);
	assert_int_equal(machine.uart.intid, 0);
}

static void uarts(void **state)
{
	struct acpi_spcr *spcr;

	(void)state;
	load("aavmf-gic3-a57-4.acpi");
	spcr = (struct acpi_spcr *)test_acpi_table(&set, "SPCR");
	spcr->interface_type = ACPI_SPCR_SBSA_UART;
	reseal("SPCR");
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.uart.type, BOOT_UART_PL011);
	spcr->interface_type = 0; /* 16550 */
	reseal("SPCR");
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.uart.type, BOOT_UART_NONE);
	spcr->interface_type = ACPI_SPCR_PL011;
	spcr->base_address.address_space_id = 1; /* I/O */
	reseal("SPCR");
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.uart.type, BOOT_UART_NONE);
	spcr->base_address.address_space_id = ACPI_GAS_SYSTEM_MEMORY;
	spcr->base_address.address = UINT64_MAX;
	reseal("SPCR");
	assert_int_equal(discover_set(), PLINTH_OK);
	assert_int_equal(machine.uart.type, BOOT_UART_NONE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(gic3_four_cpus),
		TEST(gic3_many_cpus),
		TEST(gic2_eight_cpus),
		TEST(below_el2),
		TEST(no_psci),
		TEST(parked_cpus),
		TEST(tables_may_be_missing),
		TEST(a_wrong_checksum_is_a_missing_table),
		TEST(a_root_that_is_broken),
		TEST(cpus_that_are_off_or_twice_are_left_out),
		TEST(redistributors_by_cpu),
		TEST(redistributors_without_end),
		TEST(gic_versions),
		TEST(gic2_without_a_version),
		TEST(interrupts_out_of_range_are_none),
		TEST(uarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
