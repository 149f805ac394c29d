/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PAYLOAD_UEFIRT_H
#define PAYLOAD_UEFIRT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/uefi_rt.h"
#include "pages.h"

#define SMCCC_UNKNOWN (~0UL)

/* Arguments, each in a page of its own. */
#define AT_NAME (PAGES_VA + 0UL * PAGE)
#define AT_GUID (PAGES_VA + 1UL * PAGE)
#define AT_ATTR (PAGES_VA + 2UL * PAGE)
#define AT_SIZE (PAGES_VA + 3UL * PAGE)
#define AT_DATA (PAGES_VA + 4UL * PAGE) /* three pages */
#define AT_MORE (PAGES_VA + 8UL * PAGE)

#define BS_RT (UEFI_VAR_BOOT | UEFI_VAR_RUNTIME)
#define NV    (UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT | UEFI_VAR_RUNTIME)
#define NV_BS (UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT)

/* One call with up to five arguments, by HVC at EL1 or by MRS at EL0. Checks that it comes back and
 * that nothing but X0 has changed. */
uint64_t rt(uint32_t operand, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4);
uint64_t rt_el0(uint32_t operand, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4);

void put_name(uint64_t va, const char *name);
uint64_t set_variable(const char *name, uint32_t attributes, const char *text);
uint64_t get_variable(const char *name, uint64_t room);
bool variable_is(const char *name, const char *text);

/* uefirt_variable.c, uefirt_map.c: before and after SetVirtualAddressMap. */
void test_variables(void);
void test_hostile(void);
void test_map(void);

#endif
