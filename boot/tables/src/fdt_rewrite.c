/* SPDX-License-Identifier: Apache-2.0 */
#include <libfdt.h>

#include "base/fmt.h"
#include "fdt_parts.h"

#define CELLS_MAX 2

/* Appends a number of `cells` cells; false where it does not fit them. */
static bool put_cells(fdt32_t *cell, int *count, int cells, uint64_t v)
{
	if (cells == 1) {
		fdt32_st(&cell[*count], (uint32_t)v);
		*count += 1;
		return v >> 32 == 0U;
	}
	fdt32_st(&cell[*count], (uint32_t)(v >> 32));
	fdt32_st(&cell[*count + 1], (uint32_t)v);
	*count += 2;
	return true;
}

/* /reserved-memory, which is made where there is none: its cells are the root's, as its binding
 * asks. */
static int reserved_memory(void *fdt)
{
	int node = fdt_path_offset(fdt, "/reserved-memory");
	int address_cells = fdt_address_cells(fdt, 0);
	int size_cells = fdt_size_cells(fdt, 0);

	if (node >= 0 || address_cells < 0 || size_cells < 0) {
		return node >= 0 ? node : -FDT_ERR_BADNCELLS;
	}
	/* Properties are put in front: the last is the first. */
	node = fdt_add_subnode(fdt, 0, "reserved-memory");
	if (node >= 0 &&
		(fdt_setprop_empty(fdt, node, "ranges") != 0 ||
			fdt_setprop_u32(fdt, node, "#size-cells", (uint32_t)size_cells) != 0 ||
			fdt_setprop_u32(fdt, node, "#address-cells", (uint32_t)address_cells) !=
				0)) {
		return -FDT_ERR_NOSPACE;
	}
	return node;
}

/* Linux 6.1 takes no-map only where there is no /memreserve/ entry, and its booting.rst wants a
 * spin table in one; a parking page must not be mapped as RAM, so it has no-map. */
static int reserve(void *fdt, const struct boot_range *range, enum tables_target target)
{
	int parent = reserved_memory(fdt);
	int address_cells = parent < 0 ? 0 : fdt_address_cells(fdt, parent);
	int size_cells = parent < 0 ? 0 : fdt_size_cells(fdt, parent);
	fdt32_t reg[2 * CELLS_MAX];
	int count = 0;
	char name[32];
	int node;

	if (parent < 0) {
		return parent;
	}
	if (address_cells < 1 || address_cells > CELLS_MAX || size_cells < 1 ||
		size_cells > CELLS_MAX || !put_cells(reg, &count, address_cells, range->base) ||
		!put_cells(reg, &count, size_cells, range->size)) {
		return -FDT_ERR_BADNCELLS;
	}
	(void)fmt_buf(name, sizeof(name), "pen@%llx", (unsigned long long)range->base);
	node = fdt_add_subnode(fdt, parent, name);
	if (node < 0) {
		return node;
	}
	if (fdt_setprop(fdt, node, "reg", reg, count * (int)sizeof(*reg)) != 0) {
		return -FDT_ERR_NOSPACE;
	}
	return target == TABLES_PARKING ? fdt_setprop_empty(fdt, node, "no-map")
					: fdt_add_mem_rsv(fdt, range->base, range->size);
}

static int set_initrd(void *fdt, const struct boot_range *initrd)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	int error;

	if (chosen < 0 && initrd->size == 0U) {
		return 0;
	}
	if (chosen < 0) {
		chosen = fdt_add_subnode(fdt, 0, "chosen");
	}
	if (chosen < 0) {
		return chosen;
	}
	if (initrd->size == 0U) {
		(void)fdt_delprop(fdt, chosen, "linux,initrd-start");
		(void)fdt_delprop(fdt, chosen, "linux,initrd-end");
		return 0;
	}
	error = fdt_setprop_u64(fdt, chosen, "linux,initrd-start", initrd->base);
	return error != 0 ? error
			  : fdt_setprop_u64(
				    fdt, chosen, "linux,initrd-end", initrd->base + initrd->size);
}

static int rewrite(void *fdt, const struct tables_fdt *request)
{
	int error = fdt_rewrite_cpus(fdt, &request->cpus);

	if (error != 0) {
		return error;
	}
	fdt_drop_psci(fdt);
	error = set_initrd(fdt, &request->initrd);
	for (uint32_t i = 0; error == 0 && i < request->reserve_count; i++) {
		error = reserve(fdt, &request->reserve[i], request->cpus.target);
	}
	return error != 0 ? error : fdt_pack(fdt);
}

enum plinth_status tables_rewrite_fdt(
	const void *from, void *to, size_t size, const struct tables_fdt *request, const char **why)
{
	int error = fdt_open_into(from, to, (int)size);

	if (error == 0) {
		error = rewrite(to, request);
	}
	if (error == 0) {
		return PLINTH_OK;
	}
	*why = fdt_strerror(error);
	return error == -FDT_ERR_NOSPACE ? PLINTH_ENOMEM : PLINTH_EINVAL;
}
