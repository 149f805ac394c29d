/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_firmware.h"

#include "base/bits.h"
#include "base/check.h"
#include "base/string.h"
#include "guest_acpi.h"
#include "guest_area.h"
#include "guest_identity.h"
#include "guest_smbios.h"

static size_t acpi_bound(const struct vmdesc *desc)
{
	return desc->tables == VMDESC_ACPI ? align_up(guest_acpi_bound(desc), PAGE_SIZE) : 0;
}

size_t guest_firmware_bound(const struct vmdesc *desc)
{
	return acpi_bound(desc) + align_up(GUEST_SMBIOS_BOUND, PAGE_SIZE);
}

size_t guest_firmware_reserved(const struct vmdesc *desc)
{
	return vmdesc_has_firmware(desc) ? align_up(guest_firmware_bound(desc), VMDESC_PAGE_MAX)
					 : 0;
}

static struct guest_area area_at(const struct guest_firmware_input *input, void *buf, size_t offset)
{
	size_t bound = guest_firmware_bound(input->desc);

	return (struct guest_area){(uint8_t *)buf + offset, bound - offset, 0, input->ipa + offset};
}

void guest_firmware_build(
	const struct guest_firmware_input *input, void *buf, struct guest_firmware *result)
{
	const struct guest_acpi_input acpi = {input->desc, input->host, input->pen, input->disks};
	size_t offset = acpi_bound(input->desc);
	struct guest_area area = area_at(input, buf, offset);

	*result = (struct guest_firmware){.size = 0};
	result->smbios.ipa =
		guest_smbios_build(guest_identity(input->desc->flags), input->uuid, &area);
	result->smbios.size = area.used;
	result->size = offset + area.used;
	PLINTH_CHECK(result->smbios.ipa == input->ipa + offset);
	if (offset != 0) {
		area = area_at(input, buf, 0);
		result->acpi.ipa = guest_acpi_build(&acpi, &area);
		result->acpi.size = area.used;
		PLINTH_CHECK(result->acpi.ipa == input->ipa && area.used <= offset);
		memset((uint8_t *)buf + area.used, 0, offset - area.used);
	}
}
