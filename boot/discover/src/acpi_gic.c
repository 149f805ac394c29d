/* SPDX-License-Identifier: Apache-2.0 */
/* The GIC by the MADT: GICD says which, GICR or each CPU's GICC where its parts are. */
#include "acpi_tables.h"
#include "base/bits.h"

/* The MADT gives addresses alone: sizes by IHI 0048 (GICv2) and IHI 0069 (GICv3). */
#define GICV2_DIST_SIZE UINT64_C(0x1000)
#define GICV2_CPU_SIZE	UINT64_C(0x2000)
#define GICV2_HYP_SIZE	UINT64_C(0x1000)
#define GICV3_DIST_SIZE UINT64_C(0x10000)
#define GICV3_GICR_SIZE UINT64_C(0x20000) /* of a CPU; GICv4's is twice as large */

#define GIC_V2 2U
#define GIC_V3 3U
#define GIC_V4 4U

static const struct acpi_madt_gicc *next_gicc(struct acpi_madt_walk *walk)
{
	const struct acpi_madt_entry *entry;

	while ((entry = acpi_madt_next(walk, ACPI_MADT_GICC, ACPI_GICC_LENGTH_MIN)) != NULL) {
		const struct acpi_madt_gicc *gicc = (const struct acpi_madt_gicc *)entry;

		if (acpi_gicc_is_enabled(gicc)) {
			return gicc;
		}
	}
	return NULL;
}

static const struct acpi_madt_gicc *first_gicc(struct acpi_madt *madt)
{
	struct acpi_madt_walk walk;

	acpi_madt_walk_init(&walk, madt);
	return next_gicc(&walk);
}

/* Joins a region that touches the last one: firmware lists neighbours one by one. */
static bool add_redist(struct boot_gic *gic, uint64_t base, uint64_t size)
{
	struct boot_range *last =
		gic->redist_count > 0U ? &gic->redist[gic->redist_count - 1U] : NULL;

	if (!acpi_is_device(base, size) || size < GICV3_GICR_SIZE) {
		return false;
	}
	if (last != NULL && last->base + last->size == base) {
		last->size += size;
		return true;
	}
	if (gic->redist_count == BOOT_GICR_MAX) {
		return false;
	}
	gic->redist[gic->redist_count++] = (struct boot_range){base, size};
	return true;
}

static bool read_gicr_regions(struct acpi_madt *madt, struct boot_gic *gic)
{
	struct acpi_madt_walk walk;
	const struct acpi_madt_entry *entry;
	const struct acpi_madt_gicr *gicr;
	bool fits = true;

	acpi_madt_walk_init(&walk, madt);
	while (fits && (entry = acpi_madt_next(&walk, ACPI_MADT_GICR, sizeof(*gicr))) != NULL) {
		gicr = (const struct acpi_madt_gicr *)entry;
		fits = add_redist(
			gic, gicr->discovery_range_base_address, gicr->discovery_range_length);
	}
	return fits;
}

/* Without GICR structures every GICC names its own redistributor (ACPI 6.5, 5.2.12.14). */
static bool read_gicr_of_cpus(struct acpi_madt *madt, struct boot_gic *gic, uint64_t size)
{
	struct acpi_madt_walk walk;
	const struct acpi_madt_gicc *gicc;
	bool fits = true;

	acpi_madt_walk_init(&walk, madt);
	while (fits && (gicc = next_gicc(&walk)) != NULL) {
		fits = add_redist(gic, gicc->gicr_base_address, size);
	}
	return fits;
}

static void read_cpu_side(const struct acpi_madt_gicc *gicc, struct boot_gic *gic)
{
	gic->maintenance_intid = acpi_ppi(gicc->vgic_maintenance_interrupt);
	if (acpi_is_device(gicc->physical_base_address, GICV2_CPU_SIZE)) {
		gic->cpu_if = (struct boot_range){gicc->physical_base_address, GICV2_CPU_SIZE};
	}
	if (acpi_is_device(gicc->gich, GICV2_HYP_SIZE) &&
		acpi_is_device(gicc->gicv, GICV2_CPU_SIZE)) {
		gic->hyp_if = (struct boot_range){gicc->gich, GICV2_HYP_SIZE};
		gic->guest_if = (struct boot_range){gicc->gicv, GICV2_CPU_SIZE};
	}
}

/* 0: no version that we know. Firmware that leaves the version out has redistributors or not. */
static uint32_t version_of(const struct acpi_madt_gicd *gicd, bool has_redist)
{
	switch (gicd->gic_version) {
	case 0:
		return has_redist ? GIC_V3 : GIC_V2;
	case GIC_V2:
		return GIC_V2;
	case GIC_V3:
	case GIC_V4:
		return GIC_V3;
	default:
		return 0;
	}
}

void acpi_read_gic(struct acpi_madt *madt, struct machine *machine)
{
	const struct acpi_madt_gicc *gicc = first_gicc(madt);
	struct boot_gic gic = {0};
	const struct acpi_madt_gicd *gicd;
	struct acpi_madt_walk walk;
	bool complete;

	acpi_madt_walk_init(&walk, madt);
	gicd = (const struct acpi_madt_gicd *)acpi_madt_next(&walk, ACPI_MADT_GICD, sizeof(*gicd));
	if (gicd == NULL || gicc == NULL) {
		return;
	}
	complete = read_gicr_regions(madt, &gic);
	gic.version = version_of(gicd, gic.redist_count > 0U || gicc->gicr_base_address != 0U);
	gic.dist.base = gicd->physical_base_address;
	gic.dist.size = gic.version == GIC_V2 ? GICV2_DIST_SIZE : GICV3_DIST_SIZE;
	read_cpu_side(gicc, &gic);
	if (gic.version == GIC_V3 && gic.redist_count == 0U) {
		complete = complete &&
			   read_gicr_of_cpus(madt, &gic,
				   GICV3_GICR_SIZE << (gicd->gic_version == GIC_V4 ? 1U : 0U));
	}
	if (gic.version == GIC_V2) {
		complete = gic.cpu_if.base != 0U;
		gic.redist_count = 0;
	}
	if (complete && acpi_is_device(gic.dist.base, gic.dist.size)) {
		machine->gic = gic;
	}
}
