/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SMCCC TRNG service (DEN0098) as guests see it: version 1.0, VERSION, FEATURES, GET_UUID,
 * RND32 and RND64, out of core/entropy.
 */
#ifndef TRNG_TRNG_H
#define TRNG_TRNG_H

#include <stdbool.h>
#include <stdint.h>

#define TRNG_VERSION  UINT32_C(0x84000050)
#define TRNG_FEATURES UINT32_C(0x84000051)
#define TRNG_GET_UUID UINT32_C(0x84000052)
#define TRNG_RND32    UINT32_C(0x84000053)
#define TRNG_RND64    UINT32_C(0xc4000053)

/* Is this function id one of the service's? (0x84000050 to 0x8400005f, and the 64-bit ones.) */
bool trng_owns(uint32_t function);

/* Answers a call: x[0] is the function id, x[1] its argument; x[0] to x[3] hold the answer, of
 * which a caller of SMCCC 1.0 on must see all. Without entropy every call is NOT_SUPPORTED (-1).
 * The function must be trng_owns(); an unknown one is NOT_SUPPORTED. */
void trng_call(uint64_t x[4]);

#endif
