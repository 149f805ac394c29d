/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that AAVMF gives on QEMU's virt board, rewritten in place and moved, and broken. */
#include "tables/acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "test_data.h"

#define BASE	   UINT64_C(0x78000000)
#define RSDP_AT	   BASE
#define XSDT_AT	   (BASE + 0x40)
#define FADT_AT	   (BASE + 0x100)
#define MADT_AT	   (BASE + 0x400)
#define MEMORY	   0x4000U
#define ROOM_AT	   (BASE + MEMORY)
#define ROOM_SIZE  0x3000U
#define MAILBOX(i) (UINT64_C(0x7fff0000) + (i)*0x1000U)
#define CPU_MAX	   64U

static uint8_t memory[MEMORY + ROOM_SIZE];
static struct tables_cpu cpu[CPU_MAX];
static struct tables_cpus cpus;
static struct acpi acpi;

static void *map(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	if (pa < BASE || pa - BASE > sizeof(memory) || size > sizeof(memory) - (pa - BASE)) {
		return NULL;
	}
	return memory + (pa - BASE);
}

static const struct acpi_memory reach = {map, NULL};
static const struct tables_room room = {memory + MEMORY, ROOM_AT, ROOM_SIZE};

static void *at(uint64_t pa)
{
	return memory + (pa - BASE);
}

static void place(const char *name, uint64_t pa)
{
	size_t size;
	void *table = test_data_read(name, &size);

	assert_true(size < MEMORY - (pa - BASE));
	memcpy(at(pa), table, size);
	free(table);
}

/* A firmware with these tables, at these places of the XSDT. */
static void make_set(const uint64_t *entries, uint32_t count)
{
	struct acpi_rsdp *rsdp = at(RSDP_AT);
	struct acpi_xsdt *xsdt = at(XSDT_AT);
	const char *why = "";

	*rsdp = (struct acpi_rsdp){
		.revision = 2, .length = sizeof(*rsdp), .rsdt_address = 1, .xsdt_address = XSDT_AT};
	memcpy(rsdp->signature, ACPI_RSDP_SIGNATURE, sizeof(rsdp->signature));
	acpi_seal_rsdp(rsdp);
	acpi_header_init(&xsdt->header, ACPI_SIGNATURE_XSDT, 1,
		(uint32_t)(sizeof(*xsdt) + count * sizeof(*entries)));
	memcpy(xsdt->entry, entries, count * sizeof(*entries));
	acpi_seal(&xsdt->header);
	assert_int_equal(acpi_open(&acpi, &reach, RSDP_AT, &why), PLINTH_OK);
}

static void load(const char *madt, const char *fadt, uint32_t count)
{
	static const uint64_t entries[] = {FADT_AT, MADT_AT};

	memset(memory, 0, sizeof(memory));
	place(madt, MADT_AT);
	place(fadt, FADT_AT);
	make_set(entries, ARRAY_SIZE(entries));
	for (uint32_t i = 0; i < count; i++) {
		/* QEMU's virt: 16 CPUs in a cluster of GICv3, 8 of GICv2 */
		cpu[i] = (struct tables_cpu){(i / 16U) << 8 | i % 16U, MAILBOX(i), i, true};
	}
	cpus = (struct tables_cpus){TABLES_PARKING, cpu, count};
}

static int setup(void **state)
{
	(void)state;
	load("virt-gic3-4.apic", "virt-gic3-4.facp", 4);
	return 0;
}

static enum plinth_status rewrite(const struct tables_room *where)
{
	const char *why = NULL;
	enum plinth_status status = tables_rewrite_acpi(&acpi, &cpus, where, &why);

	assert_true((status == PLINTH_OK) == (why == NULL));
	return status;
}

/* All checksums are right, the FADT offers no PSCI, and each GICC says what the list does. */
static void assert_rewritten(uint32_t expected)
{
	struct acpi_header *madt, *fadt;
	struct acpi_madt_walk walk;
	const char *why = "";
	uint32_t count = 0;

	assert_int_equal(acpi_open(&acpi, &reach, RSDP_AT, &why), PLINTH_OK);
	assert_int_equal(acpi_find(&acpi, "APIC", 44, &madt, NULL), PLINTH_OK);
	assert_int_equal(acpi_find(&acpi, "FACP", 131, &fadt, NULL), PLINTH_OK);
	assert_int_equal(((struct acpi_fadt *)fadt)->arm_boot_arch & 3U, 0);
	acpi_madt_walk_init(&walk, (struct acpi_madt *)madt);
	for (;;) {
		struct acpi_madt_gicc *gicc = (struct acpi_madt_gicc *)acpi_madt_next(
			&walk, ACPI_MADT_GICC, ACPI_GICC_LENGTH_MIN);

		if (gicc == NULL) {
			break;
		}
		uint32_t i = gicc->acpi_processor_uid;

		assert_int_equal(acpi_gicc_is_enabled(gicc), i < cpus.count && cpu[i].present);
		if (acpi_gicc_is_enabled(gicc)) {
			assert_int_equal(gicc->parking_protocol_version, 1);
			assert_true(gicc->parked_address == MAILBOX(i));
			count++;
		} else {
			assert_true(gicc->parked_address == 0);
		}
	}
	assert_false(walk.malformed);
	assert_int_equal(count, expected);
}

