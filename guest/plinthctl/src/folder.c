/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's folder, as it would stand in a bundle: loader/ reads archives, and so it has one way with
 * files, whether they come from boot or from here.
 */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "abi/vm_config.h"
#include "ctl.h"

#define HEADER	  110U /* of newc: a magic and 13 fields of 8 digits */
#define FILE_MODE 0100644U
#define DTB	  "vm.dtb"
#define FIRMWARE  "plinth-fw.bin" /* Plinth's own, at a bundle's top */
#define ALIGN	  4U
#define GROWTH	  (1UL << 20)
#define PATH_LONG (2U * PATH_MAX)

struct writer {
	char *bytes;
	size_t size;
	size_t room;
};

static void append(struct writer *w, const void *bytes, size_t size)
{
	if (w->room - w->size < size) {
		w->room = w->size + size + GROWTH;
		w->bytes = ctl_alloc(w->bytes, w->room);
	}
	if (size != 0U) {
		memcpy(w->bytes + w->size, bytes, size);
	}
	w->size += size;
}

static void pad(struct writer *w)
{
	append(w, "\0\0\0", (ALIGN - w->size % ALIGN) % ALIGN);
}

static void add(struct writer *w, const char *name, const void *data, size_t size)
{
	char header[HEADER + 32U]; /* sizes are below 2^32: 8 digits each */

	/* inode, mode, owner, group, links, time, size, 4 of devices, name's size, check. */
	snprintf(header, sizeof(header),
		"070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 0U, FILE_MODE, 0U,
		0U, 1U, 0U, size, 0U, 0U, 0U, 0U, strlen(name) + 1U, 0U);
	append(w, header, HEADER);
	append(w, name, strlen(name) + 1U);
	pad(w);
	append(w, data, size);
	pad(w);
}

static void add_file(struct writer *w, const char *name, const char *path)
{
	struct stat info;
	FILE *file = fopen(path, "rb");

	if (file == NULL || fstat(fileno(file), &info) != 0) {
		ctl_die(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	if (info.st_size > INT32_MAX) {
		ctl_die(EXIT_FAILED, "%s: too large for a VM", path);
	}
	size_t size = (size_t)info.st_size;
	char *data = ctl_alloc(NULL, size);

	if (fread(data, 1, size, file) != size) {
		ctl_die(EXIT_FAILED, "%s: it cannot be read whole", path);
	}
	fclose(file);
	add(w, name, data, size);
	free(data);
}

static bool is_file(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name);

	return length > strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}

/* The regular files of the folder, but descriptions: one of these is the VM's. */
static void add_files(struct writer *w, const char *folder, const char *vm)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL) {
		ctl_die(EXIT_FAILED, "%s: %s", folder, strerror(errno));
	}
	while ((entry = readdir(dir)) != NULL) {
		char path[2U * PATH_MAX];
		char name[NAME_MAX + VM_NAME_SIZE + 2U];

		snprintf(path, sizeof(path), "%.*s/%s", PATH_MAX, folder, entry->d_name);
		snprintf(name, sizeof(name), "%s/%s", vm, entry->d_name);
		if (is_file(path) && !has_suffix(entry->d_name, ".dtb")) {
			add_file(w, name, path);
		}
	}
	closedir(dir);
}

/* Where ./plinth pack puts it, or beside the VM's own files. */
static void add_firmware(struct writer *w, const char *folder)
{
	static const char *const places[] = {"..", "."};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char path[2U * PATH_MAX];

		snprintf(path, sizeof(path), "%.*s/%s/" FIRMWARE, PATH_MAX, folder, places[i]);
		if (is_file(path)) {
			add_file(w, FIRMWARE, path);
			return;
		}
	}
}

static void take_name(struct folder *f, const char *name)
{
	if (snprintf(f->name, sizeof(f->name), "%s", name) >= (int)sizeof(f->name)) {
		ctl_die(EXIT_USAGE, "%s: a VM's name has at most %zu characters", name,
			sizeof(f->name) - 1U);
	}
}

/* Where things are: the folder, its description, and what the VM is called by itself. */
struct place {
	char folder[PATH_LONG];
	char dtb[PATH_LONG];
	char name[PATH_LONG];
};

static void copy(char *to, const char *from)
{
	memcpy(to, from, strlen(from) + 1U); /* all of them have the same room */
}

static void find(const char *path, struct place *p)
{
	static char full[PATH_LONG];

	if (realpath(path, p->folder) == NULL) {
		ctl_die(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	copy(p->name, p->folder);
	snprintf(p->dtb, sizeof(p->dtb), "%.*s/" DTB, PATH_MAX, p->folder);
	if (is_file(p->folder)) {
		copy(p->dtb, p->folder);
		copy(full, p->folder);
		copy(p->folder, dirname(full));
		copy(full, p->dtb);
		if (strcmp(basename(full), DTB) == 0) {
			copy(p->name, p->folder);
		} else if (has_suffix(p->name, ".dtb")) {
			p->name[strlen(p->name) - strlen(".dtb")] = '\0';
		}
	}
	if (!is_file(p->dtb)) {
		ctl_die(EXIT_FAILED, "%s is missing: `dtc -O dtb -o vm.dtb vm.dts` makes it",
			p->dtb);
	}
}

struct folder folder_read(const char *path, const char *name)
{
	static struct place place;
	char inside[VM_NAME_SIZE + sizeof("/" DTB)];
	struct folder f = {0};
	struct writer w = {0};

	find(path, &place);
	take_name(&f, name != NULL ? name : basename(place.name));
	snprintf(inside, sizeof(inside), "%s/" DTB, f.name);
	add_file(&w, inside, place.dtb);
	add_files(&w, place.folder, f.name);
	add_firmware(&w, place.folder);
	add(&w, "TRAILER!!!", NULL, 0);
	f.bytes = w.bytes;
	f.size = w.size;
	return f;
}
