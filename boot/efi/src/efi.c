/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/efi.h"

#include "base/bits.h"
#include "base/string.h"

#define TABLE_COUNT_MAX 1024U /* more configuration tables than this are taken for garbage */

static const struct efi_guid guid_loaded_image = {
	0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const struct efi_guid guid_rng = {
	0x3152bca5, 0xeade, 0x433d, {0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44}};

const struct efi_guid efi_guid_acpi20 = {
	0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81}};
const struct efi_guid efi_guid_devicetree = {
	0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}};

const struct efi_guid efi_guid_memory_attributes = {
	0xdcfa911d, 0x26eb, 0x469f, {0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20}};

static bool is_table(const struct efi_table_header *header, uint64_t signature, size_t size)
{
	return header != NULL && header->signature == signature && header->header_size >= size;
}

struct efi_loaded_image *efi_loaded_image(const struct efi *efi, efi_handle_t image)
{
	void *loaded = NULL;

	return efi->services->handle_protocol(image, &guid_loaded_image, &loaded) == EFI_SUCCESS
		       ? loaded
		       : NULL;
}

enum plinth_status efi_open(struct efi *efi, efi_handle_t image, struct efi_system_table *system)
{
	*efi = (struct efi){.image = image};
	if (system == NULL ||
		!is_table(&system->header, EFI_SYSTEM_TABLE_SIGNATURE, sizeof(*system))) {
		return PLINTH_EINVAL;
	}
	efi->system = system;
	efi->services = system->boot_services;
	if (efi->services == NULL || !is_table(&efi->services->header, EFI_BOOT_SERVICES_SIGNATURE,
					     sizeof(*efi->services))) {
		return PLINTH_EINVAL;
	}
	efi->loaded = efi_loaded_image(efi, image);
	return efi->loaded != NULL ? PLINTH_OK : PLINTH_EINVAL;
}

void *efi_find_table(const struct efi *efi, const struct efi_guid *guid)
{
	const struct efi_configuration_table *table = efi->system->table;
	uint64_t count = min_u64(efi->system->table_count, TABLE_COUNT_MAX);

	for (uint64_t i = 0; table != NULL && i < count; i++) {
		if (memcmp(&table[i].guid, guid, sizeof(*guid)) == 0) {
			return table[i].table;
		}
	}
	return NULL;
}

bool efi_random(const struct efi *efi, void *bytes, uint64_t size)
{
	void *rng = NULL;

	if (efi->services->locate_protocol(&guid_rng, NULL, &rng) != EFI_SUCCESS || rng == NULL) {
		return false;
	}
	return ((struct efi_rng *)rng)->get_rng(rng, NULL, size, bytes) == EFI_SUCCESS;
}

enum plinth_status efi_alloc(const struct efi *efi, enum efi_memory_type type, uint64_t size,
	uint64_t align, uint64_t *base)
{
	uint64_t pages = align_up(size, EFI_PAGE_SIZE) / EFI_PAGE_SIZE;
	uint64_t slack = align / EFI_PAGE_SIZE - 1U;
	uint64_t first = 0;
	uint64_t lead;

	if (efi->services->allocate_pages(
		    EFI_ALLOCATE_ANY_PAGES, (uint32_t)type, pages + slack, &first) != EFI_SUCCESS) {
		return PLINTH_ENOMEM;
	}
	*base = align_up(first, align);
	/* The firmware's allocator knows no alignment: what is too much goes back. */
	lead = (*base - first) / EFI_PAGE_SIZE;
	if (lead > 0U) {
		(void)efi->services->free_pages(first, lead);
	}
	if (slack > lead) {
		(void)efi->services->free_pages(*base + pages * EFI_PAGE_SIZE, slack - lead);
	}
	return PLINTH_OK;
}

void efi_free(const struct efi *efi, uint64_t base, uint64_t size)
{
	(void)efi->services->free_pages(base, align_up(size, EFI_PAGE_SIZE) / EFI_PAGE_SIZE);
}
