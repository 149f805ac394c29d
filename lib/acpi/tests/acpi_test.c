/* SPDX-License-Identifier: Apache-2.0 */
/* A small set of tables in a memory of the test's own, at an odd address: sound, then broken in
 * each way that the contract names. */
#include "acpi/acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BASE	  UINT64_C(0x40001003)
#define RSDP_AT	  (BASE)
#define XSDT_AT	  (BASE + 0x40)
#define MADT_AT	  (BASE + 0x101)
#define FADT_AT	  (BASE + 0x301)
#define GICC_SIZE 80U
#define CPU_COUNT 3U

static uint8_t memory[0x500];
static uint64_t granted_end; /* nothing beyond may be mapped */

static void *map(void *ctx, uint64_t pa, uint64_t size)
{
	assert_ptr_equal(ctx, memory);
	assert_true(size > 0U);
	if (pa < BASE || pa - BASE > granted_end || size > granted_end - (pa - BASE)) {
		return NULL;
	}
	return memory + (pa - BASE);
}

static const struct acpi_memory reach = {map, memory};

static void *at(uint64_t pa)
{
	return memory + (pa - BASE);
}

static struct acpi_madt_gicc *gicc(uint32_t i)
{
	return (void *)((uint8_t *)at(MADT_AT) + sizeof(struct acpi_madt) +
			sizeof(struct acpi_madt_gicd) + i * GICC_SIZE);
}

static void make_madt(void)
{
	struct acpi_madt *madt = at(MADT_AT);
	struct acpi_madt_gicd *gicd = (void *)(madt + 1);

	acpi_header_init(&madt->header, ACPI_SIGNATURE_MADT, 4,
		sizeof(*madt) + sizeof(*gicd) + CPU_COUNT * GICC_SIZE);
	gicd->entry = (struct acpi_madt_entry){ACPI_MADT_GICD, sizeof(*gicd)};
	for (uint32_t i = 0; i < CPU_COUNT; i++) {
		gicc(i)->entry = (struct acpi_madt_entry){ACPI_MADT_GICC, GICC_SIZE};
		gicc(i)->mpidr = i;
		gicc(i)->flags = i == 1U ? 0U : ACPI_GICC_ENABLED;
	}
	acpi_seal(&madt->header);
}

static void make_fadt(void)
{
	struct acpi_fadt *fadt = at(FADT_AT);

	acpi_header_init(&fadt->header, ACPI_SIGNATURE_FADT, 6, sizeof(*fadt));
	fadt->arm_boot_arch = ACPI_FADT_PSCI_COMPLIANT;
	acpi_seal(&fadt->header);
}

static void seal_xsdt(uint32_t entries)
{
	struct acpi_xsdt *xsdt = at(XSDT_AT);

	xsdt->header.length = (uint32_t)(sizeof(*xsdt) + entries * sizeof(uint64_t));
	acpi_seal(&xsdt->header);
}

static int setup(void **state)
{
	struct acpi_rsdp *rsdp = at(RSDP_AT);
	struct acpi_xsdt *xsdt = at(XSDT_AT);
	const uint64_t entries[] = {FADT_AT, MADT_AT};

	(void)state;
	memset(memory, 0, sizeof(memory));
	granted_end = sizeof(memory);
	memcpy(rsdp->signature, ACPI_RSDP_SIGNATURE, 8);
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt_address = XSDT_AT;
	acpi_seal_rsdp(rsdp);
	acpi_header_init(&xsdt->header, ACPI_SIGNATURE_XSDT, 1, sizeof(*xsdt));
	memcpy(xsdt->entry, entries, sizeof(entries));
	seal_xsdt(2);
	make_madt();
	make_fadt();
	return 0;
}

static enum plinth_status open_tables(struct acpi *acpi)
{
	const char *why = NULL;
	enum plinth_status status = acpi_open(acpi, &reach, RSDP_AT, &why);

	assert_true((status == PLINTH_OK) == (why == NULL));
	return status;
}

