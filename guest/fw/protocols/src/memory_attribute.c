/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/checked.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/platform.h"
#include "protocols/others.h"

#define ACCESS_BITS (EFI_MEMORY_RP | EFI_MEMORY_XP | EFI_MEMORY_RO)

static const struct efi_guid attribute_guid = EFI_MEMORY_ATTRIBUTE_GUID;

static uint64_t bits_of(enum fw_access access)
{
	switch (access) {
	case FW_ACCESS_RW:
		return EFI_MEMORY_XP;
	case FW_ACCESS_RX:
		return EFI_MEMORY_RO;
	case FW_ACCESS_RO:
		return EFI_MEMORY_RO | EFI_MEMORY_XP;
	case FW_ACCESS_RWX:
		return 0;
	case FW_ACCESS_NONE:
	default:
		return ACCESS_BITS;
	}
}

static enum fw_access access_of(uint64_t bits)
{
	if ((bits & EFI_MEMORY_RP) != 0U) {
		return FW_ACCESS_NONE;
	}
	if ((bits & EFI_MEMORY_RO) != 0U) {
		return (bits & EFI_MEMORY_XP) != 0U ? FW_ACCESS_RO : FW_ACCESS_RX;
	}
	return (bits & EFI_MEMORY_XP) != 0U ? FW_ACCESS_RW : FW_ACCESS_RWX;
}

/* EFI_SUCCESS: whole pages, all of them RAM. */
static efi_status_t check_range(uint64_t base, uint64_t size)
{
	uint64_t end;

	if (size == 0U || !is_aligned(base | size, EFI_PAGE_SIZE) ||
		add_overflows(base, size, &end)) {
		return EFI_INVALID_PARAMETER;
	}
	for (uint64_t at = base; at < end; at += EFI_PAGE_SIZE) {
		enum fw_access access;

		if (!platform_access(at, &access)) {
			return EFI_UNSUPPORTED; /* the first page that is none ends it */
		}
	}
	return EFI_SUCCESS;
}

static efi_status_t change(uint64_t base, uint64_t size, uint64_t set, uint64_t clear)
{
	efi_status_t status = check_range(base, size);

	if (((set | clear) & ~ACCESS_BITS) != 0U || (set | clear) == 0U) {
		return EFI_INVALID_PARAMETER;
	}
	for (uint64_t at = base; at < base + size && status == EFI_SUCCESS; at += EFI_PAGE_SIZE) {
		enum fw_access access = FW_ACCESS_RW;

		(void)platform_access(at, &access);
		status = platform_protect(
			at, EFI_PAGE_SIZE, access_of((bits_of(access) | set) & ~clear));
	}
	return status;
}

static efi_status_t get_attributes(
	struct efi_memory_attribute *self, uint64_t base, uint64_t size, uint64_t *attributes)
{
	efi_status_t status = check_range(base, size);
	enum fw_access first = FW_ACCESS_RW;
	enum fw_access access = FW_ACCESS_RW;

	(void)self;
	if (status != EFI_SUCCESS || attributes == NULL) {
		return status != EFI_SUCCESS ? status : EFI_INVALID_PARAMETER;
	}
	(void)platform_access(base, &first);
	for (uint64_t at = base; at < base + size; at += EFI_PAGE_SIZE) {
		if (!platform_access(at, &access) || access != first) {
			return EFI_NO_MAPPING;
		}
	}
	*attributes = bits_of(first);
	return EFI_SUCCESS;
}

static efi_status_t set_attributes(
	struct efi_memory_attribute *self, uint64_t base, uint64_t size, uint64_t attributes)
{
	(void)self;
	return change(base, size, attributes, 0);
}

static efi_status_t clear_attributes(
	struct efi_memory_attribute *self, uint64_t base, uint64_t size, uint64_t attributes)
{
	(void)self;
	return change(base, size, 0, attributes);
}

static struct efi_memory_attribute memory_attribute = {
	.get = get_attributes, .set = set_attributes, .clear = clear_attributes};

efi_status_t memory_attribute_install(void)
{
	efi_handle_t handle = NULL;

	return fw_install_protocol_interface(&handle, &attribute_guid, 0, &memory_attribute);
}
