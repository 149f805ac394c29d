/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c: a VM's folder as loader/ reads it. */
#ifndef PLINTHCTL_FOLDER_H
#define PLINTHCTL_FOLDER_H

#include <stddef.h>

/* A newc archive with one VM; to be freed. */
struct folder {
	char *bytes;
	size_t size;
	char name[32]; /* of the VM, with its NUL */
};

/* `path` is a folder with a vm.dtb, or the description itself beside the files that it names; the
 * VM is called `name`, or, where that is NULL, as the folder or the description is. Ends the
 * program where something cannot be read. */
struct folder folder_read(const char *path, const char *name);

#endif