static void sound_tables_are_found(void **state)
{
	struct acpi acpi;
	struct acpi_header *table = NULL;
	uint32_t index = 99;

	(void)state;
	assert_int_equal(open_tables(&acpi), PLINTH_OK);
	assert_int_equal(acpi.entry_count, 2);
	assert_int_equal(acpi_find(&acpi, "APIC", sizeof(struct acpi_madt), &table, &index), 0);
	assert_ptr_equal(table, at(MADT_AT));
	assert_int_equal(index, 1);
	assert_int_equal(acpi_find(&acpi, "FACP", 131, &table, NULL), 0);
	assert_ptr_equal(table, at(FADT_AT));
	assert_int_equal(acpi_find(&acpi, "SPCR", 36, &table, NULL), PLINTH_ENOENT);
	assert_int_equal(acpi_table(&acpi, 0, &table), PLINTH_OK);
	assert_int_equal(acpi_table(&acpi, 2, &table), PLINTH_ENOENT);
}

static void broken_rsdp_is_refused(void **state)
{
	struct acpi_rsdp *rsdp = at(RSDP_AT);
	const char *why = NULL;
	struct acpi acpi;

	(void)state;
	rsdp->signature[0] = 'r';
	assert_int_equal(open_tables(&acpi), PLINTH_ENOENT);
	setup(NULL);
	rsdp->revision = 0;
	assert_int_equal(open_tables(&acpi), PLINTH_ENOENT);
	setup(NULL);
	rsdp->checksum++;
	rsdp->extended_checksum--; /* the other one stays right */
	assert_int_equal(open_tables(&acpi), PLINTH_EINVAL);
	setup(NULL);
	rsdp->extended_checksum++;
	assert_int_equal(open_tables(&acpi), PLINTH_EINVAL);
	setup(NULL);
	rsdp->length = 20;
	acpi_seal_rsdp(rsdp);
	assert_int_equal(open_tables(&acpi), PLINTH_EINVAL);
	assert_int_equal(acpi_open(&acpi, &reach, 0, &why), PLINTH_ENOENT);
	setup(NULL);
	granted_end = sizeof(*rsdp) - 1U;
	assert_int_equal(open_tables(&acpi), PLINTH_ENOENT);
}

static void broken_xsdt_is_refused(void **state)
{
	struct acpi_xsdt *xsdt = at(XSDT_AT);
	struct acpi acpi;

	(void)state;
	xsdt->header.checksum++;
	assert_int_equal(open_tables(&acpi), PLINTH_EINVAL);
	setup(NULL);
	xsdt->header.length = 35;
	assert_int_equal(open_tables(&acpi), PLINTH_EINVAL);
	xsdt->header.length = sizeof(memory);
	assert_int_equal(open_tables(&acpi), PLINTH_EINVAL);
	xsdt->header.length = UINT32_MAX;
	assert_int_equal(open_tables(&acpi), PLINTH_EINVAL);
	setup(NULL);
	memcpy(xsdt->header.signature, "RSDT", 4);
	acpi_seal(&xsdt->header);
	assert_int_equal(open_tables(&acpi), PLINTH_EINVAL);
	setup(NULL);
	((struct acpi_rsdp *)at(RSDP_AT))->xsdt_address = 0;
	acpi_seal_rsdp(at(RSDP_AT));
	assert_int_equal(open_tables(&acpi), PLINTH_EINVAL);
}

static void broken_tables_are_told_apart(void **state)
{
	struct acpi_xsdt *xsdt = at(XSDT_AT);
	struct acpi_header *madt = at(MADT_AT);
	const uint64_t twice = MADT_AT;
	const uint64_t nowhere = UINT64_MAX - 3;
	struct acpi_header *table;
	struct acpi acpi;

	(void)state;
	assert_int_equal(open_tables(&acpi), PLINTH_OK);
	assert_int_equal(acpi_find(&acpi, "APIC", 10000, &table, NULL), PLINTH_EINVAL);
	madt->checksum++;
	assert_int_equal(acpi_find(&acpi, "APIC", 44, &table, NULL), PLINTH_EINVAL);
	assert_int_equal(acpi_table(&acpi, 1, &table), PLINTH_EINVAL);
	/* a broken table of another kind is no hindrance */
	assert_int_equal(acpi_find(&acpi, "FACP", 131, &table, NULL), PLINTH_OK);
	madt->checksum--;
	madt->length = 8;
	assert_int_equal(acpi_find(&acpi, "APIC", 44, &table, NULL), PLINTH_EINVAL);
	setup(NULL);
	memcpy(&xsdt->entry[0], &twice, sizeof(twice));
	seal_xsdt(2);
	assert_int_equal(open_tables(&acpi), PLINTH_OK);
	assert_int_equal(acpi_find(&acpi, "APIC", 44, &table, NULL), PLINTH_EEXIST);
	assert_int_equal(acpi_find(&acpi, "FACP", 131, &table, NULL), PLINTH_ENOENT);
	memcpy(&xsdt->entry[0], &nowhere, sizeof(nowhere));
	seal_xsdt(2);
	assert_int_equal(open_tables(&acpi), PLINTH_OK);
	assert_int_equal(acpi_table(&acpi, 0, &table), PLINTH_EINVAL);
	assert_int_equal(acpi_find(&acpi, "APIC", 44, &table, NULL), PLINTH_OK);
}