static void psci_becomes_parking(void **state)
{
	static const struct {
		const char *madt, *fadt;
		uint32_t count;
	} sets[] = {
		{"virt-gic3-1.apic", "virt-gic3-1.facp", 1},
		{"virt-gic3-4.apic", "virt-gic3-4.facp", 4},
		{"virt-gic2-4.apic", "virt-gic2-4.facp", 4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		load(sets[i].madt, sets[i].fadt, sets[i].count);
		assert_int_not_equal(((struct acpi_fadt *)at(FADT_AT))->arm_boot_arch & 1U, 0);
		assert_int_equal(rewrite(NULL), PLINTH_OK);
		assert_rewritten(sets[i].count);
		assert_true(acpi.xsdt->entry[1] == MADT_AT);
		assert_int_equal(acpi.rsdp->rsdt_address, 1);
	}
}

/* A MADT of 64 CPUs, made of QEMU's own structures for one: GICD, then 64 times its GICC. */
static void sixty_four_cpus(void **state)
{
	struct acpi_madt *madt = at(MADT_AT);
	struct acpi_madt_gicc first, *gicc;

	(void)state;
	load("virt-gic3-1.apic", "virt-gic3-1.facp", CPU_MAX);
	gicc = (struct acpi_madt_gicc *)((uint8_t *)madt + 44 + 24);
	assert_int_equal(gicc->entry.type, ACPI_MADT_GICC);
	assert_int_equal(gicc->entry.length, 80);
	memcpy(&first, gicc, 80);
	for (uint32_t i = 0; i < CPU_MAX; i++) {
		gicc = (struct acpi_madt_gicc *)((uint8_t *)madt + 44 + 24 + i * 80U);
		memcpy(gicc, &first, 80);
		gicc->acpi_processor_uid = i;
		gicc->mpidr = cpu[i].mpidr;
	}
	madt->header.length = 44 + 24 + CPU_MAX * 80U;
	acpi_seal(&madt->header);
	cpu[63].present = false;
	assert_int_equal(rewrite(NULL), PLINTH_OK);
	assert_rewritten(63);
}

static void the_absent_are_disabled(void **state)
{
	struct acpi_madt_gicc *gicc;

	(void)state;
	cpu[2].present = false;
	assert_int_equal(rewrite(NULL), PLINTH_OK);
	assert_rewritten(3);
	gicc = (struct acpi_madt_gicc *)((uint8_t *)at(MADT_AT) + 44 + 24 + 2 * 80);
	assert_int_equal(gicc->acpi_processor_uid, 2);
	assert_int_equal(gicc->flags & ACPI_GICC_ONLINE_CAPABLE, 0);
	setup(state);
	cpus.count = 2; /* others are not on the list */
	assert_int_equal(rewrite(NULL), PLINTH_OK);
	assert_rewritten(2);
}

static void tables_move(void **state)
{
	static uint8_t before[MEMORY];

	(void)state;
	memcpy(before, memory, sizeof(before));
	assert_int_equal(rewrite(&room), PLINTH_OK);
	assert_rewritten(4);
	assert_true(acpi.xsdt->entry[0] >= ROOM_AT && acpi.xsdt->entry[1] >= ROOM_AT);
	assert_int_equal(acpi.rsdp->rsdt_address, 0);
	/* the originals are as they were */
	assert_memory_equal(at(FADT_AT), before + (FADT_AT - BASE), 276);
	assert_memory_equal(at(MADT_AT), before + (MADT_AT - BASE), 424);
}

/* Whatever is refused has changed nothing. */
static void assert_refused(enum plinth_status expected, const struct tables_room *where)
{
	static uint8_t before[sizeof(memory)];

	memcpy(before, memory, sizeof(before));
	assert_int_equal(rewrite(where), expected);
	assert_memory_equal(memory, before, sizeof(before));
}

static void broken_sets_are_refused(void **state)
{
	static const uint64_t no_fadt[] = {MADT_AT};
	static const uint64_t no_madt[] = {FADT_AT};
	static const uint64_t two_madts[] = {MADT_AT, FADT_AT, MADT_AT};
	const struct tables_room small = {room.bytes, room.address, 424};
	struct acpi_header *madt = at(MADT_AT);
	struct acpi_header *fadt = at(FADT_AT);

	make_set(no_fadt, 1);
	assert_refused(PLINTH_ENOENT, NULL);
	make_set(no_madt, 1);
	assert_refused(PLINTH_ENOENT, NULL);
	make_set(two_madts, 3);
	assert_refused(PLINTH_EEXIST, NULL);
	setup(state);
	assert_refused(PLINTH_ENOMEM, &small);
	madt->checksum++;
	assert_refused(PLINTH_EINVAL, NULL);
	setup(state);
	madt->length -= 8; /* the last GICC is cut */
	acpi_seal(madt);
	assert_refused(PLINTH_EINVAL, NULL);
	setup(state);
	fadt->length = 130; /* ACPI 5.0: no Arm boot flags */
	acpi_seal(fadt);
	assert_refused(PLINTH_EINVAL, NULL);
	setup(state);
	cpu[3].mpidr = 0x300; /* runs, but the MADT does not know it */
	assert_refused(PLINTH_EINVAL, NULL);
}

/* A second rewrite (a chain) names the new mailboxes. */
static void twice(void **state)
{
	(void)state;
	assert_int_equal(rewrite(NULL), PLINTH_OK);
	assert_int_equal(rewrite(&room), PLINTH_OK);
	assert_rewritten(4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(psci_becomes_parking, setup),
		cmocka_unit_test_setup(sixty_four_cpus, setup),
		cmocka_unit_test_setup(the_absent_are_disabled, setup),
		cmocka_unit_test_setup(tables_move, setup),
		cmocka_unit_test_setup(broken_sets_are_refused, setup),
		cmocka_unit_test_setup(twice, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
