/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the protocols that mpboot can offer, as next/target of a bundle has them. Pure. */
#ifndef NEXT_TARGET_H
#define NEXT_TARGET_H

#include <stdint.h>

#include "base/status.h"
#include "tables/tables.h"

/* One of the names, and line ends behind it. EINVAL: it is none. */
enum plinth_status next_target_parse(const char *text, uint64_t size, enum tables_target *target);

const char *next_target_name(enum tables_target target);

#endif
