/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM with UEFI and software in it that calls, with arguments in the caller rig's memory: one page
 * for each.
 */
#ifndef UEFIRT_RIG_H
#define UEFIRT_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "caller_rig.h"
#include "uefirt/uefirt.h"

#define AT_NAME	 (RIG_VA + 1U * RIG_PAGE)
#define AT_GUID	 (RIG_VA + 2U * RIG_PAGE)
#define AT_ATTR	 (RIG_VA + 3U * RIG_PAGE)
#define AT_SIZE	 (RIG_VA + 4U * RIG_PAGE)
#define AT_DATA	 (RIG_VA + 5U * RIG_PAGE)
#define AT_OTHER (RIG_VA + 9U * RIG_PAGE)
#define NOWHERE	 (RIG_VA - 8U)

#define BS    UEFI_VAR_BOOT
#define BS_RT (UEFI_VAR_BOOT | UEFI_VAR_RUNTIME)
#define NV    (UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT | UEFI_VAR_RUNTIME)
#define NV_BS (UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT)

#define RIG_HZ	  UINT64_C(1000)
#define RIG_EPOCH UINT64_C(1700000000) /* 2023-11-14 22:13:20 */

struct uefirt_rig {
	struct uefirt_vm vm;
	struct vrtc rtc;
	bool keeps;
	unsigned changes;     /* calls of ops->changed */
	enum outcome outcome; /* of the last call */
};

extern struct uefirt_rig rig;

void rig_init(void);

/* A fresh VM; cmocka's setup functions with and without somebody who keeps variables. */
int rig_start(void **state);
int rig_start_without_keeper(void **state);

/* All of it given back; returns whether pmem has all its pages again. */
bool rig_end(void);

void *rig_at(uint64_t va);
void rig_put(uint64_t va, const void *data, size_t size);
void rig_put_name(uint64_t va, const char *name); /* as 16-bit characters */
bool rig_name_is(uint64_t va, const char *name);
void rig_put_u64(uint64_t va, uint64_t value);
uint64_t rig_u64(uint64_t va);

/* One call from EL1; the status. */
uint64_t rig_call(
	uint32_t operand, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4);

/* SetVariable with text as data, GUID number `guid`. */
uint64_t rig_set(const char *name, uint8_t guid, uint32_t attributes, const char *text);

/* GetVariable with `room` bytes at AT_DATA. */
uint64_t rig_get(const char *name, uint8_t guid, uint64_t room);

/* GetVariable gives just this text. */
bool rig_is(const char *name, uint8_t guid, uint32_t attributes, const char *text);

/* UEFI_RT_ENTER_RUNTIME with two regions, at RIG_CODE and RIG_DATA; asserts that it works. */
#define RIG_CODE      UINT64_C(0x40010000)
#define RIG_CODE_SIZE UINT64_C(0x10000)
#define RIG_DATA      UINT64_C(0x40100000)
#define RIG_DATA_SIZE UINT64_C(0x20000)
void rig_enter_runtime(uint32_t mask);

#endif
