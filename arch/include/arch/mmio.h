/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device accesses at an EL2 virtual address, each exactly one load or store of its size, ordered
 * among themselves. On the fake, a table of fake devices answers (fake/mmio.h); an address that
 * belongs to none fails the test.
 */
#ifndef ARCH_MMIO_H
#define ARCH_MMIO_H

#include "arch_impl/mmio.h"

/* uint8_t  arch_mmio_read8(uintptr_t va);   and 16, 32, 64  */
/* void     arch_mmio_write8(uintptr_t va, uint8_t v);  and 16, 32, 64  */

#endif
