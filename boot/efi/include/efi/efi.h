/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot as a UEFI application: what it takes from the firmware before it is alone on the machine.
 * One CPU, identity-mapped, on the firmware's stack. Nothing that the firmware hands over is
 * trusted further than its form: sizes and counts are bounded, text is filtered.
 *
 * Until efi_exit_boot_services() has been called, messages go to the firmware's console.
 */
#ifndef EFI_EFI_H
#define EFI_EFI_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "base/compiler.h"
#include "base/status.h"
#include "discover/machine.h"
#include "efi/efi_abi.h"

#define EFI_BUNDLE_PATH	    "\\plinth\\bundle.cpio"
#define EFI_PATH_MAX	    256U		/* characters of a file's path, NUL included */
#define EFI_BUNDLE_SIZE_MAX (UINT64_C(1) << 36) /* what claims to be larger is not loaded */

extern const struct efi_guid efi_guid_acpi20;
extern const struct efi_guid efi_guid_devicetree;
extern const struct efi_guid efi_guid_memory_attributes;

/* Our place in the firmware; made by efi_open(). */
struct efi {
	efi_handle_t image;
	struct efi_system_table *system;
	struct efi_boot_services *services;
	struct efi_loaded_image *loaded;
};

/* image and system are what the entry point got. PLINTH_EINVAL: that is no system table of UEFI,
 * or the image is not a loaded one; efi_print() works where there is a console all the same. */
enum plinth_status efi_open(struct efi *efi, efi_handle_t image, struct efi_system_table *system);

/* Prints "plinth: ", the text, and an end of line on ConOut; nothing where there is none. */
void efi_print(const struct efi *efi, const char *format, ...) PRINTF_LIKE(2, 3);

/* What the firmware knows of an image that it has loaded; NULL: it is none. */
struct efi_loaded_image *efi_loaded_image(const struct efi *efi, efi_handle_t image);

/* The configuration table of that GUID; NULL: there is none. */
void *efi_find_table(const struct efi *efi, const struct efi_guid *guid);

/* What the load options say. */
struct efi_options {
	char cmdline[BOOT_CMDLINE_SIZE]; /* without the word that names the bundle */
	char bundle[EFI_PATH_MAX];	 /* of the word bundle=PATH, with \ for /; "": none */
	bool cut;			 /* something did not fit, and is left out */
	bool refused;			 /* they are no text: cmdline and bundle are empty */
};

/* size bytes of UCS-2 up to a NUL or their end; words are separated by blanks. Text has characters
 * from ' ' to '~' and tabs. Pure. */
void efi_parse_options(const void *text, uint64_t size, struct efi_options *options);

/* size bytes (rounded up to pages) of the type, at a multiple of align (a power of 2, at least a
 * page). PLINTH_ENOMEM: the firmware has none. */
enum plinth_status efi_alloc(const struct efi *efi, enum efi_memory_type type, uint64_t size,
	uint64_t align, uint64_t *base);

/* Gives back what efi_alloc() gave; size as it was. */
void efi_free(const struct efi *efi, uint64_t base, uint64_t size);

/* Loads the bundle into memory of its own, 2 MiB-aligned: the file `path` (not empty) beside us;
 * where path is "", what LoadFile2 of LINUX_EFI_INITRD_MEDIA_GUID gives, else EFI_BUNDLE_PATH.
 * ENOENT: none of these. Others are printed: EINVAL: it is empty, too large, or cannot be read;
 * ENOMEM: no room. */
enum plinth_status efi_load_bundle(
	const struct efi *efi, const char *path, struct boot_range *bundle);

/* Random bytes of EFI_RNG_PROTOCOL; false: there is none, or it fails. */
bool efi_random(const struct efi *efi, void *bytes, uint64_t size);

/* Seconds since 1970, UTC; 0: that is no time after it. Without a time zone it is taken for UTC.
 * Pure. */