static uint32_t walk_giccs(struct acpi_madt_walk *walk, uint32_t *enabled)
{
	struct acpi_madt_entry *entry;
	uint32_t count = 0;

	*enabled = 0;
	acpi_madt_walk_init(walk, at(MADT_AT));
	do {
		entry = acpi_madt_next(walk, ACPI_MADT_GICC, ACPI_GICC_LENGTH_MIN);
		if (entry != NULL) {
			assert_ptr_equal(entry, gicc(count));
			*enabled += acpi_gicc_is_enabled((void *)entry) ? 1U : 0U;
			count++;
		}
	} while (entry != NULL);
	/* it stays at the end */
	assert_null(acpi_madt_next(walk, ACPI_MADT_GICC, ACPI_GICC_LENGTH_MIN));
	return count;
}

static void madt_is_walked(void **state)
{
	struct acpi_madt_walk walk;
	uint32_t enabled;

	(void)state;
	assert_int_equal(walk_giccs(&walk, &enabled), CPU_COUNT);
	assert_int_equal(enabled, CPU_COUNT - 1U);
	assert_false(walk.malformed);
}

static void broken_madt_ends_the_walk(void **state)
{
	struct acpi_madt *madt = at(MADT_AT);
	struct acpi_madt_walk walk;
	uint32_t enabled;

	(void)state;
	gicc(1)->entry.length = 0;
	assert_int_equal(walk_giccs(&walk, &enabled), 1);
	assert_true(walk.malformed);
	gicc(1)->entry.length = 75; /* too short for a GICC */
	assert_int_equal(walk_giccs(&walk, &enabled), 1);
	assert_true(walk.malformed);
	setup(NULL);
	gicc(2)->entry.length = GICC_SIZE + 1U; /* beyond the table */
	assert_int_equal(walk_giccs(&walk, &enabled), 2);
	assert_true(walk.malformed);
	setup(NULL);
	madt->header.length -= GICC_SIZE - 1U; /* one byte of an entry */
	assert_int_equal(walk_giccs(&walk, &enabled), 2);
	assert_true(walk.malformed);
}

static void new_headers_are_whole(void **state)
{
	struct acpi_header header;

	(void)state;
	memset(&header, 0xff, sizeof(header));
	acpi_header_init(&header, ACPI_SIGNATURE_GTDT, 3, sizeof(header));
	assert_memory_equal(header.signature, "GTDT", 4);
	assert_memory_equal(header.oem_id, "PLINTH", 6);
	assert_int_equal(header.revision, 3);
	assert_int_equal(header.checksum, 0);
	acpi_seal(&header);
	assert_int_equal(acpi_sum(&header, sizeof(header)), 0);
	assert_int_not_equal(header.checksum, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sound_tables_are_found, setup),
		cmocka_unit_test_setup(broken_rsdp_is_refused, setup),
		cmocka_unit_test_setup(broken_xsdt_is_refused, setup),
		cmocka_unit_test_setup(broken_tables_are_told_apart, setup),
		cmocka_unit_test_setup(madt_is_walked, setup),
		cmocka_unit_test_setup(broken_madt_ends_the_walk, setup),
		cmocka_unit_test_setup(new_headers_are_whole, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
