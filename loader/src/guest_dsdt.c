/* SPDX-License-Identifier: Apache-2.0 */
/* The DSDT: the vCPUs and the devices that no other table names. */
#include "abi/guest_map.h"
#include "aml.h"
#include "guest_acpi_private.h"

#define REVISION       2U /* integers are of 64 bits */
#define FIXED_BOUND    256U
#define BOUND_PER_VCPU 40U

#define HID_PROCESSOR "ACPI0007" /* ACPI 6.0, 8.4 */
#define HID_UART      "ARMH0011" /* PL011 */
#define HID_RTC	      "LNRO0013" /* PL031, as QEMU named it; Linux has no driver that finds it so */

size_t guest_acpi_dsdt_bound(const struct vmdesc *desc)
{
	return sizeof(struct acpi_header) + FIXED_BOUND +
	       (size_t)desc->vcpu_count * BOUND_PER_VCPU + guest_acpi_nvdimm_bound(desc);
}

static char hex_digit(uint32_t value)
{
	return "0123456789ABCDEF"[value & 0xfU];
}

static void write_processor(struct aml *aml, uint32_t vcpu)
{
	const char name[] = {'C', hex_digit(vcpu >> 8), hex_digit(vcpu >> 4), hex_digit(vcpu)};
	struct aml_package device = aml_begin_device(aml, name);

	aml_name_string(aml, "_HID", HID_PROCESSOR);
	aml_name_integer(aml, "_UID", vcpu);
	aml_end(aml, device);
}

static void write_device(
	struct aml *aml, const char *name, const char *hid, uint32_t base, uint32_t spi)
{
	struct aml_package device = aml_begin_device(aml, name);

	aml_name_string(aml, "_HID", hid);
	aml_name_integer(aml, "_UID", 0);
	aml_name_resources(aml, base, GUEST_FRAME_SIZE, GUEST_SPI_FIRST + spi);
	aml_end(aml, device);
}

uint64_t guest_acpi_write_dsdt(const struct guest_acpi_input *input, struct guest_area *area)
{
	size_t bound = guest_acpi_dsdt_bound(input->desc);
	struct acpi_header *dsdt =
		guest_acpi_begin(input, area, ACPI_SIGNATURE_DSDT, REVISION, bound);
	struct aml aml = {(uint8_t *)dsdt, bound, sizeof(*dsdt)};
	struct aml_package bus = aml_begin_system_bus(&aml);

	for (uint32_t i = 0; i < input->desc->vcpu_count; i++) {
		write_processor(&aml, i);
	}
	write_device(&aml, "COM0", HID_UART, GUEST_UART_BASE, GUEST_SPI_UART);
	write_device(&aml, "RTC0", HID_RTC, GUEST_RTC_BASE, GUEST_SPI_RTC);
	guest_acpi_write_nvdimms(&aml, input->disks->count);
	aml_end(&aml, bus);
	dsdt->length = (uint32_t)aml.used;
	acpi_seal(dsdt);
	return guest_area_ipa(area, dsdt);
}
