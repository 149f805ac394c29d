/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the firmware's program proper shares among its files.
 */
#ifndef MAIN_MAIN_H
#define MAIN_MAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/efi.h"
#include "machine/fw_machine.h"

#define FW_REVISION UINT32_C(0x00010000)

/* From the linker script. */
extern const uint8_t fw_lds_start[];
extern const uint8_t fw_lds_text_end[];
extern const uint8_t fw_lds_rodata_end[];
extern const uint8_t fw_lds_end[];

/* From the ROM, on our own stack, with its tables; dtb is where the devicetree is. */
void fw_start(const void *dtb) __attribute__((noreturn));

/* The UART works from here on. */
void line_init(void);

/* Prints why and powers the VM off. */
void fatal(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* From the vectors; number is the entry's. */
void exception_report(unsigned number) __attribute__((noreturn));

/* Our own address space, with what the machine has in it. */
void space_init(const struct fw_machine *machine);

/* The memory map. */
void memory_describe(const struct fw_machine *machine, const void *dtb);

/* System and runtime tables. */
struct efi_system_table *tables_init(void);

/* The configuration tables. */
void tables_publish(const struct fw_machine *machine, const void *dtb);

/* Seeds the generator; false: the VM has nothing to seed it with. */
bool random_init(const struct fw_machine *machine);
bool random_fill(uint8_t *out, size_t size);

/* At EL2 with VHE, where whoever answers us is at EL3: SMC, not HVC. */
bool is_at_el2(void);

/* SMCCC, by that. */
struct smccc_regs;
void call_below(struct smccc_regs *regs);

/* PSCI. */
void power_off(void) __attribute__((noreturn));
void power_reset(void) __attribute__((noreturn));

/* Events that end an idle wait, ten times a millisecond. */
void clock_init(void);
void clock_leave(void);

/* enter.S */
void paging_enter(uint64_t ttbr0);
void paging_invalidate(void);

#endif
