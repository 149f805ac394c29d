/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers for Plinth and its guests: a generator (ChaCha20 with fast key erasure: a key is
 * replaced by the first of what it makes, and the rest is wiped as it is given out, so that a later
 * look at memory tells nothing about earlier output) seeded from boot's seed, the host's SMCCC TRNG
 * and RNDRRS, whichever there are. Timers and addresses count for nothing: without a source there
 * is no entropy, and we say so. Lock: LOCK_RANK_ENTROPY.
 */
#ifndef ENTROPY_ENTROPY_H
#define ENTROPY_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Output after which the hardware is asked again. */
#define ENTROPY_RESEED_BYTES UINT64_C(0x10000)

/* Bytes of a seed that make it one: less is mixed in, and does not count. */
#define ENTROPY_SEED_MIN 32U

/* Boot CPU, once. Mixes `size` bytes at `seed` (boot_info.seed; may be none) and what the hardware
 * gives, then wipes `seed`. conduit: enum boot_conduit, how the firmware is called. */
void entropy_init(void *seed, size_t size, uint32_t conduit);

/* May entropy_fill() be used? Never turns false again. */
bool entropy_available(void);

/* Fills buf with random bytes. ENOTSUP: there is no entropy; buf is untouched. Any CPU. Calls the
 * firmware, with the lock dropped, each ENTROPY_RESEED_BYTES of output. */
enum plinth_status entropy_fill(void *buf, size_t size);

/* Mixes in bytes from elsewhere (a guest's virtio-rng, an operator); they don't count as entropy.
 */
void entropy_mix(const void *data, size_t size);

/* For the boot log: the sources that gave something, such as "seed, smccc". Never NULL. */
const char *entropy_sources(void);

#endif