uint64_t efi_seconds(const struct efi_time *time);

/* The firmware's wall clock in seconds since 1970; 0: it has none, or it is not set. */
uint64_t efi_wall_clock(const struct efi *efi);

/* The memory map as GetMemoryMap() gave it. */
struct efi_memory_map {
	void *map;     /* in memory of type EFI_LOADER_DATA */
	uint64_t size; /* bytes */
	uint64_t room; /* bytes at map */
	uint64_t descriptor_size;
};

/* Reads the memory map. PLINTH_ENOMEM: no room for it. PLINTH_EINVAL: the firmware gives none that
 * makes sense. Undone by free_pool(). */
enum plinth_status efi_get_memory_map(const struct efi *efi, struct efi_memory_map *map);

/* Ends the boot services; *map, of efi_get_memory_map(), is read again as often as the firmware
 * says that it has changed. No function above may be called afterwards, whatever this returns.
 * PLINTH_EINVAL: no map any more, or the firmware refuses again and again. */
enum plinth_status efi_exit_boot_services(const struct efi *efi, struct efi_memory_map *map);

/* machine->ram becomes the map's RAM; machine->reserved gets, in addition to what it has, what of
 * it is not ours: runtime services, ACPI NVS, reserved memory. Loader, boot services and ACPI
 * reclaim memory (the tables have been read) is free. MMIO, persistent, unaccepted and
 * special-purpose memory, and RAM that can't be mapped write-back, is not RAM.
 * Ranges for which there is no room are left out and counted in machine->ram_ignored. Pure.
 * PLINTH_EINVAL: no descriptor in it is sound. */
enum plinth_status efi_describe_memory(const struct efi_memory_map *map, struct machine *machine);

/* The memory of the firmware's runtime services, by the memory map (devices) and the memory
 * attributes table (code and data): table, of size bytes. False: no entry is sound, one may be
 * written and executed, or there are more than BOOT_EFI_MAX parts; then *out is empty. Neighbours
 * of a kind become one. Pure. */
bool efi_describe_runtime(const struct efi_memory_map *map,
	const struct efi_memory_attributes_table *table, uint64_t size, struct boot_efi *out);

/* All that boot takes along from UEFI. */
struct efi_start {
	struct machine machine;
	struct machine ram; /* of which ram alone counts: where the firmware's tables may lie */
	const void *fdt;    /* the devicetree that describes the machine; NULL: ACPI does */
	uint64_t fdt_size;
	uint64_t rsdp; /* of ACPI, 0: there is none */
	struct efi_options options;
	struct efi_memory_map map;
};

/* struct acpi_memory's map for the firmware's tables; ctx is &start->ram. */
void *efi_map_table(void *ctx, uint64_t pa, uint64_t size);

/* Fills *start (all of it) but for machine's memory and bundle: the machine by a devicetree, where
 * there is one that has CPUs, else by ACPI; the command line of the load options, where these are
 * not empty; the seed. What goes wrong is printed.
 * PLINTH_EINVAL: the firmware's tables are malformed, or it has none, nor a memory map.
 * PLINTH_ENOMEM: no memory for the map. */
enum plinth_status efi_collect(const struct efi *efi, struct efi_start *start);

/* The bundle, as machine.initrd: what the load options name, else what the devicetree's /chosen
 * has already, else by efi_load_bundle(). What goes wrong is printed; status as there. */
enum plinth_status efi_find_bundle(const struct efi *efi, struct efi_start *start);

/* The code that tells the firmware of a failure of these functions. */
efi_status_t efi_status_of(enum plinth_status status);

/* Ends the boot services and fills in machine's memory, and its efi where the firmware has runtime
 * services with a memory attributes table. PLINTH_EINVAL: as
 * efi_exit_boot_services() and efi_describe_memory() say; there is no way back. */
enum plinth_status efi_leave(const struct efi *efi, struct efi_start *start);

#endif
