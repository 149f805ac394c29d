/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_smbios.h"

#include <string.h>

#include "acpi/acpi.h"
#include "base/check.h"
#include "base/compiler.h"
#include "base/fmt.h"

#define MAJOR 3U
#define MINOR 4U

#define TYPE_BIOS   0U
#define TYPE_SYSTEM 1U
#define TYPE_END    127U

#define BIOS_NO_CHARACTERISTICS UINT64_C(0x8)
#define BIOS_UEFI		0x08U /* of the second extension byte */
#define BIOS_VIRTUAL_MACHINE	0x10U
#define BIOS_NO_RELEASE		0xffU
#define WAKE_UP_POWER_SWITCH	6U

#define SERIAL_SIZE 64U /* with its NUL */

/* 5.2.2: the 64-bit entry point */
struct __attribute__((packed)) smbios_entry {
	char anchor[5];
	uint8_t checksum;
	uint8_t length;
	uint8_t major;
	uint8_t minor;
	uint8_t docrev;
	uint8_t revision;
	uint8_t reserved;
	uint32_t maximum_size;
	uint64_t address;
};

/* 6.1.2 */
struct __attribute__((packed)) smbios_header {
	uint8_t type;
	uint8_t length; /* without the strings */
	uint16_t handle;
};

/* 7.1; strings by their number, from 1. */
struct __attribute__((packed)) smbios_bios {
	struct smbios_header header;
	uint8_t vendor;
	uint8_t version;
	uint16_t starting_segment;
	uint8_t release_date;
	uint8_t rom_size;
	uint64_t characteristics;
	uint8_t extension[2];
	uint8_t major_release;
	uint8_t minor_release;
	uint8_t controller_major_release;
	uint8_t controller_minor_release;
	uint16_t extended_rom_size;
};

/* 7.2 */
struct __attribute__((packed)) smbios_system {
	struct smbios_header header;
	uint8_t manufacturer;
	uint8_t product_name;
	uint8_t version;
	uint8_t serial_number;
	uint8_t uuid[16];
	uint8_t wake_up_type;
	uint8_t sku_number;
	uint8_t family;
};

STATIC_ASSERT(sizeof(struct smbios_entry) == 24, "5.2.2");
STATIC_ASSERT(sizeof(struct smbios_bios) == 26, "7.1");
STATIC_ASSERT(sizeof(struct smbios_system) == 27, "7.2");

/* Structures follow each other without gaps, each with its strings behind it. */
struct writer {
	uint8_t *bytes;
	size_t size;
	size_t used;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
	PLINTH_CHECK(size <= writer->size - writer->used);
	memcpy(writer->bytes + writer->used, bytes, size);
	writer->used += size;
}

/* strings: those before the NULL, each with its NUL; two NULs where there are none. */
static void put_structure(
	struct writer *writer, const struct smbios_header *header, const char *const strings[])
{
	put(writer, header, header->length);
	for (unsigned i = 0; strings[i] != NULL; i++) {
		put(writer, strings[i], strlen(strings[i]) + 1);
	}
	put(writer, "\0", strings[0] == NULL ? 2 : 1);
}

static void put_bios(struct writer *writer, const struct guest_identity *identity)
{
	const struct smbios_bios bios = {
		.header = {TYPE_BIOS, sizeof(bios), 0},
		.vendor = 1,
		.version = 2,
		.release_date = 0,
		.characteristics = BIOS_NO_CHARACTERISTICS,
		.extension = {0, BIOS_UEFI | BIOS_VIRTUAL_MACHINE},
		.major_release = BIOS_NO_RELEASE,
		.minor_release = BIOS_NO_RELEASE,
		.controller_major_release = BIOS_NO_RELEASE,
		.controller_minor_release = BIOS_NO_RELEASE,
	};

	put_structure(writer, &bios.header, (const char *const[]){identity->vendor, "1", NULL});
}

/* VMware's form: the UUID's bytes as they are in RFC 9562, a dash in their middle. */
static void write_serial(char serial[SERIAL_SIZE], const char *prefix, const uint8_t uuid[16])
{
	size_t used = fmt_buf(serial, SERIAL_SIZE, "%s", prefix);

	for (unsigned i = 0; i < 16; i++) {
		const char *mark = i == 0 ? "" : i == 8 ? "-" : " ";

		used += fmt_buf(serial + used, SERIAL_SIZE - used, "%s%02x", mark, uuid[i]);
	}
	PLINTH_CHECK(used < SERIAL_SIZE);
}

/* The first three fields of a UUID are little-endian here (7.2.1), big-endian in RFC 9562. */
static void put_system(
	struct writer *writer, const struct guest_identity *identity, const uint8_t uuid[16])
{
	static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	struct smbios_system system = {
		.header = {TYPE_SYSTEM, sizeof(system), 1},
		.manufacturer = 1,
		.product_name = 2,
		.wake_up_type = WAKE_UP_POWER_SWITCH,
	};

	char serial[SERIAL_SIZE] = "";

	if (identity->serial != NULL) {
		system.serial_number = 3;
		write_serial(serial, identity->serial, uuid);
	}
	for (unsigned i = 0; i < sizeof(system.uuid); i++) {
		system.uuid[i] = uuid[order[i]];
	}
	put_structure(writer, &system.header,
		(const char *const[]){identity->vendor, identity->product,
			identity->serial != NULL ? serial : NULL, NULL});
}

static void put_end(struct writer *writer)
{
	const struct smbios_header end = {TYPE_END, sizeof(end), 2};

	put_structure(writer, &end, (const char *const[]){NULL});
}

uint64_t guest_smbios_build(
	const struct guest_identity *identity, const uint8_t uuid[16], struct guest_area *area)
{
	struct smbios_entry *entry = guest_area_take(area, sizeof(*entry));
	size_t room = GUEST_SMBIOS_BOUND / 2;
	struct writer writer = {guest_area_take(area, room), room, 0};

	put_bios(&writer, identity);
	put_system(&writer, identity, uuid);
	put_end(&writer);
	*entry = (struct smbios_entry){
		.anchor = {'_', 'S', 'M', '3', '_'},
		.length = sizeof(*entry),
		.major = MAJOR,
		.minor = MINOR,
		.revision = 1,
		.maximum_size = (uint32_t)writer.used,
		.address = guest_area_ipa(area, writer.bytes),
	};
	entry->checksum = (uint8_t)-acpi_sum(entry, sizeof(*entry));
	return guest_area_ipa(area, entry);
}
