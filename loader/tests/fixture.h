/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle under construction and a machine to load it: what the tests of the whole loader share.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "../bundle/tests/archive.h"
#include "harness.h"

#define VM                                                                                         \
	"compatible = \"plinth,vm\"; vcpus = <1>; memory = /bits/ 64 <0x4000000>; "                \
	"kernel = \"Image\"; "

#define WITHOUT_MEMORY "compatible = \"plinth,vm\"; vcpus = <1>; kernel = \"Image\"; "
#define WITHOUT_VCPUS                                                                              \
	"compatible = \"plinth,vm\"; memory = /bits/ 64 <0x4000000>; kernel = \"Image\"; "

#define FIXTURE_KERNEL_SIZE 256

extern struct harness machine;
extern struct archive bundle;
extern uint8_t kernel[FIXTURE_KERNEL_SIZE]; /* a good Image, put into a folder by add_vm */

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A vm.dtb with these properties, in the folder `vm`. */
void fixture_add_dtb(const char *vm, const char *properties);
void fixture_add_file(const char *vm, const char *file, const void *data, size_t size);
/* A folder with vm.dtb and kernel. */
void fixture_add_vm(const char *vm, const char *properties);

/* Ends the bundle and loads it. */
enum plinth_status fixture_load(void);

/* The bundle's one broken VM says `line`; a good one after it, "good", starts all the same. */
void fixture_expect_line(const char *line);

#endif
