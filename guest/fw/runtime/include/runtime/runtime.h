/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the firmware outlives ExitBootServices: stubs that upcall (abi/uefi_rt.h), and the
 * conversion of their own tables by SetVirtualAddressMap. Position-independent, without data of its
 * own, calling nothing else: the bytes from fw_runtime_start to fw_runtime_end run wherever they
 * are copied to. fw_runtime_context in the copy points at struct fw_runtime.
 */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include <stdbool.h>

#include "uefi/services.h"

#define FW_RUNTIME_SERVICES 14U

#define FW_RUNTIME_LISTENERS 16U

/* An event of EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE: its function is runtime code, as the specification
 * (7.1) wants it. */
struct fw_runtime_listener {
	efi_event_t event; /* nothing any more but a number */
	efi_notify_t notify;
	void *context;
};

/* A pointer in a runtime driver's image, as LoadImage has left it. What the driver has changed
 * since is its own. */
struct fw_runtime_fixup {
	uint64_t offset; /* in the image, not always aligned */
	uint64_t value;
};

/* A runtime driver's image, which SetVirtualAddressMap relocates once more (8.4). In
 * EfiRuntimeServicesData. */
struct fw_runtime_image {
	struct fw_runtime_image *next; /* NULL: the last */
	uint64_t base;		       /* physical */
	uint64_t fixup_count;
	struct fw_runtime_fixup fixup[];
};

/* In EfiRuntimeServicesData. */
struct fw_runtime {
	struct efi_system_table system;
	struct efi_runtime_services services;
	struct fw_runtime_image *images; /* the first */
	uint64_t listener_count;
	struct fw_runtime_listener listener[FW_RUNTIME_LISTENERS];
};

extern const uint8_t fw_runtime_start[];
extern const uint8_t fw_runtime_end[];
extern const uint8_t fw_runtime_context[];

/* The stub of each service, in the order of struct efi_runtime_services. */
extern const void *const fw_runtime_stub[FW_RUNTIME_SERVICES];

/* What stands in for each of them where nobody answers upcalls: EFI_UNSUPPORTED. */
extern const uint8_t fw_runtime_unsupported[];

/* How the copy calls who answers. */
enum fw_runtime_conduit {
	FW_RUNTIME_HVC, /* from EL1 */
	FW_RUNTIME_SMC, /* from EL2, whose HVC would come to its own vectors */
	FW_RUNTIME_NONE,
};

/* Fills in the table of services that run in the copy at `code`, and points that copy at *data. */
void fw_runtime_place(uint8_t *code, struct fw_runtime *data, enum fw_runtime_conduit conduit);

/* Where a stub is in the copy. */
static inline const void *fw_runtime_in_copy(const uint8_t *code, const void *stub)
{
	return code + ((const uint8_t *)stub - fw_runtime_start);
}

/* UEFI_RT_ENTER_RUNTIME: boot services are over, and these are the runtime regions. To be called in
 * the copy. */
struct uefi_rt_region;
typedef efi_status_t fw_runtime_enter_fn(
	uint64_t mask, const struct uefi_rt_region *regions, uint64_t count);
fw_runtime_enter_fn fw_runtime_enter;

/* After SetVirtualAddressMap's upcall: tells the listeners, who may call ConvertPointer by the
 * table as it was, relocates the images, and converts the tables' pointers and checksums. Part of
 * the copy. */
void fw_runtime_convert(struct fw_runtime *data);

/* ConvertPointer's upcall. Part of the copy. */
efi_status_t fw_runtime_convert_pointer(uint64_t disposition, void *pointer);

#endif
