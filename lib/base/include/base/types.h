/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address kinds and ids are types of their own, so that mixing two is a compile error. They cost
 * nothing at -O2. Crossings between kinds are named functions: here, and in core/hypmap.
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint64_t v;
} pa_t; /* physical address of the machine */

typedef struct {
	uint64_t v;
} ipa_t; /* intermediate physical address: what a VM takes for physical */

typedef struct {
	uint64_t v;
} gva_t; /* virtual address of a guest's stage 1 */

static inline pa_t pa_init(uint64_t v)
{
	return (pa_t){v};
}

static inline ipa_t ipa_init(uint64_t v)
{
	return (ipa_t){v};
}

static inline gva_t gva_init(uint64_t v)
{
	return (gva_t){v};
}

static inline pa_t pa_add(pa_t a, uint64_t n)
{
	return (pa_t){a.v + n};
}

static inline ipa_t ipa_add(ipa_t a, uint64_t n)
{
	return (ipa_t){a.v + n};
}

typedef uint32_t intid_t;   /* GIC interrupt id, up to 2^24 */
typedef uint32_t cpu_id_t;  /* index of a physical CPU, 0 to cpu_count - 1 */
typedef uint32_t vcpu_id_t; /* index of a vCPU in its VM */
typedef uint32_t vm_id_t;   /* index of a VM, never reused while it lives */
typedef uint64_t mpidr_t;   /* affinity fields of MPIDR_EL1, Aff3 in [39:32] */

#define CPU_MAX 64U

#define PAGE_SHIFT 12U
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)
#define BLOCK_2M   (UINT64_C(1) << 21)
#define BLOCK_1G   (UINT64_C(1) << 30)
#define KIB(n)	   ((uint64_t)(n) << 10)
#define MIB(n)	   ((uint64_t)(n) << 20)
#define GIB(n)	   ((uint64_t)(n) << 30)

#endif
