/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VTIMER_PRIVATE_H
#define VTIMER_PRIVATE_H

#include "vtimer/vtimer.h"

/* Guest time of a VM as CNTPCT_EL0 ticks, or UINT64_MAX where that is out of the counter's reach.
 */
uint64_t vtimer_host_deadline(const struct vtimer_vm *vm, uint64_t guest_time);

/* CNTP_*: the line and the soft timer as the registers and guest time say. With vt->lock held. */
void vtimer_update_phys(struct vtimer *vt);

/* struct timer functions; ctx is the struct vtimer. */
void vtimer_phys_due(struct timer *timer, void *ctx, uint64_t now);

#endif
