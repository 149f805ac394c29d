/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_guestinfo.h"

#include <libfdt.h>
#include <string.h>

#include "base/check.h"
#include "vm_memory.h"
#include "vmdesc_property.h"

/* The description was read from a copy in the scratch area, which the next VM overwrites; the same
 * bytes stay in the bundle. */
static uint64_t lasting_pa(const struct vm_build *build, const void *byte)
{
	const struct loader *loader = build->input->loader;
	size_t offset = (size_t)((const uint8_t *)byte - (const uint8_t *)loader->scratch);

	return loader->ops->pa_of(loader->ctx, build->dtb_file.data + offset).v;
}

static void write_entries(const struct vm_build *build, struct vm_guestinfo *entries)
{
	const void *fdt = build->input->loader->scratch;
	uint32_t count = 0;
	int offset;

	fdt_for_each_property_offset(offset, fdt, build->desc.guestinfo_node)
	{
		struct property property = property_at(fdt, offset);

		PLINTH_CHECK(count < build->desc.guestinfo_count);
		entries[count++] = (struct vm_guestinfo){
			.key = lasting_pa(build, property.name),
			.value = lasting_pa(build, property.value),
			.key_size = (uint32_t)strlen(property.name),
			.value_size = (uint32_t)property.size - 1U,
		};
	}
}

enum plinth_status vm_guestinfo_write(struct vm_build *build, uint64_t *free_memory)
{
	uint32_t count = build->desc.guestinfo_count;
	enum plinth_status status;

	if (count == 0) {
		return PLINTH_OK;
	}
	status = vm_memory_allocate(build, count * sizeof(struct vm_guestinfo), free_memory,
		"guestinfo", &build->guestinfo);
	if (status == PLINTH_OK) {
		write_entries(build, build->guestinfo.va);
	}
	return status;
}
