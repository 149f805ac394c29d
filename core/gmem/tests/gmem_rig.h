/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fixture of a test program, and what its tests do with its VM.
 */
#ifndef GMEM_RIG_H
#define GMEM_RIG_H

#include <stdint.h>

#include "base/bits.h"
#include "gmem_fixture.h"
#include "s2/s2.h"

#define ZERO_BLOCK (VM_RAM_BASE + MIB(2) + KIB(512)) /* no image in its 64 KiB */

extern struct fixture rig;

/* For cmocka: a VM that has started, its caches off; and its end. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* All steps of it. */
void rig_caches_on(void);

/* The same; how many they were. */
unsigned rig_caches_off(void);

enum gmem_result rig_fault(uint64_t ipa, enum gmem_access access);
struct s2_leaf rig_leaf_of(uint64_t ipa);
void rig_check_leaf(uint64_t ipa, unsigned level, uint32_t attrs, enum s2_page_state state);

#endif
