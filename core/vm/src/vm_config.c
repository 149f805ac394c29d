/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"

#include "vm_private.h"

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

static bool is_name(const char *name)
{
	size_t length = strnlen(name, VM_NAME_SIZE);

	if (length == 0U || length == VM_NAME_SIZE) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (!is_name_char(name[i])) {
			return false;
		}
	}
	return true;
}

#define KNOWN_FLAGS                                                                                \
	(VM_FLAG_VMWARE | VM_FLAG_CONTROL | VM_FLAG_ANONYMOUS | VM_FLAG_OVERCOMMIT |               \
		VM_FLAG_COHERENCY_EAGER | VM_FLAG_GICV2 | VM_FLAG_BACKDOOR_BRK | VM_FLAG_UEFI |    \
		VM_FLAG_NVRAM_VOLATILE | VM_FLAG_MEMORY_DIRECT)

static bool has_good_rights(const struct vm_config *c)
{
	uint32_t allowed = (c->flags & VM_FLAG_CONTROL) != 0U ? VM_RIGHT_ALL : 0U;

	if ((c->flags & VM_FLAG_BACKDOOR_BRK) != 0U && (c->flags & VM_FLAG_VMWARE) == 0U) {
		return false;
	}
	if ((c->flags & VM_FLAG_NVRAM_VOLATILE) != 0U && (c->flags & VM_FLAG_UEFI) == 0U) {
		return false;
	}
	return (c->flags & ~KNOWN_FLAGS) == 0U && (c->rights & ~allowed) == 0U;
}

/* In line: a VM may have many places, and as many images that are looked for in all of them. */
static inline bool holds(uint64_t start, uint64_t room, uint64_t ipa, uint64_t size)
{
	return ipa - start < room && size <= room - (ipa - start);
}

static bool is_in_ram(const struct vm_config *c, uint64_t ipa, uint64_t size)
{
	return holds(c->ram_base, c->ram_size, ipa, size);
}

static bool is_in_memory(const struct vm_config *c, uint64_t ipa, uint64_t size)
{
	bool found = is_in_ram(c, ipa, size);

	for (uint32_t i = 0; i < c->range_count && !found; i++) {
		found = holds(c->ranges[i].ipa, c->ranges[i].size, ipa, size);
	}
	return found;
}

/* In the addresses that a VM has, away from devices, from RAM (a reset takes whole gigabytes from
 * it) and from the ranges before it. */
static bool has_place(const struct vm_config *c, uint32_t index)
{
	const struct vm_range *r = &c->ranges[index];
	uint64_t ram_end = align_up(c->ram_base + c->ram_size, BLOCK_1G);

	if (!range_contains(0, UINT64_C(1) << s2_features()->ipa_bits, r->ipa, r->size) ||
		ranges_overlap(r->ipa, r->size, VM_DEVICES_BASE, ram_end - VM_DEVICES_BASE)) {
		return false;
	}
	for (uint32_t i = 0; i < index; i++) {
		const struct vm_range *other = &c->ranges[i];

		if (ranges_overlap(r->ipa, r->size, other->ipa, other->size)) {
			return false;
		}
	}
	return true;
}

static const char *check_range(const struct vm_config *c, uint32_t index)
{
	const struct vm_range *r = &c->ranges[index];

	if ((r->flags & ~VM_RANGE_READ_ONLY) != 0U) {
		return "a range with flags that are not there to be given";
	}
	if (r->size == 0U || !is_aligned(r->ipa, BLOCK_2M) || !is_aligned(r->size, PAGE_SIZE) ||
		!has_place(c, index)) {
		return "a range of memory that has no place there";
	}
	return NULL;
}

const char *vm_config_check_places(const struct vm_config *c)
{
	if (!vm_devices_fit(c)) {
		return "devices, or memory for them, that a VM cannot have so";
	}
	for (uint32_t i = 0; i < c->range_count; i++) {
		const char *why = check_range(c, i);

		if (why != NULL) {
			return why;
		}
	}
	return is_in_memory(c, c->entry, sizeof(uint32_t)) && is_aligned(c->entry, sizeof(uint32_t))
		       ? NULL
		       : "the entry is not in the VM's memory";
}

const char *vm_config_check_image(const struct vm_config *c, uint32_t index)
{
	const struct vm_image *image = &c->images[index];

	if (image->kind < VM_IMAGE_COPY || image->kind > VM_IMAGE_TOKEN) {
		return "an image of an unknown kind";
	}
	if ((image->flags & ~VM_IMAGE_FLAG_WRITTEN) != 0U ||
		(image->flags != 0U &&
			(image->kind != VM_IMAGE_COPY || !is_in_ram(c, image->ipa, image->size)))) {
		return "an image with flags that are not there to be given";
	}
	if (image->size == 0U || !is_in_memory(c, image->ipa, image->size)) {
		return "an image outside the VM's memory";
	}
	return NULL;
}

enum plinth_status vm_config_check_frame(const struct vm_config *c, const char **why)
{
	*why = NULL;
	if (c->magic != VM_CONFIG_MAGIC || c->version != VM_CONFIG_VERSION ||
		c->size != sizeof(*c)) {
		*why = "not a vm_config of this version";
	} else if (!is_name(c->name)) {
		*why = "the name has no or other characters than letters, digits, - _ .";
	} else if (!has_good_rights(c)) {
		*why = "flags or rights that are not there to be given";
	} else if (c->vcpu_count == 0U || c->vcpu_count > VM_VCPU_MAX) {
		*why = "the number of vCPUs is not between 1 and 123";
	} else if ((c->flags & VM_FLAG_GICV2) != 0U && c->vcpu_count > VGIC_V2_VCPU_MAX) {
		*why = "a GICv2 serves 8 vCPUs";
	} else if (c->ram_size == 0U || !is_aligned(c->ram_size, BLOCK_2M) ||
		   !range_contains(
			   0, UINT64_C(1) << s2_features()->ipa_bits, c->ram_base, c->ram_size)) {
		*why = "the memory size is 0, no multiple of 2 MiB, or more than can be addressed";
	} else if ((c->flags & VM_FLAG_UEFI) != 0U && c->overhead < UEFIRT_STATE_SIZE) {
		*why = "less overhead than its UEFI variables take";
	} else if (c->guestinfo_count > VM_GUESTINFO_MAX) {
		*why = "more guestinfo than there are slots";
	} else if (c->range_count > VM_RANGE_MAX) {
		*why = "more ranges of memory than there are slots";
	} else if (c->image_count > VM_IMAGE_MAX) {
		*why = "more images than there are slots";
	}
	return *why == NULL ? PLINTH_OK : PLINTH_EINVAL;
}

enum plinth_status vm_config_check(const struct vm_config *c, const char **why)
{
	if (vm_config_check_frame(c, why) != PLINTH_OK) {
		return PLINTH_EINVAL;
	}
	*why = vm_config_check_places(c);
	for (uint32_t i = 0; i < c->image_count && *why == NULL; i++) {
		*why = vm_config_check_image(c, i);
	}
	return *why == NULL ? PLINTH_OK : PLINTH_EINVAL;
}
