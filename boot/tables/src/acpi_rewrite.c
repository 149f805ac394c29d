/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/string.h"
#include "tables/acpi.h"

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)
#define TABLE_ALIGN    16U

/* The two tables, and which entries of the XSDT name them. */
struct pair {
	struct acpi_madt *madt;
	struct acpi_fadt *fadt;
	uint32_t madt_index;
	uint32_t fadt_index;
};

static enum plinth_status find_pair(const struct acpi *acpi, struct pair *pair, const char **why)
{
	struct acpi_header *table = NULL;
	enum plinth_status status = acpi_find(
		acpi, ACPI_SIGNATURE_MADT, sizeof(struct acpi_madt), &table, &pair->madt_index);

	if (status != PLINTH_OK) {
		*why = "there is not one sound MADT";
		return status;
	}
	pair->madt = (struct acpi_madt *)table;
	status = acpi_find(
		acpi, ACPI_SIGNATURE_FADT, ACPI_FADT_ARM_BOOT_ARCH_END, &table, &pair->fadt_index);
	if (status != PLINTH_OK) {
		*why = "there is not one sound FADT that has the Arm boot flags";
		return status;
	}
	pair->fadt = (struct acpi_fadt *)table;
	return PLINTH_OK;
}

static struct acpi_madt_gicc *next_gicc(struct acpi_madt_walk *walk)
{
	return (struct acpi_madt_gicc *)acpi_madt_next(walk, ACPI_MADT_GICC, ACPI_GICC_LENGTH_MIN);
}

/* The list's entry of a GICC that can be used; NULL: it has none, or did not come up. */
static const struct tables_cpu *find_cpu(
	const struct tables_cpus *cpus, const struct acpi_madt_gicc *gicc)
{
	for (uint32_t i = 0; acpi_gicc_is_enabled(gicc) && i < cpus->count; i++) {
		if (cpus->cpu[i].mpidr == (gicc->mpidr & MPIDR_AFFINITY)) {
			return cpus->cpu[i].present ? &cpus->cpu[i] : NULL;
		}
	}
	return NULL;
}

static uint32_t count_present(const struct tables_cpus *cpus)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < cpus->count; i++) {
		count += cpus->cpu[i].present ? 1U : 0U;
	}
	return count;
}

/* Can the MADT be walked to its end, and does it name each CPU once? */
static enum plinth_status check_madt(
	struct acpi_madt *madt, const struct tables_cpus *cpus, const char **why)
{
	struct acpi_madt_walk walk;
	const struct acpi_madt_gicc *gicc;
	uint32_t found = 0;

	acpi_madt_walk_init(&walk, madt);
	for (gicc = next_gicc(&walk); gicc != NULL; gicc = next_gicc(&walk)) {
		found += find_cpu(cpus, gicc) != NULL ? 1U : 0U;
	}
	if (walk.malformed) {
		*why = "the MADT has a structure that does not fit";
		return PLINTH_EINVAL;
	}
	if (found != count_present(cpus)) {
		*why = "the MADT names other CPUs than those that run";
		return PLINTH_EINVAL;
	}
	return PLINTH_OK;
}

static void change_madt(struct acpi_madt *madt, const struct tables_cpus *cpus)
{
	struct acpi_madt_walk walk;
	struct acpi_madt_gicc *gicc;

	acpi_madt_walk_init(&walk, madt);
	for (gicc = next_gicc(&walk); gicc != NULL; gicc = next_gicc(&walk)) {
		const struct tables_cpu *cpu = find_cpu(cpus, gicc);

		if (cpu == NULL) {
			gicc->flags &= ~(ACPI_GICC_ENABLED | ACPI_GICC_ONLINE_CAPABLE);
			gicc->parking_protocol_version = 0;
			gicc->parked_address = 0;
			continue;
		}
		gicc->parking_protocol_version = ACPI_PARKING_VERSION;
		gicc->parked_address = cpu->mailbox;
	}
	acpi_seal(&madt->header);
}

static void change_fadt(struct acpi_fadt *fadt)
{
	fadt->arm_boot_arch &=
		(uint16_t) ~(unsigned)(ACPI_FADT_PSCI_COMPLIANT | ACPI_FADT_PSCI_USE_HVC);
	acpi_seal(&fadt->header);
}

static uint64_t room_for(const struct pair *pair)
{
	return align_up(pair->madt->header.length, TABLE_ALIGN) +
	       align_up(pair->fadt->header.length, TABLE_ALIGN);
}

/* Copies a table to the offset in the room, which it passes; the XSDT's entry follows. */
static struct acpi_header *move(const struct acpi *acpi, uint32_t index,
	const struct acpi_header *table, const struct tables_room *room, uint64_t *offset)
{
	struct acpi_header *copy = (struct acpi_header *)(room->bytes + *offset);

	memcpy(copy, table, table->length);
	acpi->xsdt->entry[index] = room->address + *offset;
	*offset += align_up(table->length, TABLE_ALIGN);
	return copy;
}

/* The RSDT has 32-bit entries and is for systems that know no XSDT: none for arm64. It would go on
 * naming the old tables, so it is given up. */
static void drop_rsdt(const struct acpi *acpi)
{
	acpi->rsdp->rsdt_address = 0;
	acpi_seal_rsdp(acpi->rsdp);
}

enum plinth_status tables_rewrite_acpi(const struct acpi *acpi, const struct tables_cpus *cpus,
	const struct tables_room *room, const char **why)
{
	struct pair pair;
	uint64_t offset = 0;
	enum plinth_status status = find_pair(acpi, &pair, why);

	if (status == PLINTH_OK) {
		status = check_madt(pair.madt, cpus, why);
	}
	if (status != PLINTH_OK) {
		return status;
	}
	if (room != NULL && room->size < room_for(&pair)) {
		*why = "no room for the moved tables";
		return PLINTH_ENOMEM;
	}
	if (room != NULL) {
		pair.madt = (struct acpi_madt *)move(
			acpi, pair.madt_index, &pair.madt->header, room, &offset);
		pair.fadt = (struct acpi_fadt *)move(
			acpi, pair.fadt_index, &pair.fadt->header, room, &offset);
		acpi_seal(&acpi->xsdt->header);
		drop_rsdt(acpi);
	}
	change_madt(pair.madt, cpus);
	change_fadt(pair.fadt);
	return PLINTH_OK;
}
