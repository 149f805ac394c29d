/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boot manager's files share.
 */
#ifndef MANAGER_PRIVATE_H
#define MANAGER_PRIVATE_H

#include <stdbool.h>

#include "manager/load_option.h"
#include "manager/manager.h"

#define OPTIONS_MAX	64U
#define OPTION_NAME_MAX 128U
#define LINE_SIZE	256U

/* Something that can be booted. */
struct boot_option {
	char name[OPTION_NAME_MAX];
	struct efi_device_path *path; /* whole; NULL: the bundle's kernel */
	void *options;		      /* from the pool, may be NULL */
	uint32_t options_size;
	uint16_t number;   /* of Boot####, where it is one */
	bool is_variable;  /* it is one */
	bool is_automatic; /* tried in its turn; others are for BootNext and the menu alone */
};

struct boot_options {
	struct boot_option option[OPTIONS_MAX];
	uint32_t count;
	uint32_t next; /* which one BootNext names; count: none */
};

extern struct manager_start manager;

/* Collects everything that can be booted, in the order in which it is tried. */
void options_collect(struct boot_options *options);

/* Gives their memory back. */
void options_drop(struct boot_options *options);

/* Starts it; comes back where it ends or cannot be started, having said so. `arguments`, in ASCII,
 * replace the load options where they are not NULL. */
efi_status_t option_boot(const struct boot_option *option, const char *arguments);

/* The path with the device that a short form of it means (3.1.2); a copy; NULL: there is none. */
struct efi_device_path *path_expand(const struct efi_device_path *path);

/* A variable of EFI_GLOBAL_VARIABLE; from the pool; NULL: there is none. */
void *variable_read(const char *name, uint64_t *size);
void variable_delete(const char *name);
/* A volatile one, which the operating system sees. Best effort. */
void variable_set(const char *name, const void *data, uint64_t size);

/* "Not Found" and the like. */
const char *status_text(efi_status_t status);

/* The menu; comes back never. */
void menu_run(void) __attribute__((noreturn));

/* The command line; comes back for the menu. */
void command_line(void);

/* Reads a line with its end cut off; false: ESC. */
bool read_line(char *line, uint32_t size);

#endif
