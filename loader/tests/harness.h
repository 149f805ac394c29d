/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine for loader_load() in Linux programs: physical addresses are virtual ones, reported
 * lines are kept for a look.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stddef.h>
#include <stdint.h>

#include "loader/loader.h"

#define HARNESS_LINES	   16
#define HARNESS_LINE_SIZE  400
#define HARNESS_BLOCKS	   32
#define HARNESS_CONFIG_MAX 4

struct harness_block {
	void *va;
	uint64_t size;
};

struct harness {
	struct loader loader;
	char lines[HARNESS_LINES][HARNESS_LINE_SIZE];
	size_t line_count;
	struct harness_block blocks[HARNESS_BLOCKS]; /* allocated, oldest first */
	size_t block_count;
	size_t alloc_calls;
	size_t failing_call; /* alloc refuses this call, counted from 1; 0: none */
	struct vm_config configs[HARNESS_CONFIG_MAX];
	size_t config_count;
};

/* A host with GICv3, 4 CPUs, entropy and 4 GiB. */
void harness_init(struct harness *harness);
void harness_fini(struct harness *harness);

/* loader_load() into harness->configs. Aborts where the result breaks a promise of
 * abi/vm_config.h or loader.h: what a fuzzer is to find. */
enum plinth_status harness_load(struct harness *harness, const void *bundle, size_t size);

#endif
