/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/loader.h"

#include <stdarg.h>

#include "base/compiler.h"
#include "base/fmt.h"
#include "base/string.h"
#include "bundle/cpio.h"
#include "error.h"
#include "vm_build.h"

#define LINE_SIZE 320U
#define DTB_NAME  "vm.dtb"

STATIC_ASSERT(CPIO_ENTRY_MAX * sizeof(struct cpio_entry) <= LOADER_INDEX_SIZE, "in scratch memory");

struct load {
	const struct loader *loader;
	struct cpio archive;
	struct vm_config *configs;
	size_t max;
	size_t count;
	uint64_t free_memory;
	bool has_vm;  /* a folder of a VM was seen, good or not */
	bool is_full; /* told that there are more than max */
	struct loader_error error;
	char folder[CPIO_NAME_MAX + 1]; /* of the latest entry */
};

/* Names come from the bundle: what could steer a terminal does not reach it. */
static void report(const struct load *load, const char *format, ...) PRINTF_LIKE(2, 3);

static void report(const struct load *load, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, format);
	(void)fmt_vbuf(line, sizeof(line), format, args);
	va_end(args);
	for (char *c = line; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~') {
			*c = '?';
		}
	}
	load->loader->ops->report(load->loader->ctx, line);
}

/* Sets load->folder to the first folder of the entry's path, "" for a file at the top. Returns
 * whether it is another one than that of the entry before. */
static bool enter_folder(struct load *load, const struct cpio_entry *entry)
{
	bool is_same;
	size_t length = 0;

	while (entry->name[length] != '/' && entry->name[length] != '\0') {
		length++;
	}
	if (entry->name[length] == '\0' && entry->kind != CPIO_DIRECTORY) {
		length = 0;
	}
	is_same = strncmp(load->folder, entry->name, length) == 0 && load->folder[length] == '\0';
	memcpy(load->folder, entry->name, length);
	load->folder[length] = '\0';
	return !is_same;
}

static void build_vm(struct load *load, const char *folder)
{
	const struct vm_build_input input = {
		load->loader, &load->archive, folder, load->configs, load->count};

	load->has_vm = true;
	if (load->count == load->max) {
		if (!load->is_full) {
			report(load, "VM \"%s\": left out, as all after it: only %zu VMs can start",
				folder, load->max);
		}
		load->is_full = true;
		return;
	}
	if (vm_build(&input, &load->free_memory, &load->configs[load->count], &load->error) !=
		PLINTH_OK) {
		report(load, "VM \"%s\": %s", folder, load->error.text);
		return;
	}
	load->count++;
}

/* Is this the entry that gives its folder's vm.dtb? Of several with one name it is the last. */
static bool is_vm(const struct load *load, const struct cpio_entry *entry, const char *folder)
{
	struct cpio_entry found;

	if (strcmp(entry->name + strlen(folder), "/" DTB_NAME) != 0) {
		return false;
	}
	return cpio_find(&load->archive, folder, DTB_NAME, &found) != PLINTH_OK ||
	       found.name == entry->name;
}

/* A folder without vm.dtb was meant as a VM, but for next/, which is for mpboot. */
static void check_folder(struct load *load, const char *folder)
{
	struct cpio_entry found;

	if (strcmp(folder, "next") == 0 ||
		cpio_find(&load->archive, folder, DTB_NAME, &found) != PLINTH_ENOENT) {
		return;
	}
	load->has_vm = true;
	report(load, "VM \"%s\": %s: is missing", folder, DTB_NAME);
}

static void take_entry(struct load *load, const struct cpio_entry *entry)
{
	bool is_new = enter_folder(load, entry);

	if (load->folder[0] == '\0') {
		return;
	}
	if (is_new) {
		check_folder(load, load->folder);
	}
	if (is_vm(load, entry, load->folder)) {
		build_vm(load, load->folder);
	}
}

static void report_no_archive(const struct load *load)
{
	const uint8_t *bytes = load->archive.bytes;
	size_t size = load->archive.size;

	if (size == 0) {
		report(load, "bundle: is empty");
	} else if (size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b) {
		report(load, "bundle: is compressed by gzip: give the cpio archive itself");
	} else {
		report(load, "bundle: is no cpio archive of format newc");
	}
}

/* How the iteration over the archive ended. */
static void report_end(const struct load *load, enum plinth_status status)
{
	const struct cpio *cpio = &load->archive;

	if (status == PLINTH_ERANGE) {
		report(load, "bundle: is cut off: the entry at byte %zu goes beyond its %zu bytes",
			cpio->offset, cpio->size);
	} else if (status == PLINTH_ENOMEM) {
		report(load, "bundle: has more than %u entries", CPIO_ENTRY_MAX);
	} else if (status != PLINTH_ENOENT) {
		report(load, "bundle: has a malformed header at byte %zu", cpio->offset);
	} else if (!load->has_vm) {
		report(load, "bundle: has no VM: no folder with a %s", DTB_NAME);
	}
}

static enum plinth_status load_archive(struct load *load)
{
	uint8_t *memory = (uint8_t *)load->loader->scratch + LOADER_VM_SIZE;
	enum plinth_status status = cpio_read(&load->archive, (struct cpio_entry *)(void *)memory);
	struct cpio_entry entry;

	while (cpio_next(&load->archive, &entry) == PLINTH_OK) {
		take_entry(load, &entry);
	}
	report_end(load, status);
	if (load->count != 0) {
		return PLINTH_OK;
	}
	return status == PLINTH_ENOENT || load->has_vm ? PLINTH_ENOENT : PLINTH_EINVAL;
}

enum plinth_status loader_load(const struct loader *loader, const void *bundle, size_t size,
	struct vm_config *configs, size_t max, size_t *count)
{
	struct load load = {
		.loader = loader,
		.configs = configs,
		.max = max,
		.free_memory = loader->host.free_memory,
	};
	enum plinth_status status = PLINTH_EINVAL;

	cpio_init(&load.archive, bundle, size);
	if (cpio_is_archive(bundle, size)) {
		status = load_archive(&load);
	} else {
		report_no_archive(&load);
	}
	*count = load.count;
	return status;
}
