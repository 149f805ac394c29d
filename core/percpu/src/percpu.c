/* SPDX-License-Identifier: Apache-2.0 */
#include "percpu/percpu.h"

#include <stddef.h>

#include "base/compiler.h"

STATIC_ASSERT(offsetof(struct percpu, current) == PERCPU_CURRENT, "vectors.S");
STATIC_ASSERT(offsetof(struct percpu, stack_top) == PERCPU_STACK_TOP, "vectors.S");
STATIC_ASSERT(
	offsetof(struct percpu, overflow_stack_top) == PERCPU_OVERFLOW_STACK_TOP, "vectors.S");
STATIC_ASSERT(offsetof(struct percpu, defence_argument) == PERCPU_DEFENCE_ARGUMENT, "vectors.S");

struct percpu *percpu_table[CPU_MAX];
uint32_t percpu_count;
