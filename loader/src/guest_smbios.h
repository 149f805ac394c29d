/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's SMBIOS tables: which system it is (SMBIOS 3.4, DSP0134).
 */
#ifndef LOADER_GUEST_SMBIOS_H
#define LOADER_GUEST_SMBIOS_H

#include <stdint.h>

#include "guest_area.h"
#include "guest_identity.h"

/* Bytes of a guest_area that they take at most. */
#define GUEST_SMBIOS_BOUND 512U

/* Writes the entry point and its structures: BIOS, system, end. Returns the entry point's IPA. */
uint64_t guest_smbios_build(
	const struct guest_identity *identity, const uint8_t uuid[16], struct guest_area *area);

#endif
