/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardware that gives random numbers.
 */
#ifndef ENTROPY_SOURCE_H
#define ENTROPY_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#define SOURCE_SMCCC  1U /* the firmware's TRNG */
#define SOURCE_RNDRRS 2U

#define SOURCE_SMCCC_BYTES  48U
#define SOURCE_RNDRRS_BYTES 64U
#define SOURCE_BYTES_MAX    (SOURCE_SMCCC_BYTES + SOURCE_RNDRRS_BYTES)

/* Finds out what there is; conduit is enum boot_conduit. Returns SOURCE_* bits. */
uint32_t source_probe(uint32_t conduit);

/* Asks the probed sources once; puts the bytes of those that answered in full into buf, and their
 * bits into *gave. Returns the number of bytes. Calls the firmware: no lock held. */
size_t source_read(uint8_t buf[SOURCE_BYTES_MAX], uint32_t *gave);

#endif
