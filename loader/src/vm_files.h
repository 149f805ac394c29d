/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a VM's folder, read into a struct vm_build one after the other. PLINTH_EINVAL comes
 * with the build's error written.
 */
#ifndef LOADER_VM_FILES_H
#define LOADER_VM_FILES_H

#include "vm_config_write.h"

/* The folder's name is the VM's; it goes to consoles, files and SMBIOS. */
enum plinth_status vm_files_check_name(struct vm_build *build);

/* vm.dtb, into build->desc, whose strings then lie in the scratch area. */
enum plinth_status vm_files_read_description(struct vm_build *build);

/* A file of the VM's folder that `property` names; empty ones are refused. */
enum plinth_status vm_files_find(
	struct vm_build *build, const char *property, const char *name, struct cpio_entry *file);

/* Finds the initrd, if the description has one. */
enum plinth_status vm_files_read_initrd(struct vm_build *build);

/* Finds the kernel, unpacks it into memory of its own where it is packed, and parses it. */
enum plinth_status vm_files_read_kernel(struct vm_build *build, uint64_t *free_memory);

#endif
