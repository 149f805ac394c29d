/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An allocation that fails, to be linked with --wrap=pmem_alloc,--wrap=pmem_reserve.
 */
#ifndef PMEM_FAIL_H
#define PMEM_FAIL_H

/* The n-th call of both together from now on fails; 0: none does, nor after the n-th. */
extern unsigned pmem_fail_at;

#endif
