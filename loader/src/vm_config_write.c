/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_config_write.h"

#include "base/check.h"
#include "base/string.h"

static void add_image(struct vm_config *config, uint64_t ipa, uint64_t size, pa_t source)
{
	PLINTH_CHECK(config->image_count < VM_IMAGE_MAX);
	config->images[config->image_count++] = (struct vm_image){
		.ipa = ipa,
		.size = size,
		.source = source.v,
		.kind = VM_IMAGE_COPY,
	};
}

static void mark_written(struct vm_config *config)
{
	config->images[config->image_count - 1].flags = VM_IMAGE_FLAG_WRITTEN;
}

/* Bytes of the devicetree that the core writes anew at each start. */
static void add_overlay(const struct vm_build *build, struct vm_config *config, size_t offset,
	uint64_t size, enum vm_image_kind kind)
{
	if (offset != 0) {
		add_image(config, build->layout.dtb + offset, size, pa_init(0));
		config->images[config->image_count - 1].kind = kind;
	}
}

static void add_images(const struct vm_build *build, struct vm_config *config)
{
	const struct guest_fdt *fdt = &build->fdt;

	for (uint32_t i = 0; i < build->kernel.segment_count; i++) {
		const struct kernel_segment *s = &build->kernel.segments[i];

		if (s->file_size != 0) {
			add_image(
				config, s->ipa, s->file_size, pa_add(build->kernel_pa, s->offset));
			/* It relocates and patches itself nearly everywhere. One of less than a
			 * block is not worth a block of its own. */
			if (s->file_size >= BLOCK_2M) {
				mark_written(config);
			}
		}
	}
	if (build->initrd_file.size != 0) {
		add_image(config, build->layout.initrd, build->initrd_file.size, build->initrd_pa);
		mark_written(config); /* unpacked, its memory is used for something else */
	}
	if (build->pen.size != 0) {
		add_image(config, build->layout.pen, build->pen.size, build->pen.pa);
	}
	if (build->tables.size != 0) {
		add_image(config, build->layout.tables, build->tables_used, build->tables.pa);
	}
	add_image(config, build->layout.dtb, fdt->size, build->dtb.pa);
	add_overlay(build, config, fdt->kaslr_seed, GUEST_FDT_KASLR_SIZE, VM_IMAGE_RANDOM);
	add_overlay(build, config, fdt->rng_seed, GUEST_FDT_SEED_SIZE, VM_IMAGE_RANDOM);
	add_overlay(build, config, fdt->token, GUEST_FDT_TOKEN_SIZE, VM_IMAGE_TOKEN);
}

static void add_ranges(const struct vm_build *build, struct vm_config *config)
{
	config->range_count = build->range_count;
	for (uint32_t i = 0; i < build->range_count; i++) {
		const struct vm_build_range *range = &build->ranges[i];

		config->ranges[i] = (struct vm_range){
			.ipa = range->ipa, .size = range->size, .flags = range->flags};
		if (range->source_size != 0) {
			add_image(config, range->ipa, range->source_size, range->source);
		}
	}
}

static uint64_t entry_of(const struct vm_build *build)
{
	return build->pen.size != 0 ? build->layout.pen : build->kernel.entry;
}

void vm_config_write(const struct vm_build *build, struct vm_config *config)
{
	const struct vmdesc *desc = &build->desc;

	*config = (struct vm_config){
		.magic = VM_CONFIG_MAGIC,
		.version = VM_CONFIG_VERSION,
		.size = sizeof(struct vm_config),
		.flags = desc->flags,
		.rights = desc->rights,
		.vcpu_count = desc->vcpu_count,
		.weight = desc->weight,
		.affinity = desc->affinity,
		.ram_size = desc->memory,
		.ram_base = desc->ram_base,
		.device_count = build->assigned.device_count,
		.interrupt_count = build->assigned.interrupt_count,
		.overhead = desc->overhead,
		.entry = entry_of(build),
		.arg = build->layout.dtb,
		.guestinfo_count = desc->guestinfo_count,
		.guestinfo = build->guestinfo.size != 0 ? build->guestinfo.pa.v : 0,
	};
	PLINTH_CHECK(str_copy(config->name, build->input->name, VM_NAME_SIZE));
	add_images(build, config);
	add_ranges(build, config);
	memcpy(config->uuid, build->uuid, sizeof(config->uuid));
	memcpy(config->devices, build->assigned.devices, sizeof(config->devices));
	memcpy(config->interrupts, build->assigned.interrupts, sizeof(config->interrupts));
}
