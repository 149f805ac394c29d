/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A picture of an address space: a bar for each region, that is, for ranges with less than
 * LIBSCAN_REGION_GAP between them; true to scale within the bar, whose length grows with the
 * logarithm of the region's size; coloured by what may be done there, devices apart. Each range has
 * its line as a tooltip, and what lies between regions is told in words.
 */
#ifndef LIBSCAN_SVG_H
#define LIBSCAN_SVG_H

#include "libscan/libscan.h"

#define LIBSCAN_REGION_GAP (UINT64_C(64) << 20)

/* Takes a piece of the text. */
typedef void libscan_put_fn(void *ctx, const char *text);

/* ranges: by address, without overlap. */
void libscan_svg(const struct libscan_range *ranges, size_t count, libscan_put_fn *put, void *ctx);

#endif
