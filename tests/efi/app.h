/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests' EFI applications share: checks that print, on the UART itself, so that they do
 * without boot services too.
 */
#ifndef EFI_APP_H
#define EFI_APP_H

#include <stdbool.h>

#include "base/compiler.h"
#include "uefi/guids.h"
#include "uefi/protocols.h"
#include "uefi/services.h"

extern efi_handle_t app_image;
extern struct efi_system_table *app_system;
extern struct efi_boot_services *app_boot;

/* The application. */
efi_status_t app_main(void);

/* From app_start. */
efi_status_t app_run(efi_handle_t image, struct efi_system_table *system);

/* Prints on the UART. */
void app_print(const char *format, ...) PRINTF_LIKE(1, 2);

/* "PASS: text", or "FAIL: text" with the place. */
void app_check(bool holds, const char *text, const char *file, int line);
#define CHECK(condition) app_check((condition), #condition, __FILE_NAME__, __LINE__)

/* How many failed. */
uint32_t app_failures(void);

/* Prints "NAME: N passed, M failed" and powers the machine off. */
void app_finish(const char *name) __attribute__((noreturn));

#endif
