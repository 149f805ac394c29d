/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI firmware of the test's own: its system table, with one volume, LoadFile2, a source of
 * random bytes, a memory map, and a console that keeps what is printed. Each test sets up what it
 * wants of it; one exists at a time.
 */
#ifndef FAKE_EFI_H
#define FAKE_EFI_H

#include <stdbool.h>

#include "efi/efi.h"

#define FAKE_MAP_MAX   32U
#define FAKE_TABLE_MAX 4U

struct fake_efi {
	struct efi_system_table system;
	struct efi_boot_services services;
	struct efi_loaded_image loaded;
	struct efi_configuration_table table[FAKE_TABLE_MAX];
	char console[4096]; /* what ConOut has got, as ASCII */

	const char *file_name; /* of the one file on the volume; NULL: there is no volume */
	const uint8_t *file;
	uint64_t file_size;
	uint64_t read_max;	   /* bytes per Read() */
	efi_status_t read_status;  /* of Read() */
	bool is_folder;		   /* SetPosition() fails */
	unsigned open_files;	   /* handles that are not closed */
	const uint8_t *initrd;	   /* LoadFile2's; NULL: there is none */
	uint64_t initrd_size;	   /* as it says first */
	uint64_t initrd_size_then; /* as it says with the bytes */
	bool has_rng;
	efi_status_t rng_status;

	const void *source; /* what LoadImage() got; NULL: it was not called */
	uint64_t source_size;
	efi_status_t load_status;  /* of LoadImage() */
	efi_status_t start_status; /* of StartImage() */
	void (*started)(void);	   /* the next stage's own code; NULL: it returns at once */
	struct efi_loaded_image next;
	struct efi_load_file2 *offer; /* LoadFile2 that somebody has installed for initrds */
	bool has_path;		      /* ... on a handle with the device path for it */
	unsigned offers;	      /* times that it was installed */

	struct efi_memory_descriptor map[FAKE_MAP_MAX];
	uint32_t map_count;
	uint64_t descriptor_size;
	unsigned map_changes; /* so many ExitBootServices() find an old key */
	unsigned exits;	      /* calls of ExitBootServices() */
	uint64_t key;
	bool no_memory;	    /* allocations fail */
	uint64_t page_skew; /* pages by which allocations miss 2 MiB */
	int64_t pages;	    /* allocated and not freed */
	int64_t pools;
	bool boot_services_over;
};

extern struct fake_efi fake_efi;

/* A firmware with a console, boot services, RAM everywhere below 2^47, and nothing else. */
void fake_efi_reset(void);

/* Frees what it has allocated as pages. */
void fake_efi_end(void);

/* *efi for it, by efi_open(). */
void fake_efi_open(struct efi *efi);

/* Sets the load options to this text. */
void fake_efi_options(const char *text);

/* Has the console got this text? */
bool fake_efi_printed(const char *text);

#endif
