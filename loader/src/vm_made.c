/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_made.h"

#include "guest_efi.h"
#include "guest_fdt.h"
#include "guest_firmware.h"
#include "guest_pen.h"
#include "vm_memory.h"
#include "vm_uuid.h"

#define FIRMWARE_ENTRY 0U /* the ROM's first instruction */

static uint64_t tables_reserved(const struct vmdesc *desc)
{
	return vmdesc_has_firmware(desc) ? guest_firmware_reserved(desc) : guest_efi_reserved(desc);
}

static enum plinth_status lay_out(struct vm_build *build)
{
	uint64_t dtb_size = guest_fdt_bound(&build->desc);
	const struct layout_input input = {
		.ram_base = build->desc.ram_base,
		.ram_size = build->desc.memory,
		.kernel = &build->kernel,
		.dtb_size = dtb_size,
		.initrd_size = build->initrd_file.size,
		.initrd_pa = build->initrd_pa.v,
		.pen_size = guest_pen_reserved(&build->desc),
		.tables_size = tables_reserved(&build->desc),
	};

	if (vmdesc_has_firmware(&build->desc)) {
		/* Nothing is in RAM but the devicetree, at its start. */
		build->kernel = (struct kernel_image){.kind = KERNEL_FLAT,
			.start = build->desc.ram_base + dtb_size,
			.end = build->desc.ram_base + dtb_size,
			.entry = FIRMWARE_ENTRY};
	}
	return layout_plan(&input, &build->layout, build->error);
}

static enum plinth_status write_pen(struct vm_build *build, uint64_t *free_memory)
{
	enum plinth_status status;

	if (build->layout.pen == 0) {
		return PLINTH_OK;
	}
	status = vm_memory_allocate(build, PAGE_SIZE, free_memory, "secondary-boot", &build->pen);
	if (status == PLINTH_OK) {
		guest_pen_write(&build->desc, &build->input->loader->host, build->kernel.entry,
			build->pen.va);
	}
	return status;
}

static void write_efi(struct vm_build *build)
{
	const struct guest_efi_input input = {
		.desc = &build->desc,
		.host = &build->input->loader->host,
		.ipa = build->layout.tables,
		.pen = build->layout.pen,
		.uuid = build->uuid,
		.disks = &build->disks,
	};

	guest_efi_build(&input, build->tables.va, &build->efi);
	build->tables_used = build->efi.size;
}

static void write_for_firmware(struct vm_build *build)
{
	const struct guest_firmware_input input = {
		.desc = &build->desc,
		.host = &build->input->loader->host,
		.ipa = build->layout.tables,
		.pen = build->layout.pen,
		.uuid = build->uuid,
		.disks = &build->disks,
	};

	guest_firmware_build(&input, build->tables.va, &build->for_firmware.tables);
	build->tables_used = build->for_firmware.tables.size;
}

static enum plinth_status write_tables(struct vm_build *build, uint64_t *free_memory)
{
	bool is_for_firmware = vmdesc_has_firmware(&build->desc);
	uint64_t bound = is_for_firmware ? guest_firmware_bound(&build->desc)
					 : guest_efi_bound(&build->desc);
	enum plinth_status status;

	if (build->layout.tables == 0) {
		return PLINTH_OK;
	}
	status = vm_memory_allocate(build, bound, free_memory, "tables", &build->tables);
	if (status != PLINTH_OK) {
		return status;
	}
	if (is_for_firmware) {
		write_for_firmware(build);
	} else {
		write_efi(build);
	}
	return PLINTH_OK;
}

static enum plinth_status write_devicetree(struct vm_build *build, uint64_t *free_memory)
{
	const struct guest_fdt_input input = {
		.desc = &build->desc,
		.host = &build->input->loader->host,
		.initrd = build->layout.initrd,
		.initrd_size = build->initrd_file.size,
		.kernel = build->for_firmware.kernel,
		.own_initrd = build->for_firmware.initrd,
		.firmware = &build->for_firmware.tables,
		.pen = build->layout.pen,
		.efi = &build->efi,
		.disks = &build->disks,
		.assigned = &build->assigned,
	};
	enum plinth_status status = vm_memory_allocate(
		build, guest_fdt_bound(&build->desc), free_memory, "vm.dtb", &build->dtb);

	if (status == PLINTH_OK) {
		guest_fdt_build(&input, build->dtb.va, &build->fdt);
	}
	return status;
}

enum plinth_status vm_made_write(struct vm_build *build, uint64_t *free_memory)
{
	enum plinth_status status = lay_out(build);

	vm_uuid_make(build->input->name, &build->dtb_file, build->kernel_file.size,
		build->initrd_file.size, build->uuid);
	if (status == PLINTH_OK) {
		status = write_pen(build, free_memory);
	}
	if (status == PLINTH_OK) {
		status = write_tables(build, free_memory);
	}
	if (status == PLINTH_OK) {
		status = write_devicetree(build, free_memory);
	}
	return status;
}
