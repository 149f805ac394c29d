/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runtime driver of the tests (driver.c) and its user (phases_driver.c) share.
 */
#ifndef EFI_DRIVER_H
#define EFI_DRIVER_H

#include "abi/efi.h"
#include "uefi/guids.h"

#define DRIVER_GUID	EFI_GUID(0x51ab0003, 1, 2, 3, 4)
#define DRIVER_NUMBER	UINT64_C(0x5ca1ab1e)
#define DRIVER_REPLACED UINT64_C(0x1234)

/* The driver's interface: absolute pointers into its image, linked there. */
struct driver {
	const char *text;	   /* nobody but the firmware touches it */
	uint64_t (*number)(void);  /* nor this: *converted */
	const uint64_t *converted; /* converted by the driver's own event */
	const void *replaced;	   /* by DRIVER_REPLACED, when the driver starts */
};

#endif
